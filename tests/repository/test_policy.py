"""Policy: one column of the failure table, cell by cell, and that nobody is asked past it."""

import msgspec
import pytest

from pages.repository import FakeRepository
from support.fakes import BytesBlob, make_file, make_project
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent, Refused
from wheelyard.model import FileRef, ProjectStatus
from wheelyard.names import ProjectName
from wheelyard.repository.policy import Policy

pytestmark = pytest.mark.anyio

DEMO = ProjectName("demo")
FILE = make_file("demo-1.0-py3-none-any.whl")
MALWARE = ProjectStatus("quarantined", "malware")


@pytest.fixture
def whole(clock: FrozenClock) -> FakeRepository:
    """Return a repository with a project of one file with metadata."""
    blobs = {FILE.filename: BytesBlob(b"wheel"), f"{FILE.filename}.metadata": BytesBlob(b"Name")}
    return FakeRepository(clock, {DEMO: make_project("demo", FILE)}, {**blobs})


async def test_what_is_allowed_passes_as_it_is(whole: FakeRepository) -> None:
    """Page, list, file and metadata."""
    policy, ref = Policy(whole), FileRef(DEMO, FILE)

    assert await policy.project(DEMO) == await whole.project(DEMO)
    assert await policy.projects() == await whole.projects()
    assert await policy.file(ref) is await whole.file(ref)
    assert await policy.metadata(ref) is await whole.metadata(ref)


async def test_page_of_a_refused_project_has_its_state_and_no_file(whole: FakeRepository) -> None:
    """F29: installers are told why there is nothing; a refusal would tell them less."""
    whole.pages[DEMO] = msgspec.structs.replace(whole.pages[DEMO], status=MALWARE)

    page = await Policy(whole).project(DEMO)

    assert (page.files, page.status) == ((), MALWARE)


async def test_file_of_a_refused_project_is_refused_without_asking(whole: FakeRepository) -> None:
    """However long it has been held, and whoever is out of order."""
    policy, ref = Policy(whole), FileRef(DEMO, FILE, MALWARE)

    with pytest.raises(Refused, match=r"whl` is refused: malware"):
        await policy.file(ref)
    with pytest.raises(Refused, match=r"metadata` is refused: malware"):
        await policy.metadata(ref)

    assert whole.asked == []


async def test_rule_is_the_callers(whole: FakeRepository) -> None:
    """Policy knows no rule itself: what decides is a pure function."""
    policy = Policy(whole, lambda name, _: f"{name} is not for you" if name == DEMO else "")

    assert (await policy.project(DEMO)).files == ()
    with pytest.raises(Refused, match="demo is not for you"):
        await policy.file(FileRef(DEMO, FILE))
    with pytest.raises(Absent):
        await policy.project(ProjectName("other"))
