"""OwnLinks: another door's page names the file; this door says where it has it."""

from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from support.fakes import BytesBlob, FakeDoor, RangedBlob, make_deck, make_file, make_project
from wheelyard.blobs import Blob
from wheelyard.clock import FrozenClock, Instant
from wheelyard.errors import Absent, Corrupt, Unavailable
from wheelyard.model import FileRef
from wheelyard.names import ProjectName
from wheelyard.repository.contradictions import Contradictions
from wheelyard.repository.own_links import OwnLinks, OwnLinksParts
from wheelyard.repository.remote_wheel import HasTail

pytestmark = pytest.mark.anyio

FLASK = ProjectName("flask")
NAME = "flask-1.0-py3-none-any.whl"
HERE, THERE = "https://here.example/simple/", "https://there.example/simple/"
FILE = make_file(NAME, b"0123456789")
OURS = make_file(NAME, b"0123456789", url=f"https://here.example/files/{NAME}")


class Bench:
    """A door with a page, behind its own links."""

    def __init__(self, parts: OwnLinksParts, door: "_Door") -> None:
        self.clock = parts.clock
        self.contradictions = parts.contradictions
        self.door = door
        self.links = OwnLinks(door, parts)

    async def content(self, ref: FileRef) -> bytes:
        """Return all bytes of a file."""
        return b"".join([chunk async for chunk in (await self.links.file(ref)).read()])


class _Door(FakeDoor):
    """A door that has files by their address, and notes which were asked for."""

    def __init__(self, blob: Blob) -> None:
        super().__init__()
        self.blob = blob
        self.urls: list[str] = []

    async def file(self, ref: FileRef) -> Blob:
        """Return the blob."""
        self.urls.append(ref.file.url)
        return self.blob

    async def metadata(self, ref: FileRef) -> bytes:
        """Return where it was looked for."""
        return ref.file.url.encode()


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """A door whose page lists the file at its own address."""
    async with anyio.create_task_group() as tasks:
        clock = FrozenClock(Instant(1_000.0))
        deck = make_deck(tasks, tmp_path, 5)
        parts = OwnLinksParts((HERE,), HERE, deck, clock, Contradictions())
        door = _Door(BytesBlob(b"0123456789"))
        door.pages[FLASK] = make_project("flask", OURS)
        yield Bench(parts, door)
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize("source", [HERE, ""], ids=["own", "nobody's"])
async def test_address_of_its_own_page_is_used_as_it_is(bench: Bench, source: str) -> None:
    """No question more than before."""
    content = await bench.content(FileRef(FLASK, FILE, source=source))

    assert content == b"0123456789"
    assert bench.door.urls == [FILE.url]
    assert bench.door.asked == []


async def test_address_of_anothers_page_is_found_on_its_own(bench: Bench) -> None:
    """The other door's file host may be dead, and is none of this door's business."""
    content = await bench.content(FileRef(FLASK, FILE, source=THERE))

    assert content == b"0123456789"
    assert bench.door.urls == [OURS.url]


async def test_file_without_an_address_is_found_on_its_own_page(bench: Bench) -> None:
    """The page that is held need not say where the file is."""
    nowhere = make_file(NAME, b"0123456789", url="")

    assert await bench.content(FileRef(FLASK, nowhere, source=THERE)) == b"0123456789"


async def test_many_files_of_one_project_cost_one_question(bench: Bench) -> None:
    """One flight for those who ask at once; then the page is kept for a short while."""
    ref = FileRef(FLASK, FILE, source=THERE)
    bench.door.gate = anyio.Event()
    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(bench.content, ref)
        await anyio.wait_all_tasks_blocked()
        bench.door.gate.set()
    await bench.content(ref)

    assert bench.door.asked == [FLASK]


async def test_page_is_read_again_after_a_while(bench: Bench) -> None:
    """An address may have changed."""
    ref = FileRef(FLASK, FILE, source=THERE)
    await bench.content(ref)
    assert isinstance(bench.clock, FrozenClock)
    bench.clock.forward(31)

    await bench.content(ref)

    assert bench.door.asked == [FLASK, FLASK]


async def test_other_digest_is_refused_before_a_byte_is_asked_for(bench: Bench) -> None:
    """And said: which file, which digests, which door."""
    other = make_file(NAME, b"other", url=OURS.url)
    bench.door.pages[FLASK] = make_project("flask", other)

    with pytest.raises(Corrupt) as caught:
        await bench.content(FileRef(FLASK, FILE, source=THERE))

    assert bench.door.urls == []
    for part in (NAME, str(FILE.sha256), str(other.sha256), HERE):
        assert part in str(caught.value)
    assert bench.contradictions.seen == 1


async def test_other_length_is_refused(bench: Bench) -> None:
    """Even without a digest to compare."""
    other = make_file(NAME, b"other", url=OURS.url, hashes=())
    bench.door.pages[FLASK] = make_project("flask", other)

    with pytest.raises(Corrupt):
        await bench.content(FileRef(FLASK, FILE, source=THERE))


async def test_door_that_states_no_digest_may_give_the_file(bench: Bench) -> None:
    """A directory listing has no digests; that of the trusted page decides."""
    bench.door.pages[FLASK] = make_project(
        "flask", make_file(NAME, url=OURS.url, hashes=(), size=None)
    )

    assert await bench.content(FileRef(FLASK, FILE, source=THERE)) == b"0123456789"


async def test_file_without_any_digest_comes_from_the_page_that_lists_it_alone(
    bench: Bench,
) -> None:
    """Nothing would tell whether the file of the same name is the same file."""
    unhashed = make_file(NAME, b"0123456789", hashes=())

    with pytest.raises(Unavailable, match="digest"):
        await bench.content(FileRef(FLASK, unhashed, source=THERE))


async def test_file_that_the_door_does_not_list_is_absent_there(bench: Bench) -> None:
    """Which is for the next door to make good."""
    bench.door.pages[FLASK] = make_project("flask")

    with pytest.raises(Absent):
        await bench.content(FileRef(FLASK, FILE, source=THERE))


async def test_metadata_is_beside_its_own_file(bench: Bench) -> None:
    """A mirror has the metadata file where it has the wheel."""
    assert await bench.links.metadata(FileRef(FLASK, FILE, source=HERE)) == FILE.url.encode()
    assert await bench.links.metadata(FileRef(FLASK, FILE, source=THERE)) == OURS.url.encode()


async def test_end_is_read_at_its_own_address(bench: Bench) -> None:
    """Readers of wheels begin there."""
    bench.door.blob = RangedBlob(b"0123456789")
    blob = await bench.links.file(FileRef(FLASK, FILE, source=THERE))
    assert isinstance(blob, HasTail)

    assert await blob.read_tail(3) == b"789"
    assert blob.size == 10


async def test_links_that_are_kept_are_bounded(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest page goes; the newest stays however long it is."""
    monkeypatch.setattr("wheelyard.repository.own_links._MAX_LINKS", 1)
    bench.door.pages["other"] = make_project("other", OURS)
    ref = FileRef(FLASK, FILE, source=THERE)
    await bench.content(ref)
    await bench.content(FileRef(ProjectName("other"), FILE, source=THERE))

    await bench.content(ref)

    assert bench.door.asked == [FLASK, "other", FLASK]
