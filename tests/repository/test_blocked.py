"""Blocked: nobody gets these projects from here, and everybody is told why."""

import pytest

from repository.owners import Owner
from support.fakes import make_file, make_project
from wheelyard.clock import FrozenClock
from wheelyard.decide.ownership import PatternSet
from wheelyard.errors import Refused
from wheelyard.model import FileRef
from wheelyard.names import ProjectName
from wheelyard.repository.blocked import Blocked
from wheelyard.settings import parse_pattern

pytestmark = pytest.mark.anyio

BAD, GOOD = ProjectName("evil-twin"), ProjectName("flask")
FILES = {name: FileRef(name, make_file(f"{name}-1.0.tar.gz")) for name in (BAD, GOOD)}


@pytest.fixture
def whole(clock: FrozenClock) -> Owner:
    """Return an index with a project that is blocked, and one that is not."""
    return Owner(clock, *(make_project(name, ref.file) for name, ref in FILES.items()))


@pytest.fixture
def blocked(whole: Owner) -> Blocked:
    """Return the same with its block."""
    return Blocked(whole, PatternSet([parse_pattern("Evil_*")]))


async def test_blocked_project_is_refused_with_the_pattern(whole: Owner, blocked: Blocked) -> None:
    """Page, file and metadata; nobody is asked whether it exists."""
    asking = (blocked.project(BAD), blocked.file(FILES[BAD]), blocked.metadata(FILES[BAD]))

    for ask in asking:
        with pytest.raises(Refused, match=r"`evil-\*` is blocked here; ask who runs this index"):
            await ask
    assert whole.asked == []


async def test_other_projects_are_passed_through(whole: Owner, blocked: Blocked) -> None:
    """A block is for what it names."""
    name = FILES[GOOD].file.filename

    assert (await blocked.project(GOOD)).files == (FILES[GOOD].file,)
    assert await blocked.file(FILES[GOOD]) is whole.blobs[name]
    assert await blocked.metadata(FILES[GOOD]) is whole.blobs[f"{name}.metadata"]


async def test_list_lacks_what_is_blocked(whole: Owner, blocked: Blocked) -> None:
    """Nobody is shown what nobody gets; without patterns the list is the very same."""
    assert [entry.name for entry in (await blocked.projects()).projects] == [GOOD]
    assert await Blocked(whole, PatternSet([])).projects() == await whole.projects()
