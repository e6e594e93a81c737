"""Priority: many owners in order. One column of the failure table, and what it is for."""

import msgspec
import pytest

from repository.owners import Owner
from support.fakes import make_file, make_project
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent, Unavailable
from wheelyard.model import FileRef, ProjectEntry, ProjectList
from wheelyard.names import ProjectName
from wheelyard.repository.priority import Priority

pytestmark = pytest.mark.anyio

OURS, SHARED, THEIRS = ProjectName("ours"), ProjectName("shared"), ProjectName("theirs")
DOWN = Unavailable("`shared`", "refused: nobody listens there")
WHEEL = "shared-1.0-py3-none-any.whl"
EVIL = "shared-99.0-py3-none-any.whl"


@pytest.fixture
def private(clock: FrozenClock) -> Owner:
    """Return the owner that comes first."""
    return Owner(clock, make_project("ours"), make_project("shared", make_file(WHEEL)))


@pytest.fixture
def public(clock: FrozenClock) -> Owner:
    """Return the owner that comes second, with a higher version of what the first has."""
    return Owner(clock, make_project("shared", make_file(EVIL)), make_project("theirs"))


async def test_first_owner_of_a_name_has_it_alone(private: Owner, public: Owner) -> None:
    """The higher version of a stranger is never seen."""
    page = await Priority([private, public]).project(SHARED)

    assert [file.filename for file in page.files] == [WHEEL]
    assert public.asked == []


async def test_name_that_the_first_does_not_have_is_the_seconds(
    private: Owner, public: Owner
) -> None:
    """An owner's "it is not mine" is an answer, and the next one is asked."""
    page = await Priority([private, public]).project(THEIRS)

    assert page.name == THEIRS
    assert (private.asked, public.asked) == ([THEIRS], [THEIRS])


async def test_name_that_nobody_has_is_absent(private: Owner, public: Owner) -> None:
    """Promise 111: every owner said so."""
    with pytest.raises(Absent, match="`nothing`"):
        await Priority([private, public]).project(ProjectName("nothing"))


async def test_private_outage_sends_nobody_to_the_public_side(
    private: Owner, public: Owner
) -> None:
    """T01, G7: neither page, list, file nor metadata of a name that may be private."""
    private.error = DOWN
    priority, ref = Priority([private, public]), FileRef(SHARED, make_file(EVIL))

    for ask in (
        priority.projects(),
        priority.project(SHARED),
        priority.file(ref),
        priority.metadata(ref),
    ):
        with pytest.raises(Unavailable) as caught:
            await ask
        assert caught.value is DOWN

    assert public.asked == []


async def test_outage_behind_an_absence_is_an_outage(private: Owner, public: Owner) -> None:
    """Promise 110: "not mine" and silence make no 404."""
    public.error = DOWN

    with pytest.raises(Unavailable):
        await Priority([private, public]).project(THEIRS)


async def test_file_and_metadata_come_from_the_owner_of_the_page(
    private: Owner, public: Owner
) -> None:
    """Even if somebody else has one of that name."""
    priority, ref = Priority([private, public]), FileRef(SHARED, make_file(WHEEL))

    file, metadata = await priority.file(ref), await priority.metadata(ref)

    assert file is private.blobs[WHEEL]
    assert metadata is private.blobs[f"{WHEEL}.metadata"]
    assert public.asked == []


async def test_file_that_the_owner_does_not_have_is_nobodys(private: Owner, public: Owner) -> None:
    """The public twin of a private project has no say in its files."""
    ref = FileRef(SHARED, make_file(EVIL))

    with pytest.raises(Absent):
        await Priority([private, public]).file(ref)

    assert public.asked == []


async def test_last_owner_is_asked_for_the_file_alone(private: Owner, public: Owner) -> None:
    """It is the only one left: its page, perhaps a large one, need not be read for each file."""
    del private.pages[SHARED]
    public.asked.clear()

    file = await Priority([private, public]).file(FileRef(SHARED, make_file(EVIL)))

    assert file is public.blobs[EVIL]
    assert public.asked == [EVIL]


async def test_list_has_the_names_of_all_owners_once(private: Owner, public: Owner) -> None:
    """Spelled as the first who has them spells them."""
    private.pages[ProjectName("The_Irs")] = make_project("the-irs")
    public.pages[ProjectName("the-irs")] = make_project("the-irs")

    listed = await Priority([private, public]).projects()

    assert [each.name for each in listed.projects] == ["ours", "shared", "The_Irs", "theirs"]


async def test_list_is_known_as_well_as_its_least_sure_part(
    private: Owner, public: Owner, clock: FrozenClock
) -> None:
    """Stale if a part is; its revision changes with any part's."""
    private.revision, public.revision = 3, 4
    private.lifetime_seconds, public.lifetime_seconds = 60, 10
    public.how = "stale"

    known = (await Priority([private, public]).projects()).known

    assert known is not None
    assert (known.how, known.revision) == ("stale", 7)
    assert (known.checked_at, known.fresh_until) == (clock.now(), clock.now() + 10)


async def test_list_without_a_revision_in_a_part_has_none(private: Owner, public: Owner) -> None:
    """What may change unseen is made anew each time it is looked at."""
    private.revision = 0

    known = (await Priority([private, public]).projects()).known

    assert known is not None
    assert known.revision == 0


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [(None, 7, 7), (7, None, 7), (6, 7, None), (None, None, None)],
)
async def test_serials_of_two_owners_do_not_count_together(
    clock: FrozenClock, first: int | None, second: int | None, together: int | None
) -> None:
    """A mirror program compares them with what it saw, and nothing is comparable here."""

    class Listing(Owner):
        """An owner of nothing, with a serial."""

        def __init__(self, serial: int | None) -> None:
            super().__init__(clock)
            self.serial = serial

        async def projects(self) -> ProjectList:
            """Return a list that nobody knows how we know."""
            return ProjectList((ProjectEntry(f"of-{self.serial}"),), self.serial)

    listed = await Priority([Listing(first), Listing(second)]).projects()

    assert (listed.serial, listed.known) == (together, None)


async def test_owner_without_a_list_has_no_names(private: Owner, public: Owner) -> None:
    """A directory without an index of its own says "not here"; that ends nothing."""
    private.error = Absent("The project list")

    listed = await Priority([private, public]).projects()

    assert listed == await public.projects()
    public.error = private.error
    with pytest.raises(Absent):
        await Priority([private, public]).projects()


async def test_one_owner_is_passed_through(private: Owner) -> None:
    """Nothing is added where there is nothing to put in order."""
    priority = Priority([private])

    assert await priority.projects() == await private.projects()
    assert await priority.project(SHARED) == await private.project(SHARED)
    page = msgspec.structs.replace(await private.project(SHARED), known=None)
    assert page == private.pages[SHARED]
