"""Doors that may be mere directories: what their listing adds, and when nobody looks at it."""

from collections.abc import Callable

import pytest

from support.fakes import FakeClient, FakeDoor, make_file, make_project
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent, Unavailable
from wheelyard.model import Project, ProjectList
from wheelyard.names import ProjectName
from wheelyard.repository.base import DocumentWanted, Loaded
from wheelyard.repository.listed import Listed
from wheelyard.repository.upstream import UpstreamRules

pytestmark = pytest.mark.anyio

URL = "https://files.example/pub/"
DEMO, SPARE = ProjectName("demo"), ProjectName("spare-parts")
FLAT = b"""<title>Index of /pub/</title><a href="../">../</a>
<a href="demo-1.0.tar.gz">demo-1.0.tar.gz</a><a href="Spare.Parts-1.0.zip">x</a>"""
FOLDERS = b"""<title>Index of /pub/</title><a href="demo/">demo/</a>
<a href="Spare.Parts/">Spare.Parts/</a>"""
PAGE = b'<title>Index of /pub/Spare.Parts/</title><a href="Spare.Parts-1.0.zip">x</a>'
HTML_INDEX = b'<meta name="pypi:repository-version" content="1.1"><a href="Demo/">Demo</a>'
JSON = "application/vnd.pypi.simple.v1+json"

Make = Callable[..., Listed]


@pytest.fixture
def client() -> FakeClient:
    """Return a client for which everything is a 404."""
    return FakeClient(chunk_bytes=100)


@pytest.fixture
def door() -> FakeDoor:
    """Return a door that knows no project by its normalised name."""
    return FakeDoor()


@pytest.fixture
def make(client: FakeClient, door: FakeDoor, clock: FrozenClock) -> Make:
    """Return a maker of what is tested."""
    return lambda **words: Listed(door, client, UpstreamRules("main", URL, **words), clock)


async def files_of(listed: Listed, name: ProjectName) -> list[str]:
    """Return the names of the files on the page of ``name``."""
    answer = await listed.refresh_project(name, None)
    assert isinstance(answer, Loaded)
    assert isinstance(answer.value, Project)
    return [file.filename for file in answer.value.files]


# --- directories ----------------------------------------------------------------------------------


async def test_archives_side_by_side_are_pages(make: Make, client: FakeClient) -> None:
    """Each project has those that its name is in, whatever the spelling."""
    client.answer(URL, FLAT)
    listed = make()

    assert await files_of(listed, DEMO) == ["demo-1.0.tar.gz"]
    assert await files_of(listed, SPARE) == ["Spare.Parts-1.0.zip"]


async def test_project_that_is_not_listed_is_absent(make: Make, client: FakeClient) -> None:
    """The listing is the authority."""
    client.answer(URL, FLAT)

    with pytest.raises(Absent):
        await make().refresh_project(ProjectName("spare"), None)


async def test_archives_side_by_side_are_a_list(
    make: Make, client: FakeClient, door: FakeDoor
) -> None:
    """A listing of files has no folders to make a list of."""
    client.answer(URL, FLAT)
    door.pages = {}

    answer = await make().refresh_projects(None)

    assert isinstance(answer, Loaded)
    assert isinstance(answer.value, ProjectList)
    assert [entry.name for entry in answer.value.projects] == ["demo", "spare-parts"]


async def test_folder_is_found_as_it_is_spelled(make: Make, client: FakeClient) -> None:
    """`Spare.Parts/` is asked for, and only if `spare-parts/` is not there."""
    client.answer(URL, FOLDERS).answer(f"{URL}Spare.Parts/", PAGE)

    assert await files_of(make(), SPARE) == ["Spare.Parts-1.0.zip"]


async def test_folder_that_is_spelled_as_asked_is_not_asked_twice(
    make: Make, client: FakeClient
) -> None:
    """It is a 404 under this very name, and listed all the same: the 404 counts."""
    client.answer(URL, FOLDERS)

    with pytest.raises(Absent):
        await make().refresh_project(DEMO, None)

    assert [request.url for request in client.asked] == [URL]


async def test_one_install_reads_the_listing_once(
    make: Make, client: FakeClient, door: FakeDoor, clock: FrozenClock
) -> None:
    """Many projects within seconds; later it is read again, and a second opinion always is."""
    client.answer(URL, FLAT)
    listed = make()

    await listed.refresh_project(DEMO, None)
    await listed.refresh_project(SPARE, None)
    at_once = len(client.asked)
    await listed.refresh_project(DEMO, None, again=True)
    again = len(client.asked)
    clock.forward(6)
    await listed.refresh_project(DEMO, None)

    assert (at_once, again, len(client.asked)) == (1, 2, 3)
    assert client.asked[1].fresh_connection
    assert door.asked == [DEMO]  # a flat directory is not asked by name


@pytest.mark.parametrize(
    ("root", "seconds"),
    [
        ((b"<title>Index of /</title>", 200), 5),
        ((FOLDERS, 200), 5),
        ((b'<a href="demo/">demo</a>', 200), 60),
        ((b"", 404), 60),
    ],
)
async def test_root_that_adds_nothing_is_read_rarely(
    make: Make, client: FakeClient, clock: FrozenClock, root: tuple[bytes, int], seconds: int
) -> None:
    """Where it may have something new, after 5 s; else once a minute."""
    client.answer(URL, *root)
    listed = make()

    for wait in (seconds - 1, 2, 0):
        with pytest.raises(Absent):
            await listed.refresh_project(ProjectName("other"), None)
        clock.forward(wait)

    assert len(client.asked) == 2


async def test_files_without_digest_can_be_refused(make: Make, client: FakeClient) -> None:
    """As on any other page."""
    client.answer(URL, FLAT)

    assert await files_of(make(unhashed="refuse"), DEMO) == []


# --- indexes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "content_type"), [(b"{}", JSON), (HTML_INDEX, "text/html"), (b"", "text/html")]
)
async def test_absent_of_an_index_stands(
    make: Make, client: FakeClient, body: bytes, content_type: str
) -> None:
    """It has every project under its normalised name."""
    client.answer(URL, body, content_type=content_type)

    with pytest.raises(Absent):
        await make().refresh_project(DEMO, None)


@pytest.mark.parametrize(("body", "content_type"), [(b"{}", JSON), (HTML_INDEX, "text/html")])
async def test_root_of_an_index_is_looked_at_once(
    make: Make, client: FakeClient, clock: FrozenClock, body: bytes, content_type: str
) -> None:
    """A server is asked for many names that do not exist."""
    client.answer(URL, body, content_type=content_type)
    listed = make()

    for _ in range(3):
        with pytest.raises(Absent):
            await listed.refresh_project(DEMO, None)
        clock.forward(3600)

    assert len(client.asked) == 1


async def test_root_of_an_index_is_read_as_far_as_needed(make: Make, client: FakeClient) -> None:
    """700,000 names are not read to find out that one is not among them."""
    client.chunk_bytes = 1024
    client.breaks_after = 70 * 1024
    client.answer(URL, HTML_INDEX + b"<a href='a/'>a</a>" * 100_000)

    with pytest.raises(Absent):
        await make().refresh_project(DEMO, None)

    assert client.open_replies == 0


async def test_root_of_what_speaks_json_is_never_asked_for(
    make: Make, client: FakeClient, door: FakeDoor
) -> None:
    """One page in JSON shows that the door is an index."""
    door.pages, door.content_type = {SPARE: make_project(SPARE)}, JSON
    listed = make()
    await listed.refresh_project(SPARE, None)

    with pytest.raises(Absent):
        await listed.refresh_project(DEMO, None)
    await listed.refresh_projects(None)

    assert client.asked == []


# --- in doubt -------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_without_its_listing_a_directory_cannot_say_absent(
    make: Make, client: FakeClient, status: int
) -> None:
    """The 404 for `demo/` says nothing as long as the door may be a directory."""
    client.answer(URL, status=status)

    with pytest.raises(Unavailable):
        await make().refresh_project(DEMO, None)


@pytest.mark.parametrize("status", [401, 403, 404, 410])
async def test_door_without_any_listing_is_believed(
    make: Make, client: FakeClient, status: int
) -> None:
    """Many indexes have no root page, or show it to nobody."""
    client.answer(URL, status=status)

    with pytest.raises(Absent):
        await make().refresh_project(DEMO, None)


@pytest.mark.parametrize("status", [401, 403, 500])
async def test_directory_that_hides_its_listing_cannot_say_absent(
    make: Make, client: FakeClient, clock: FrozenClock, status: int
) -> None:
    """It had one before."""
    client.answer(URL, FLAT)
    listed = make()
    await listed.refresh_project(DEMO, None)
    client.answer(URL, status=status)
    clock.forward(6)

    with pytest.raises(Unavailable):
        await listed.refresh_project(ProjectName("other"), None)


async def test_login_page_of_a_directory_is_no_listing(
    make: Make, client: FakeClient, clock: FrozenClock
) -> None:
    """A portal in between does not make projects absent."""
    client.answer(URL, FLAT)
    listed = make()
    await listed.refresh_project(DEMO, None)
    client.answer(URL, b"<form>password</form>")
    clock.forward(6)

    with pytest.raises(Unavailable):
        await listed.refresh_project(DEMO, None)


async def test_door_that_has_pages_is_believed_without_its_root(
    make: Make, client: FakeClient, door: FakeDoor
) -> None:
    """An HTML index whose root is out of order goes on to know what it does not have."""
    door.pages = {SPARE: make_project(SPARE, make_file("spare_parts-1.0.tar.gz"))}
    client.answer(URL, status=500)
    listed = make()
    await listed.refresh_project(SPARE, None)

    with pytest.raises(Absent):
        await listed.refresh_project(DEMO, None)


async def test_what_the_door_cannot_answer_is_not_looked_up(
    make: Make, client: FakeClient, door: FakeDoor
) -> None:
    """Only "it is not here" leads to the listing."""
    door.down = True

    with pytest.raises(Unavailable):
        await make().refresh_project(DEMO, None)

    assert client.asked == []


async def test_everything_else_is_the_doors(make: Make, door: FakeDoor) -> None:
    """Documents, files and metadata have addresses of their own."""
    file = make_file("demo-1.0.tar.gz")
    ref = make_project(DEMO, file).ref(file)
    door.documents, door.metadata_files = {"demo": b"{}"}, {file.filename: b"metadata"}
    door.files = {file.filename: b"content"}
    listed = make()

    answer = await listed.refresh_document(DocumentWanted("json", "demo"), None)
    blob = await listed.file(ref)

    assert isinstance(answer, Loaded)
    assert answer.value == b"{}"
    assert [chunk async for chunk in blob.read()] == [b"content"]
    assert await listed.metadata(ref) == b"metadata"
