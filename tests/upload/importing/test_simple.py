"""Another index as a source: pages become offers, and what breaks is tried again."""

import anyio
import pytest

from support.fakes import BytesBlob, FakeDoor
from upload.importing.bench import collected
from wheelyard.blobs import Blob
from wheelyard.clock import Instant
from wheelyard.errors import Unavailable
from wheelyard.model import File, FileRef, Project
from wheelyard.names import Filename, ProjectName
from wheelyard.upload.importing import Offer, SimpleSource, Unusable, Wanted
from wheelyard.upload.importing import simple as module

pytestmark = pytest.mark.anyio

DEMO = ProjectName("demo")
CONTENT = bytes(range(256)) * 40
FILE = File(
    Filename("demo-1.0.zip"),
    url="https://files.example/demo-1.0.zip",
    hashes=(("sha256", "f" * 64),),
    size=10,
    upload_time="2020-09-13T12:26:40Z",
    yanked="broken",
)
ODD = File(Filename("demo-2.0.zip"), url="", upload_time="yesterday", yanked=True)


@pytest.fixture(autouse=True)
def nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no pause between two tries."""
    monkeypatch.setattr(module, "_PAUSE_SECONDS", 0.0)


async def found(door: FakeDoor, *names: str) -> list[Offer | Unusable]:
    """Return what is offered."""
    wanted = Wanted(frozenset(ProjectName(name) for name in names))
    return [each async for each in SimpleSource(door, "https://index.example").offers(wanted)]


async def test_page_becomes_offers() -> None:
    """With digests, size, upload time and yank, as far as they make sense."""
    door = FakeDoor({DEMO: Project(DEMO, (FILE, ODD), dropped=2)}, files={FILE.filename: CONTENT})

    dropped, first, second = await found(door)

    assert isinstance(dropped, Unusable)
    assert isinstance(first, Offer)
    assert isinstance(second, Offer)
    assert (first.hashes, first.size, first.project) == (FILE.hashes, 10, "demo")
    assert first.uploaded_at == Instant(1_600_000_000)
    assert first.yanked == "broken"
    assert (second.uploaded_at, second.yanked) == (None, "")
    assert await collected(first.read()) == CONTENT


async def test_only_wanted_projects_are_asked_for() -> None:
    """One that is not there is told, and is no reason to try again."""
    door = FakeDoor({DEMO: Project(DEMO, (FILE,)), "other": Project(ProjectName("other"))})

    offer, missing = await found(door, "demo", "missing")

    assert isinstance(offer, Offer)
    assert isinstance(missing, Unusable)
    assert (missing.name, missing.may_come) == ("missing", False)
    assert door.asked == ["demo", "missing"]


async def test_page_that_cannot_be_had_is_tried_again() -> None:
    """Three times; then the others are taken all the same."""
    door = FakeDoor({DEMO: Project(DEMO, (FILE,))}, down=True)

    [unusable] = await found(door, "demo")

    assert isinstance(unusable, Unusable)
    assert unusable.may_come
    assert door.asked == ["demo"] * 3


async def test_list_that_cannot_be_had_is_an_error() -> None:
    """An index whose projects nobody knows is no empty one."""
    with pytest.raises(Unavailable):
        await found(FakeDoor(down=True))


class BreakingDoor(FakeDoor):
    """A door whose downloads break after some bytes, so many times."""

    breaks: int = 0
    starts: list[int]

    async def file(self, ref: FileRef) -> Blob:
        """Return bytes that break."""
        door, whole = self, await super().file(ref)

        class Breaking(BytesBlob):
            async def read(self, start: int = 0, stop: int | None = None):  # type: ignore[no-untyped-def]  # noqa: ANN202
                door.starts.append(start)
                if door.breaks:
                    door.breaks -= 1
                    async for chunk in whole.read(start, start + 100):
                        yield chunk
                    raise Unavailable("`demo-1.0.zip`", "reset")
                async for chunk in whole.read(start, stop):
                    yield chunk

        return Breaking(CONTENT)


@pytest.mark.parametrize("breaks", [1, 4, 5])
async def test_download_goes_on_where_it_broke(breaks: int) -> None:
    """Five breaks are too many for one file."""
    door = BreakingDoor({DEMO: Project(DEMO, (FILE,))}, files={FILE.filename: CONTENT})
    door.breaks, door.starts = breaks, []
    [offer] = await found(door)
    assert isinstance(offer, Offer)

    if breaks == 5:
        with pytest.raises(Unavailable):
            await collected(offer.read())
        return
    with anyio.fail_after(180):
        assert await collected(offer.read()) == CONTENT

    assert door.starts == [100 * number for number in range(breaks + 1)]
