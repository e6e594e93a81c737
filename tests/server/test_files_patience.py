"""How long an installer is kept waiting for the first byte of a file or its metadata."""

from collections.abc import Callable
from dataclasses import dataclass

import anyio
import pytest

from pages.repository import FakeRepository
from server.asgi import Call, FakeBlob
from server.chain import FakeChain, index_over
from support.fakes import make_file
from wheelyard.blobs import Blob
from wheelyard.clock import FrozenClock
from wheelyard.errors import Unavailable
from wheelyard.model import FileRef
from wheelyard.monitor import Counters
from wheelyard.names import Filename, ProjectName
from wheelyard.repository import Answered, KeptDocument
from wheelyard.server.files import Files, Provenance

pytestmark = pytest.mark.anyio

WHEEL = "foo_bar-1.0-py3-none-any.whl"
PATH = f"packages/ab/cd/ef/{WHEEL}"
REF = FileRef(ProjectName("foo-bar"), make_file(WHEEL, b"0123456789"))


@dataclass(slots=True)
class SilentRepository(FakeRepository):
    """A repository whose upstream takes the question and says nothing."""

    async def file(self, ref: FileRef) -> Blob:
        """Never return."""
        await anyio.sleep_forever()
        raise AssertionError(ref)

    async def metadata(self, ref: FileRef) -> Blob:
        """Never return."""
        return await self.file(ref)


@dataclass(slots=True)
class SilentChain(FakeChain):
    """A chain that has to ask for a page which never comes."""

    async def find(
        self, path: str, now: float, may_read: Callable[[ProjectName], bool] | None = None
    ) -> FileRef:
        """Never return."""
        await anyio.sleep_forever()
        raise AssertionError(path)

    async def provenance(self, name: ProjectName, filename: Filename) -> Answered[KeptDocument]:
        """Never return."""
        await anyio.sleep_forever()
        raise AssertionError(filename)


async def ask(files: Files, suffix: str) -> Call:
    """Return what is answered for the file or what stands beside it."""
    call = Call(f"/{PATH}{suffix}")
    await files(call.exchange, f"{PATH}{suffix}".split("/")[1:])
    return call


@pytest.mark.parametrize("suffix", ["", ".metadata"])
@pytest.mark.parametrize("kind", [FakeChain, SilentChain], ids=["file", "page"])
async def test_silent_upstream_is_unavailable_in_time(
    clock: FrozenClock, suffix: str, kind: type[FakeChain]
) -> None:
    """Whoever is told 503 asks again; whoever is told nothing gives the installation up."""
    index = index_over(kind(SilentRepository(clock), {PATH: REF}))
    files = Files(index, clock, Counters(), patience_seconds=0.01)

    with pytest.raises(Unavailable) as caught, anyio.fail_after(180):
        await ask(files, suffix)

    assert caught.value.what == f"`{WHEEL}{suffix}`"
    assert "took longer than 0.01 s" in caught.value.reason


async def test_provenance_is_unavailable_in_time(clock: FrozenClock) -> None:
    """The page and the object behind it share one patience."""
    index = index_over(SilentChain(FakeRepository(clock), {PATH: REF}))
    provenance = Provenance(index, clock, patience_seconds=0.01)
    target = f"/integrity/foo-bar/1.0/{WHEEL}/provenance"

    with pytest.raises(Unavailable, match=r"longer than 0\.01 s"), anyio.fail_after(180):
        await provenance(Call(target).exchange, target.split("/")[2:])


async def test_patience_that_is_long_is_not_used_up(clock: FrozenClock) -> None:
    """What is here is sent at once."""
    blobs = {WHEEL: FakeBlob(b"0123456789"), f"{WHEEL}.metadata": FakeBlob(b"Name: foo-bar\n")}
    index = index_over(FakeChain(FakeRepository(clock, blobs=dict(blobs)), {PATH: REF}))
    files = Files(index, clock, Counters(), patience_seconds=1e6)

    with anyio.fail_after(180):
        answers = [await ask(files, suffix) for suffix in ("", ".metadata")]

    assert [answer.body for answer in answers] == [b"0123456789", b"Name: foo-bar\n"]
