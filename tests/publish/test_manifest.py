"""Making a manifest: what it lists, and how it is put together."""

import io
from pathlib import Path

import pytest

from publish.made import DAY, KEY, NOW, make_manifest
from wheelyard.blobs import Blob, DiskThreads, HeldBlob
from wheelyard.clock import Instant
from wheelyard.errors import Unavailable
from wheelyard.model import File, FileRef, Project, ProjectEntry, ProjectList
from wheelyard.names import Filename, ProjectName, Sha256
from wheelyard.pages import PageLinks
from wheelyard.publish.manifest import About, Listing, list_index, page_path, write_manifest
from wheelyard.wire.manifest import Entry, parse_entry, parse_start

pytestmark = pytest.mark.anyio

CONTENT = HeldBlob(Sha256("ef" * 32), 11, Path("nowhere"), DiskThreads())
ABOUT = About("main", "instance", 7, NOW, Instant(NOW + DAY))


def file(name: str, **facts: object) -> File:
    """Return a file at PyPI's kind of address."""
    digest = "12" * 32
    url = f"http://files.example/packages/{digest[:2]}/{digest[2:4]}/{digest[4:]}/{name}"
    return File(Filename(name), url, **facts)  # type: ignore[arg-type]  # any fact


class Shown:
    """A repository of a few projects; `lost` files are not there."""

    def __init__(self, *projects: Project) -> None:
        """Have these projects."""
        self.pages = {project.name: project for project in projects}
        self.is_lost = False

    async def projects(self) -> ProjectList:
        """Return them all, in an order of their own."""
        return ProjectList(tuple(ProjectEntry(name.upper()) for name in self.pages))

    async def project(self, name: ProjectName) -> Project:
        """Return one."""
        return self.pages[name]

    async def file(self, ref: FileRef) -> Blob:
        """Return a file."""
        if self.is_lost:
            raise Unavailable(ref.file.filename, "it is lost")
        return CONTENT

    async def metadata(self, ref: FileRef) -> Blob:
        """Return nothing: nobody asks."""
        raise Unavailable(ref.file.filename)


def page(name: str, *files: File) -> Project:
    """Return a page."""
    return Project(ProjectName(name), files)


STATED = {"hashes": (("sha256", "ab" * 32),), "size": 5}


async def lines(repository: Shown) -> list[Entry]:
    """Return what is listed."""
    with io.BytesIO() as out:
        listing = Listing(out)
        await list_index(repository, PageLinks(), listing)
        found = [parse_entry(line) for line in out.getvalue().splitlines(keepends=True)]
        assert (listing.entries, listing.size) == (len(found), len(out.getvalue()))
        return found


async def test_listing_is_in_the_order_of_names() -> None:
    """Whatever the order of the list and of the pages: the same index, the same bytes."""
    zope = page("zope", file("zope-2.zip", **STATED), file("zope-1.zip", **STATED))
    listed = await lines(Shown(zope, page("acme", file("acme-1.zip", **STATED))))

    names = [entry.path.rpartition("packages/")[2][-10:] for entry in listed]
    assert [entry.path for entry in listed if entry.kind == "json"] == [
        *("simple/", "simple/acme/", "simple/zope/")
    ]
    assert names[-2:] == ["zope-1.zip", "zope-2.zip"]
    again = await lines(Shown(page("acme", file("acme-1.zip", **STATED)), zope))
    assert listed[2:] == again[2:]  # the list itself is in the order of the index


async def test_metadata_are_listed_where_their_digest_is_stated() -> None:
    """Beside their file."""
    wheel = file("a-1-py3-none-any.whl", core_metadata=(("sha256", "cd" * 32),), **STATED)

    listed = await lines(Shown(page("a", wheel)))

    assert listed[-1] == Entry("metadata", f"{listed[-2].path}.metadata", Sha256("cd" * 32))


async def test_file_without_stated_facts_is_looked_at() -> None:
    """Its digest and its size are those of the bytes."""
    shown = Shown(page("a", file("a-1.zip")))

    assert (await lines(shown))[-1].size == CONTENT.size
    assert (await lines(shown))[-1].sha256 == CONTENT.sha256
    shown.is_lost = True
    with pytest.raises(Unavailable, match="lost"):
        await lines(shown)


async def test_listing_that_cannot_be_written_is_said() -> None:
    """Not half a manifest."""

    class Full(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError(28, "No space left on device")

    with pytest.raises(Unavailable, match="No space left"):
        await list_index(Shown(page("a")), PageLinks(), Listing(Full()))


def test_manifest_is_the_same_for_the_same(tmp_path: Path) -> None:
    """Byte for byte, signature and all."""
    entries = [Entry("file", "packages/a", Sha256("ab" * 32), 1)]
    for name in ("a", "b"):
        make_manifest(tmp_path / name, entries)

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_manifest_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    """If it cannot be written, the one before stays, and nothing beside it."""
    path = tmp_path / "manifest"
    make_manifest(path)
    before = path.read_bytes()

    class Broken(io.BytesIO):
        def read(self, _: int | None = -1) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Input/output error"):
        write_manifest(Listing(Broken()), ABOUT, KEY, path)

    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["manifest"]


def test_head_says_when_in_whole_seconds(tmp_path: Path) -> None:
    """In UTC."""
    about = About("main", "instance", 7, Instant(NOW + 0.9), Instant(NOW + DAY))
    with io.BytesIO() as out:
        write_manifest(Listing(out), about, KEY, tmp_path / "manifest")

    head = parse_start((tmp_path / "manifest").read_bytes()).head
    assert (head.created, head.expires) == ("2026-09-21T14:13:20Z", "2026-09-22T14:13:20Z")


def test_page_is_below_the_index() -> None:
    """Where installers look for it."""
    assert page_path(ProjectName("demo")) == "simple/demo/"
