"""Fenced: what is ours is absent out there, and nobody out there hears of it."""

from collections.abc import Callable

import pytest

from repository.owners import Owner
from support.fakes import make_file, make_project
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent, Unavailable
from wheelyard.model import FileRef
from wheelyard.names import ProjectName
from wheelyard.repository.fenced import Fenced

pytestmark = pytest.mark.anyio

OURS, THEIRS = ProjectName("acme-core"), ProjectName("flask")
EVIL = FileRef(OURS, make_file("acme_core-999.0-py3-none-any.whl"))
GOOD = FileRef(THEIRS, make_file("flask-1.0-py3-none-any.whl"))


@pytest.fixture
def public(clock: FrozenClock) -> Owner:
    """Return an index in which a stranger has taken a name of ours."""
    evil, good = make_project(OURS, EVIL.file), make_project(THEIRS, GOOD.file)
    owner = Owner(clock, evil, good)
    owner.pages["Acme_Core"] = evil
    return owner


@pytest.fixture
def fenced(public: Owner) -> Fenced:
    """Return the same without it."""
    return Fenced(public, lambda name: name == OURS)


async def test_name_of_ours_is_absent_and_nobody_is_asked(public: Owner, fenced: Fenced) -> None:
    """T01: neither page, file nor metadata."""
    for ask in (fenced.project(OURS), fenced.file(EVIL), fenced.metadata(EVIL)):
        with pytest.raises(Absent):
            await ask

    assert public.asked == []


async def test_name_of_ours_is_absent_while_everybody_is_down(
    public: Owner, fenced: Fenced
) -> None:
    """It is our word, and does not depend on theirs."""
    public.error = Unavailable("`acme-core`", "refused: nobody listens there")

    with pytest.raises(Absent):
        await fenced.project(OURS)

    assert public.asked == []


async def test_name_of_others_is_asked_for(public: Owner, fenced: Fenced) -> None:
    """All that is not ours is as if there were no fence."""
    page, blob, metadata = (
        await fenced.project(THEIRS),
        await fenced.file(GOOD),
        await fenced.metadata(GOOD),
    )

    assert page == await public.project(THEIRS)
    assert blob is public.blobs[GOOD.file.filename]
    assert metadata is public.blobs[f"{GOOD.file.filename}.metadata"]


async def test_list_lacks_what_is_ours_in_any_spelling(public: Owner, fenced: Fenced) -> None:
    """A name is listed as its owner spells it, and compared as it is normalised."""
    listed = await fenced.projects()

    assert [entry.name for entry in listed.projects] == ["flask"]
    assert listed.known == public.known


async def test_list_is_filtered_with_a_survey_where_there_is_one(public: Owner) -> None:
    """A question per name would cost too much with hundreds of thousands of them."""

    async def survey() -> Callable[[ProjectName], bool]:
        """Return what is ours at this moment."""
        return {OURS}.__contains__

    def is_ours(name: ProjectName) -> bool:
        """Fail: nobody is to ask this."""
        raise AssertionError(name)

    listed = await Fenced(public, is_ours, survey).projects()

    assert [entry.name for entry in listed.projects] == ["flask"]


async def test_nobody_is_asked_while_it_is_unknown_what_is_ours(public: Owner) -> None:
    """T02: an unreadable catalog closes the fence for every name."""
    down = Unavailable("The catalog", "it is damaged")

    def is_ours(name: ProjectName) -> bool:
        """Not know."""
        raise down

    fenced = Fenced(public, is_ours)

    for ask in (fenced.project(THEIRS), fenced.file(GOOD), fenced.metadata(GOOD)):
        with pytest.raises(Unavailable) as caught:
            await ask
        assert caught.value is down
    assert public.asked == []
