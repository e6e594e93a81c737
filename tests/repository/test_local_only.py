"""LocalOnly: what is not held is not there, and what is wrong stays wrong."""

from collections.abc import Awaitable, Callable

import pytest

from pages.repository import FakeRepository
from support.fakes import BytesBlob, make_file, make_project
from wheelyard.blobs import Blob
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent, Unavailable
from wheelyard.model import FileRef
from wheelyard.names import ProjectName
from wheelyard.repository.base import Repository
from wheelyard.repository.local_only import LocalOnly
from wheelyard.repository.offline import not_asked

pytestmark = pytest.mark.anyio

DEMO = ProjectName("demo")
FILE = make_file("demo-1.0.tar.gz")
REF = FileRef(DEMO, FILE)

QUESTIONS: tuple[Callable[[Repository], Awaitable[object]], ...] = (
    lambda repository: repository.projects(),
    lambda repository: repository.project(DEMO),
    lambda repository: repository.file(REF),
    lambda repository: repository.metadata(REF),
)


@pytest.mark.parametrize("question", QUESTIONS, ids=("projects", "project", "file", "metadata"))
async def test_what_is_not_held_is_absent(
    clock: FrozenClock, question: Callable[[Repository], Awaitable[object]]
) -> None:
    """Whoever decided that nobody is asked is the authority: 404, and not 503."""
    held = FakeRepository(clock, error=not_asked("`demo`"))

    with pytest.raises(Absent):
        await question(LocalOnly(held))


@pytest.mark.parametrize("question", QUESTIONS, ids=("projects", "project", "file", "metadata"))
async def test_what_cannot_be_read_is_unavailable(
    clock: FrozenClock, question: Callable[[Repository], Awaitable[object]]
) -> None:
    """A disk that fails says nothing about what there is."""
    held = FakeRepository(clock, error=Unavailable("`demo`", "the disk", failing="disk"))

    with pytest.raises(Unavailable, match="the disk"):
        await question(LocalOnly(held))


async def test_what_is_held_is_given_out(clock: FrozenClock) -> None:
    """Pages, files and metadata, as they are."""
    blobs: dict[str, Blob] = {
        FILE.filename: BytesBlob(b"file"),
        f"{FILE.filename}.metadata": BytesBlob(b"metadata"),
    }
    held = FakeRepository(clock, {DEMO: make_project("demo", FILE)}, blobs)
    local = LocalOnly(held)

    assert [entry.name for entry in (await local.projects()).projects] == ["demo"]
    assert (await local.project(DEMO)).files == (FILE,)
    assert await local.file(REF) is blobs[FILE.filename]
    assert await local.metadata(REF) is blobs[f"{FILE.filename}.metadata"]
