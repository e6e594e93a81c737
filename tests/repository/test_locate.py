"""From a path back to a file: whose page is read, and what the ledger knows beyond it."""

from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import msgspec
import pytest

from repository.locate_bench import PYPI_PATH, Bench, Pages
from support.fakes import make_file, opened_catalog
from wheelyard.catalog import OddPathRow
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent, Refused, Unavailable
from wheelyard.model import File, FileRef, ProjectStatus
from wheelyard.names import ProjectName
from wheelyard.repository import locate
from wheelyard.repository.locate import Locator
from wheelyard.repository.paths import file_path, name_path

pytestmark = pytest.mark.anyio

FLASK = ProjectName("flask")
OTHER = ProjectName("other")
FILE = make_file("flask-1.0-py3-none-any.whl")
ODD = make_file("some-old-thing.zip")


@pytest.fixture
async def bench(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Bench]:
    """Yield a locator with an empty catalog over pages that count for a minute."""
    async with opened_catalog(tmp_path, clock) as catalog:
        pages = Pages(clock)
        yield Bench(Locator(pages, catalog, ("main",)), pages, catalog, clock)


async def test_file_at_the_path_of_pypi_is_found(bench: Bench) -> None:
    """The name tells the project, its page the rest."""
    path = f"{PYPI_PATH}/{FILE.filename}"
    file = msgspec.structs.replace(FILE, url=f"https://files.index.example/{path}")
    bench.lists(FLASK, make_file("flask-0.9-py3-none-any.whl"), file)

    assert await bench.find(path) == FileRef(FLASK, file)
    assert bench.pages.asked == ["flask"]


async def test_file_at_the_path_of_its_digest_is_found(bench: Bench) -> None:
    """Where the upstream has another form of URL, the path is made of the digest."""
    bench.lists(FLASK, FILE)

    assert await bench.find(file_path(FLASK, FILE)) == FileRef(FLASK, FILE)


async def test_file_at_the_path_of_its_name_is_found(bench: Bench) -> None:
    """Before the digest is known, and after: the link of an old page stays good."""
    unhashed = msgspec.structs.replace(FILE, hashes=())
    path = file_path(FLASK, unhashed)
    bench.lists(FLASK, unhashed)
    before = await bench.find(path)
    bench.locator.forget(FLASK)
    bench.lists(FLASK, FILE)

    after = await bench.find(path)

    assert (before, after) == (FileRef(FLASK, unhashed), FileRef(FLASK, FILE))


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(f"{PYPI_PATH}/{FILE.filename}", id="other-digest"),
        pytest.param(name_path(OTHER, FILE), id="name-path-of-another-project"),
        pytest.param(f"packages/{FILE.filename}", id="no-digest"),
        pytest.param(f"{file_path(FLASK, FILE)}/{FILE.filename}", id="longer"),
        pytest.param(f"files/{file_path(FLASK, FILE)}", id="other-place"),
        pytest.param(file_path(FLASK, FILE).upper().replace("PACKAGES", "packages"), id="case"),
    ],
)
async def test_path_that_no_page_has_is_absent(path: str, bench: Bench) -> None:
    """A name alone does not give out bytes: a URL stands for one digest."""
    bench.lists(FLASK, FILE)

    with pytest.raises(Absent):
        await bench.find(path)


@pytest.mark.parametrize("spelling", ["+", "%2B", "%2b"])
@pytest.mark.parametrize("escaped", [False, True], ids=["plain-upstream", "escaping-upstream"])
async def test_plus_is_found_in_every_spelling(
    spelling: str, *, escaped: bool, bench: Bench
) -> None:
    """Of two installers one escapes the plus of a local version."""
    name = "flask-1.0+cpu-py3-none-any.whl"
    upstream = name.replace("+", "%2B") if escaped else name
    file = make_file(name, url=f"https://files.index.example/{PYPI_PATH}/{upstream}")
    bench.lists(FLASK, file)

    found = await bench.find(f"{PYPI_PATH}/{name.replace('+', spelling)}")

    assert found == FileRef(FLASK, file)


async def test_path_that_no_page_has_is_what_the_locator_was_told_to_say(bench: Bench) -> None:
    """Where nobody is asked for newer pages, it is not certain that there is no such file."""
    bench.lists(FLASK)
    locator = Locator(bench.pages, bench.catalog, ("main",), Unavailable)

    with pytest.raises(Unavailable, match=r"`flask-1\.0-py3-none-any\.whl` cannot be had now"):
        await locator.find(f"{PYPI_PATH}/{FILE.filename}", bench.clock.now())


@pytest.mark.parametrize(
    "path",
    ["packages/", "packages/aa/.hidden", "packages/%FF.whl", "packages/a%2Fb.whl", "packages/%00"],
)
async def test_path_without_a_file_name_is_absent(path: str, bench: Bench) -> None:
    """Nobody is asked about what cannot be a file."""
    with pytest.raises(Absent):
        await bench.find(path)

    assert bench.pages.asked == []


async def test_what_was_found_is_remembered_while_its_page_is_fresh(bench: Bench) -> None:
    """A busy file costs a look into a table, in whatever spelling it is asked for."""
    bench.lists(FLASK, FILE)
    path = file_path(FLASK, FILE)
    await bench.find(path)
    bench.clock.forward(59)

    found = await bench.find(path.replace("flask", "%66lask"))

    assert found == FileRef(FLASK, FILE)
    assert bench.pages.asked == ["flask"]


async def test_what_was_found_is_looked_for_again_when_its_page_is_old(bench: Bench) -> None:
    """What left the page is not served from memory for ever."""
    bench.lists(FLASK, FILE)
    path = file_path(FLASK, FILE)
    await bench.find(path)
    bench.lists(FLASK)
    bench.clock.forward(60)

    with pytest.raises(Absent):
        await bench.find(path)


async def test_what_is_forgotten_is_looked_for_again(bench: Bench) -> None:
    """A page that changed is read again at once; those of other projects are not."""
    other = make_file("other-1.0.tar.gz")
    bench.lists(FLASK, FILE)
    bench.lists(OTHER, other)
    await bench.find(file_path(FLASK, FILE))
    await bench.find(file_path(OTHER, other))
    yanked = msgspec.structs.replace(FILE, yanked=True)
    bench.lists(FLASK, yanked)

    bench.locator.forget(FLASK)

    assert await bench.find(file_path(FLASK, FILE)) == FileRef(FLASK, yanked)
    assert await bench.find(file_path(OTHER, other)) == FileRef(OTHER, other)
    assert bench.pages.asked == ["flask", "other", "flask"]


async def test_page_from_before_a_change_is_not_remembered(bench: Bench) -> None:
    """Who was asking when the page changed gets an answer; who comes later gets the new one."""
    bench.lists(FLASK, FILE)
    path = file_path(FLASK, FILE)
    bench.pages.gate = anyio.Event()
    found: list[FileRef] = []

    async def find() -> None:
        found.append(await bench.find(path))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(find)
        while not bench.pages.asked:  # noqa: ASYNC110  the catalog answers from a thread
            await anyio.sleep(0.001)
        bench.locator.forget(FLASK)
        bench.pages.gate.set()
    newer = msgspec.structs.replace(FILE, yanked=True)
    bench.lists(FLASK, newer)

    assert found == [FileRef(FLASK, FILE)]
    assert await bench.find(path) == FileRef(FLASK, newer)


async def test_memory_is_bounded(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crawl through all files forgets the first."""
    monkeypatch.setattr(locate, "_MAX_REMEMBERED", 1)
    newer = make_file("flask-1.1-py3-none-any.whl")
    bench.lists(FLASK, FILE, newer)
    for file in (FILE, newer, newer):
        await bench.find(file_path(FLASK, file))
    asked = len(bench.pages.asked)

    await bench.find(file_path(FLASK, FILE))

    assert (asked, len(bench.pages.asked)) == (2, 3)


async def test_historic_name_is_looked_for_in_every_project_that_it_may_mean(
    bench: Bench,
) -> None:
    """``a-b-1.0.zip`` is of ``a-b``, or of ``a`` in a version called ``b-1.0``."""
    file = make_file("a-b-1.0.zip")
    bench.lists(ProjectName("a"), file)

    found = await bench.find(file_path(ProjectName("a"), file))

    assert found == FileRef(ProjectName("a"), file)
    assert bench.pages.asked == ["a-b", "a"]


async def test_name_with_many_meanings_costs_few_questions(bench: Bench) -> None:
    """A made-up name does not become a burst of questions upstream."""
    with pytest.raises(Absent):
        await bench.find(f"{PYPI_PATH}/a-b-c-d-e-f-g-h-1.0.zip")

    assert len(bench.pages.asked) == 3


async def test_odd_name_is_found_where_it_was_written_down(bench: Bench) -> None:
    """A file that was served once is found again, whatever it is called."""
    path = file_path(FLASK, ODD)
    bench.lists(FLASK, ODD)
    await bench.served(path, FLASK, ODD)

    assert await bench.find(path) == FileRef(FLASK, ODD)
    assert bench.pages.asked == ["flask"]


async def test_odd_name_that_was_never_served_is_absent(bench: Bench) -> None:
    """Nobody reads every page for it."""
    bench.lists(FLASK, ODD)

    with pytest.raises(Absent):
        await bench.find(file_path(FLASK, ODD))


async def test_path_of_another_owner_tells_nothing(bench: Bench) -> None:
    """What one index served is not served by another."""
    path = file_path(FLASK, ODD)
    await bench.served(path, FLASK, ODD, owner="private")

    with pytest.raises(Absent):
        await bench.find(path)


@pytest.mark.parametrize("page", ["without", "gone", "down"])
async def test_file_that_no_page_lists_any_more_is_known_from_the_ledger(
    page: str, bench: Bench
) -> None:
    """A lock file stays installable: digest and length are known, and no URL to ask."""
    path = file_path(FLASK, FILE)
    await bench.served(path, FLASK, FILE)
    if page == "without":
        bench.lists(FLASK)
    elif page == "down":
        bench.pages.down.add(FLASK)

    found = await bench.find(path)

    assert found.project == FLASK
    assert found.file == File(FILE.filename, "", (("sha256", str(FILE.sha256)),), FILE.size)


async def test_path_that_moved_is_known_from_the_ledger(bench: Bench) -> None:
    """The page has the name at another path now; this one keeps meaning the same bytes."""
    path = file_path(FLASK, FILE)
    await bench.served(path, FLASK, FILE)
    bench.lists(FLASK, make_file(FILE.filename, b"other bytes"))

    assert (await bench.find(path)).file.sha256 == FILE.sha256


async def test_path_without_evidence_is_absent(bench: Bench) -> None:
    """That a path was seen is no proof of what was there."""
    path = file_path(FLASK, FILE)
    await bench.catalog.odd_paths.save(OddPathRow("main", path, FLASK, FILE.filename))
    bench.lists(FLASK)

    with pytest.raises(Absent):
        await bench.find(path)


async def test_page_that_cannot_be_had_is_not_an_absence(bench: Bench) -> None:
    """Nobody is told that a file does not exist because nobody answered."""
    bench.pages.down.add(FLASK)

    with pytest.raises(Unavailable):
        await bench.find(file_path(FLASK, FILE))


@pytest.mark.parametrize("down", ["a-b", "a"])
async def test_one_page_that_cannot_be_had_leaves_the_question_open(
    down: str, bench: Bench
) -> None:
    """Only when every project that it may belong to has answered is a file absent."""
    bench.lists(ProjectName("a-b"))
    bench.lists(ProjectName("a"))
    bench.pages.down.add(down)

    with pytest.raises(Unavailable):
        await bench.find(f"{PYPI_PATH}/a-b-1.0.zip")


async def test_page_that_cannot_be_had_does_not_hide_another(bench: Bench) -> None:
    """The second meaning of a name is found although the first gives no answer."""
    file = make_file("a-b-1.0.zip")
    bench.lists(ProjectName("a"), file)
    bench.pages.down.add("a-b")

    assert await bench.find(file_path(ProjectName("a"), file)) == FileRef(ProjectName("a"), file)


QUARANTINED = ProjectStatus("quarantined", "malware")


@pytest.mark.parametrize("listed", [True, False], ids=["listed", "not-listed"])
@pytest.mark.parametrize("was_served", [True, False], ids=["held", "not-held"])
async def test_file_of_a_quarantined_project_is_refused(
    *, listed: bool, was_served: bool, bench: Bench
) -> None:
    """A takedown wins over what is held, and says why."""
    path = file_path(FLASK, FILE)
    bench.lists(FLASK, *([FILE] if listed else []), status=QUARANTINED)
    if was_served:
        await bench.served(path, FLASK, FILE)

    with pytest.raises(Refused, match="malware"):
        await bench.find(path)


async def test_quarantine_without_a_reason_says_whose_it_is(bench: Bench) -> None:
    """Somebody has to know what to look up."""
    bench.lists(FLASK, FILE, status=ProjectStatus("quarantined"))

    with pytest.raises(Refused, match="`flask` is quarantined"):
        await bench.find(file_path(FLASK, FILE))


async def test_quarantine_of_another_project_hides_nothing(bench: Bench) -> None:
    """A historic name may look like one of a project that was taken down."""
    file = make_file("a-b-1.0.zip")
    bench.lists(ProjectName("a-b"), status=QUARANTINED)
    bench.lists(ProjectName("a"), file)

    assert await bench.find(file_path(ProjectName("a"), file)) == FileRef(ProjectName("a"), file)
