"""What is held, and nothing else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from blobs.fakes import Program, digest_of, program, read_all
from support.fakes import make_file, make_project, opened_catalog
from wheelyard.blobs import Blob
from wheelyard.catalog import Actor, Catalog, LedgerRow, PageRow
from wheelyard.catalog.pins import pin_of
from wheelyard.clock import FrozenClock, Instant
from wheelyard.errors import Absent, Unavailable
from wheelyard.model import File, FileRef, Knowledge, Project, ProjectEntry, ProjectList
from wheelyard.model import ProjectStatus as Status
from wheelyard.names import ProjectName, Sha256
from wheelyard.repository.base import DocumentWanted
from wheelyard.repository.held_only import HeldDocuments, HeldOnly, HeldParts
from wheelyard.repository.keepers import KeptDocument
from wheelyard.repository.keeping import Answered

pytestmark = pytest.mark.anyio

DEMO = ProjectName("demo")
DAY = Instant(86_400.0)
METADATA = b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"
OLD, NEW = (make_file(f"demo-{version}.tar.gz", version.encode()) for version in ("1.0", "2.0"))
WHEEL = make_file(
    "demo-1.0-py3-none-any.whl", b"wheel", core_metadata=(("sha256", digest_of(METADATA)),)
)
STALE = Knowledge(checked_at=1.0, fresh_until=2.0, revision=7, how="stale", source="door")


@dataclass(slots=True)
class Whole:
    """A repository of everything. Of wheels in ``unpacked`` it can tell the metadata."""

    run: Program
    pages: dict[str, Project] = field(default_factory=dict)
    unpacked: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    async def projects(self) -> ProjectList:
        """Return the names of all pages."""
        return ProjectList(tuple(ProjectEntry(name) for name in self.pages))

    async def project(self, name: ProjectName) -> Project:
        """Return a page."""
        if name not in self.pages:
            raise Unavailable(f"`{name}`", "nobody is asked")
        return self.pages[name]

    async def file(self, ref: FileRef) -> Blob:
        """Return a file that is held."""
        self.asked.append(ref.file.filename)
        held = await self.run.store.find(digest_of_file(ref.file))
        assert held is not None
        return held

    async def metadata(self, ref: FileRef) -> Blob:
        """Return the metadata of a wheel."""
        self.asked.append(f"{ref.file.filename}.metadata")
        if ref.file.metadata_sha256 is None:
            raise Absent(f"`{ref.file.filename}.metadata`")
        if ref.file.filename in self.unpacked:
            await self.run.store.put(METADATA)
        held = await self.run.store.find(ref.file.metadata_sha256)
        if held is None:
            raise Unavailable(f"`{ref.file.filename}.metadata`")
        return held


def digest_of_file(file: File) -> Sha256:
    """Return the digest that is stated for a file."""
    assert file.sha256 is not None
    return file.sha256


@dataclass(frozen=True, slots=True)
class Bench:
    """What is tested, and what it stands on."""

    view: HeldOnly
    whole: Whole
    catalog: Catalog
    run: Program

    def lists(self, *files: File, **changes: object) -> None:
        """Have the whole page list ``files``."""
        page = make_project(DEMO, *files, serial=42)
        self.whole.pages[DEMO] = msgspec.structs.replace(page, known=STALE, **changes)

    async def holds(self, file: File, content: bytes, name: ProjectName = DEMO) -> None:
        """Have a file in the store, and written down."""
        digest = await self.run.store.put(content)
        assert digest == file.sha256
        row = LedgerRow("main", name, file.filename, digest, len(content), DAY, "index.example")
        await self.catalog.held.keep(row)

    async def names(self) -> list[str]:
        """Return the file names on the page."""
        return [file.filename for file in (await self.view.project(DEMO)).files]


@asynccontextmanager
async def opened_bench(path: Path, clock: FrozenClock) -> AsyncIterator[Bench]:
    """Yield a view of nothing."""
    async with program(path) as run, opened_catalog(path, clock) as catalog:
        parts = HeldParts("main", catalog, run.store, run.fills.parts.disk, clock)
        whole = Whole(run)
        yield Bench(HeldOnly(whole, parts), whole, catalog, run)


@pytest.fixture
async def bench(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Bench]:
    """Yield a view of nothing."""
    async with opened_bench(tmp_path, clock) as opened:
        yield opened


# --- pages ---------------------------------------------------------------------------------------


async def test_page_lists_held_files_and_no_others(bench: Bench) -> None:
    """C-112: a resolver chooses what can be installed."""
    bench.lists(OLD, NEW)
    await bench.holds(OLD, b"1.0")

    assert await bench.names() == [OLD.filename]


async def test_page_names_the_versions_of_held_files(bench: Bench) -> None:
    """Spelled as the owner does; one of a file that is not here would be chosen in vain."""
    bench.lists(OLD, NEW, versions=("1", "2.0"))
    await bench.holds(OLD, b"1.0")

    assert (await bench.view.project(DEMO)).versions == ("1",)


async def test_page_is_fresh_and_nobodys_copy(bench: Bench, clock: FrozenClock) -> None:
    """It says what is here now: not stale, no serial, and looked at again a second later."""
    bench.lists(OLD)
    await bench.holds(OLD, b"1.0")

    page = await bench.view.project(DEMO)

    assert page.serial is None
    assert page.known == Knowledge(checked_at=clock.now(), fresh_until=clock.now() + 1.0)


async def test_page_notices_what_another_process_fetched(bench: Bench) -> None:
    """Filling needs no restart."""
    bench.lists(OLD, NEW)
    await bench.holds(OLD, b"1.0")
    await bench.names()

    await bench.holds(NEW, b"2.0")

    assert await bench.names() == [OLD.filename, NEW.filename]


@pytest.mark.parametrize("loss", ["gone", "cut short"])
async def test_file_that_left_the_store_is_not_listed(bench: Bench, loss: str) -> None:
    """The disk is believed, not what was written down."""
    bench.lists(OLD, NEW)
    await bench.holds(OLD, b"1.0")
    await bench.holds(NEW, b"2.0")
    path = bench.run.store.path(digest_of(b"2.0"))
    path.unlink() if loss == "gone" else path.write_bytes(b"2")

    assert await bench.names() == [OLD.filename]


@pytest.mark.parametrize("listed", [make_file(OLD.filename, b"other"), make_file("demo-3.0.zip")])
async def test_page_without_held_files_is_unavailable(bench: Bench, listed: File) -> None:
    """An empty page would say that there is nothing, and other bytes are another file."""
    bench.lists(listed)
    await bench.holds(OLD, b"1.0")

    with pytest.raises(Unavailable, match="`demo` cannot be had now: none of its files is held"):
        await bench.view.project(DEMO)


async def test_page_that_its_owner_has_empty_is_empty(bench: Bench) -> None:
    """That is what the owner said."""
    bench.lists(versions=("1.0",))

    page = await bench.view.project(DEMO)

    assert (page.files, page.versions) == ((), ("1.0",))


async def test_quarantined_page_says_so(bench: Bench) -> None:
    """A takedown wins over everything, held files or not."""
    bench.lists(OLD, status=Status("quarantined"))

    page = await bench.view.project(DEMO)

    assert (page.files, page.status.status) == ((), "quarantined")


async def test_page_that_is_not_held_is_unavailable(bench: Bench) -> None:
    """Nobody can say whether there is such a project."""
    with pytest.raises(Unavailable):
        await bench.view.project(DEMO)


# --- metadata ------------------------------------------------------------------------------------


async def test_held_metadata_are_promised(bench: Bench) -> None:
    """Both are here: nothing has to be looked into."""
    bench.lists(WHEEL)
    await bench.holds(WHEEL, b"wheel")
    await bench.run.store.put(METADATA)

    page = await bench.view.project(DEMO)

    assert page.files == (WHEEL,)
    assert bench.whole.asked == []


async def test_metadata_inside_a_held_wheel_are_taken_out(bench: Bench) -> None:
    """Then they are here, and the next page costs nothing."""
    bench.lists(WHEEL)
    bench.whole.unpacked.add(WHEEL.filename)
    await bench.holds(WHEEL, b"wheel")
    await bench.view.project(DEMO)

    page = await bench.view.project(DEMO)

    assert page.files == (WHEEL,)
    assert bench.whole.asked == [f"{WHEEL.filename}.metadata"]


async def test_metadata_that_cannot_be_had_are_not_promised(bench: Bench) -> None:
    """Installers take a missing metadata file as the end of the run."""
    bench.lists(WHEEL)
    await bench.holds(WHEEL, b"wheel")

    page = await bench.view.project(DEMO)

    assert [file.core_metadata for file in page.files] == [None]


async def test_metadata_are_given_if_they_or_their_wheel_are_held(bench: Bench) -> None:
    """Whatever the page says by now: a client may have the one from before."""
    ref = FileRef(DEMO, WHEEL)
    with pytest.raises(Unavailable, match="offline mode"):
        await bench.view.metadata(ref)
    await bench.holds(WHEEL, b"wheel")
    bench.whole.unpacked.add(WHEEL.filename)

    out_of_the_wheel = await read_all(await bench.view.metadata(ref))
    bench.run.store.path(digest_of(b"wheel")).unlink()
    without_it = await read_all(await bench.view.metadata(ref))

    assert out_of_the_wheel == without_it == METADATA


async def test_metadata_that_no_page_promised_are_absent(bench: Bench) -> None:
    """That is certain, whoever is asked."""
    with pytest.raises(Absent):
        await bench.view.metadata(FileRef(DEMO, OLD))


# --- files ---------------------------------------------------------------------------------------


async def test_held_file_is_given(bench: Bench) -> None:
    """By the repository beneath, which sees to the rest."""
    await bench.holds(OLD, b"1.0")

    blob = await bench.view.file(FileRef(DEMO, OLD))

    assert await read_all(blob) == b"1.0"


@pytest.mark.parametrize("file", [NEW, msgspec.structs.replace(NEW, hashes=())])
async def test_file_that_is_not_held_is_unavailable(bench: Bench, file: File) -> None:
    """No download is begun: its source would be asked."""
    with pytest.raises(Unavailable, match=r"`demo-2\.0\.tar\.gz` cannot be had now: it is not"):
        await bench.view.file(FileRef(DEMO, file))

    assert bench.whole.asked == []


# --- the list ------------------------------------------------------------------------------------


async def test_list_has_the_projects_that_are_held(bench: Bench) -> None:
    """A page without files cannot be installed, nor can a file without its page."""
    for name in ("demo", "pages-only"):
        await bench.catalog.pages.save(PageRow("main", ProjectName(name), "door", DAY, DAY))
    await bench.holds(OLD, b"1.0")
    await bench.holds(NEW, b"2.0", ProjectName("files-only"))

    listed = await bench.view.projects()

    assert listed.projects == (ProjectEntry("demo"),)
    assert listed.serial is None


async def test_list_has_what_is_pinned_though_its_page_is_gone(bench: Bench) -> None:
    """Its owner has deleted it; who mirrors from us wants it all the same."""
    await bench.holds(OLD, b"1.0")
    pin = pin_of("main", FileRef(DEMO, OLD), "app", "ada", DAY)
    await bench.catalog.pins.add([pin], Actor("ada"))

    listed = await bench.view.projects()

    assert listed.projects == (ProjectEntry("demo"),)


async def test_list_of_nothing_is_unavailable(bench: Bench) -> None:
    """An empty list would say that the index is empty."""
    with pytest.raises(Unavailable, match="The project list cannot be had now: nothing is held"):
        await bench.view.projects()


# --- documents -----------------------------------------------------------------------------------


class Shelf:
    """Has every document."""

    async def document(self, wanted: DocumentWanted) -> Answered[KeptDocument]:
        """Return a document."""
        return Answered(KeptDocument(wanted.name.encode()), STALE)


async def test_document_of_the_json_api_is_left_to_be_made() -> None:
    """Its owner's tells of versions that are not here."""
    with pytest.raises(Unavailable, match="tells of more than is held"):
        await HeldDocuments(Shelf()).document(DocumentWanted("json", "demo"))


async def test_provenance_is_what_its_owner_gave() -> None:
    """It is about one file, and that does not change."""
    answered = await HeldDocuments(Shelf()).document(DocumentWanted("provenance", "demo/x"))

    assert answered.value.body == b"demo/x"


async def test_page_is_shown_without_reading_its_files(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hundreds of large wheels would take longer to read than a client waits for a page."""
    bench.lists(OLD)
    await bench.holds(OLD, b"1.0")

    def read(*_: object) -> None:
        raise AssertionError("the file was read for its page")

    monkeypatch.setattr("wheelyard.blobs.local.read_whole", read)

    assert await bench.names() == [OLD.filename]
