"""Merged: the files of both sides, with ours before theirs, and never theirs instead of ours."""

import logging

import pytest

from repository.owners import Owner
from support.fakes import make_file, make_project
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent, Corrupt, Refused, Unavailable, WheelyardError
from wheelyard.model import FileRef, ProjectStatus
from wheelyard.names import ProjectName
from wheelyard.repository.merged import Merged
from wheelyard.repository.priority import Priority

pytestmark = pytest.mark.anyio

BOTH, APART, OURS, THEIRS = (ProjectName(name) for name in ("both", "apart", "ours", "theirs"))
NAMES = frozenset({BOTH, OURS, THEIRS})
OWN = make_file("both-1.0+ours-py3-none-any.whl")
SHARED = make_file("both-1.0-py3-none-any.whl", b"ours")
TWIN = make_file("both-1.0-py3-none-any.whl", b"theirs")
PUBLIC = make_file("both-2.0-py3-none-any.whl")
DOWN = Unavailable("`both`", "refused: nobody listens there")
WRONG = Corrupt("`both`", expected="a", actual="b")


@pytest.fixture
def own(clock: FrozenClock) -> Owner:
    """Return our side."""
    pages = (make_project("both", OWN, SHARED, serial=7), make_project("apart"))
    return Owner(clock, *pages, make_project("ours"))


@pytest.fixture
def public(clock: FrozenClock) -> Owner:
    """Return the other side, which has a file of the same name with other bytes."""
    pages = (make_project("both", TWIN, PUBLIC, serial=9), make_project("apart", PUBLIC))
    owner = Owner(clock, *pages, make_project("theirs"))
    owner.revision = 4
    return owner


@pytest.fixture
def merged(own: Owner, public: Owner) -> Merged:
    """Return both, for some names together."""
    return Merged(own, public, NAMES)


def ref(file_of: str) -> FileRef:
    """Return what to ask for: a file of ours, one that both have, their twin, or one of theirs."""
    files = {"own": OWN, "shared": SHARED, "twin": TWIN, "public": PUBLIC}
    return FileRef(BOTH, files[file_of])


async def test_page_has_our_files_and_then_theirs(merged: Merged) -> None:
    """Of a name that both have, ours; no serial, because one count cannot speak for both."""
    page = await merged.project(BOTH)

    assert page.files == (OWN, SHARED, PUBLIC)
    assert page.serial is None


async def test_page_has_our_state_and_the_versions_of_both(
    own: Owner, public: Owner, merged: Merged
) -> None:
    """What the public project is called by its owner is not said of ours."""
    for side, status, versions in (
        (own, ProjectStatus("deprecated", "use other"), ("1.0+ours", "1.0")),
        (public, ProjectStatus("archived"), ("1.0", "2.0")),
    ):
        page = side.pages[BOTH]
        changed = (page.name, page.files, versions, status)
        side.pages[BOTH] = type(page)(*changed, dropped=2)

    page = await merged.project(BOTH)

    assert page.status == ProjectStatus("deprecated", "use other")
    assert (page.versions, page.dropped) == (("1.0+ours", "1.0", "2.0"), 4)


async def test_other_bytes_under_a_name_of_ours_raise_the_alarm_once(
    merged: Merged, caplog: pytest.LogCaptureFixture
) -> None:
    """It is theirs that is left out, and somebody should know why."""
    with caplog.at_level(logging.ERROR):
        await merged.project(BOTH)
        await merged.project(BOTH)

    assert merged.contradictions.seen == 1
    assert [record.getMessage() for record in caplog.records] == [merged.contradictions.latest]
    assert f"sha256 {TWIN.sha256}" in merged.contradictions.latest
    assert "The public project of the same name, which is merged, offers" in caplog.text


@pytest.mark.parametrize("digest", [SHARED.hashes, ()])
async def test_same_bytes_on_both_sides_are_no_alarm(
    public: Owner, merged: Merged, digest: tuple[tuple[str, str], ...]
) -> None:
    """Nor are bytes of which nobody says what they are: nobody will get them."""
    public.pages[BOTH] = make_project("both", make_file(TWIN.filename, hashes=digest))

    page = await merged.project(BOTH)

    assert page.files == (OWN, SHARED)
    assert merged.contradictions.seen == 0


async def test_name_that_is_not_merged_is_as_behind_priority(
    own: Owner, public: Owner, merged: Merged
) -> None:
    """The first owner has it alone, and all else of ``Priority``."""
    page = await merged.project(APART)
    with pytest.raises(Absent):
        await merged.file(FileRef(APART, PUBLIC))

    assert page.files == ()
    assert public.asked == []
    assert await merged.projects() == await Priority((own, public)).projects()


async def test_name_that_one_side_has_is_that_sides(
    own: Owner, public: Owner, merged: Merged
) -> None:
    """A name that is merged may be ours alone, or nobody may have uploaded to it yet."""
    assert await merged.project(OURS) == await own.project(OURS)
    assert await merged.project(THEIRS) == await public.project(THEIRS)
    with pytest.raises(Absent):
        await Merged(own, public, {ProjectName("none")}).project(ProjectName("none"))


@pytest.mark.parametrize("error", [DOWN, Refused("`both`", "no"), WRONG])
async def test_nothing_is_merged_while_our_own_side_cannot_be_asked(
    own: Owner, public: Owner, merged: Merged, error: WheelyardError
) -> None:
    """Their files alone would be what a stranger says, and nothing of ours."""
    own.error = error

    for ask in (merged.project(BOTH), merged.file(ref("public")), merged.metadata(ref("public"))):
        with pytest.raises(type(error)) as caught:
            await ask
        assert caught.value is error

    assert public.asked == []


@pytest.mark.parametrize("error", [DOWN, WRONG])
async def test_our_files_are_served_while_the_public_side_cannot_be_asked(
    own: Owner, public: Owner, merged: Merged, clock: FrozenClock, error: WheelyardError
) -> None:
    """Marked stale, and asked again soon: freshness fails open."""
    own.lifetime_seconds = 3600
    public.error = error

    page = await merged.project(BOTH)

    assert page.files == (OWN, SHARED)
    assert page.known is not None
    assert (page.known.how, page.known.revision) == ("stale", 0)
    assert page.known.fresh_until == clock.now() + 5


async def test_page_of_both_is_known_as_well_as_the_less_sure_side(
    own: Owner, public: Owner, merged: Merged
) -> None:
    """With a revision that neither side alone can have next, and the door of the other files."""
    alone = (await own.project(BOTH)).known
    before = (await merged.project(BOTH)).known
    public.revision = 5
    public.how = "stale"
    after = (await merged.project(BOTH)).known
    own.revision = 0
    unknown = (await merged.project(BOTH)).known

    assert before is not None
    assert after is not None
    assert alone is not None
    assert unknown is not None
    assert len({alone.revision, before.revision, after.revision}) == 3
    assert (after.how, unknown.revision) == ("stale", 0)


@pytest.mark.parametrize(("file_of", "side"), [("own", 0), ("shared", 0), ("public", 1)])
async def test_file_comes_from_the_side_that_the_page_has_it_from(
    own: Owner, public: Owner, merged: Merged, file_of: str, side: int
) -> None:
    """And its metadata."""
    blobs = (own, public)[side].blobs
    name = ref(file_of).file.filename

    assert await merged.file(ref(file_of)) is blobs[name]
    assert await merged.metadata(ref(file_of)) is blobs[f"{name}.metadata"]


async def test_file_of_a_project_that_only_they_have_is_theirs(
    public: Owner, merged: Merged
) -> None:
    """Until something is uploaded, the name is like any other."""
    public.pages[THEIRS] = make_project("theirs", PUBLIC)

    assert await merged.file(FileRef(THEIRS, PUBLIC)) is public.blobs[PUBLIC.filename]


async def test_address_of_their_twin_never_gives_our_bytes(public: Owner, merged: Merged) -> None:
    """It was on a page once, perhaps in a lock file: a URL never changes its bytes."""
    with pytest.raises(Absent):
        await merged.file(ref("twin"))

    assert public.asked == []
