"""A published tree made by hand, for those who serve it: no server, no publishing, no database.

It is laid out as ``wire/tree.py`` says, with views or without, and its pages are those that the
program would render. `TREE` has a project whose pages are large enough to be compressed, and one
whose HTML is not; a file with a `+` in its name, an sdist, metadata, and a provenance object.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote

import msgspec

from support.packages import Package, make_sdist, make_wheel
from wheelyard.model import File, Project, ProjectEntry, ProjectList
from wheelyard.names import Filename, ProjectName
from wheelyard.pages import PageLinks
from wheelyard.pages.render import Rendered, render_project, render_root
from wheelyard.wire import tree
from wheelyard.wire.negotiate import Encoding, Form

__all__ = ["TREE", "ServedTree", "write_served_tree"]

_PAGES: Sequence[tuple[Form, str]] = ((Form.HTML, "html"), (Form.JSON, "json"))
_CODINGS: Sequence[tuple[Encoding, str]] = (("gzip", ".gz"), ("zstd", ".zst"))


@dataclass(frozen=True, slots=True)
class ServedTree:
    """What is in a tree: archives, by project."""

    packages: Sequence[Package]

    def of(self, name: str) -> list[Package]:
        """Return the archives of a project."""
        return [each for each in self.packages if each.name == name]

    def names(self) -> list[str]:
        """Return the names of the projects."""
        return sorted({each.name for each in self.packages})

    def page(self, name: str) -> Rendered:
        """Return the page of a project, or the list for no name."""
        if not name:
            return render_root(ProjectList(tuple(ProjectEntry(each) for each in self.names())))
        files = tuple(file_of(each) for each in self.of(name))
        versions = tuple(dict.fromkeys(each.version for each in self.of(name)))
        return render_project(Project(ProjectName(name), files, versions), PageLinks())

    def path_of(self, filename: str) -> str:
        """Return where a file is in the tree; as on a disk, and not as in a link."""
        package = next(each for each in self.packages if each.filename == filename)
        link = PageLinks().file_url(ProjectName(package.name), file_of(package))
        return unquote(link.removeprefix("../../"))


def file_of(package: Package) -> File:
    """Return the line of a page about an archive."""
    metadata = package.metadata if package.is_wheel else None
    return File(
        Filename(package.filename),
        f"https://files.example/{package.filename}",
        (("sha256", sha256(package.content).hexdigest()),),
        size=package.size,
        requires_python=package.requires_python,
        core_metadata=None if metadata is None else (("sha256", sha256(metadata).hexdigest()),),
    )


TREE = ServedTree(
    [
        make_wheel("demo", "1.0", requires=["helper"], payload_bytes=20_000),
        make_wheel("demo", "2.0+local.1", requires=["helper", "big>=29"]),
        make_wheel("helper", "1.0"),
        make_sdist("from-source", "1.0"),
        *(make_wheel("big", f"{number}.0") for number in range(1, 31)),
    ]
)


def write_served_tree(folder: Path, contents: ServedTree = TREE, *, has_views: bool = True) -> None:
    """Write a tree; with views, `a` is the one that counts, and `b` has nothing."""
    view = folder / "views/a" if has_views else folder
    for name in ("", *contents.names()):
        _write_page(view / tree.page_folder(name), contents.page(name))
    for package in contents.packages:
        path = folder / contents.path_of(package.filename)
        _write(path, package.content)
        if package.metadata is not None and package.is_wheel:
            _write(path.with_name(f"{path.name}.metadata"), package.metadata)
    _write(folder / "integrity/demo/1.0/demo-1.0-py3-none-any.whl/provenance", b'{"version": 1}')
    _write(folder / ".wheelyard/draft", b"not yet")
    for other, content in _others():
        _write(view / other, content)
    if has_views:
        (folder / "views/b").mkdir()
        (folder / tree.CURRENT).symlink_to("views/a")
        for name in ("simple", "-", tree.INFO, tree.SNAPSHOT, tree.SNAPSHOT_DIGEST):
            (folder / name).symlink_to(f"{tree.CURRENT}/{name}")


def _others() -> Iterator[tuple[str, bytes]]:
    """Yield what there is under one name."""
    info = tree.TreeInfo(
        tree="0" * 32,
        index="main",
        instance="1" * 32,
        serial=7,
        created="2026-11-21T12:00:00Z",
        has_views=True,
        projects=len(TREE.names()),
        files=len(TREE.packages),
    )
    yield tree.INFO, msgspec.json.encode(info)
    yield tree.MANIFEST, b"a manifest\n"
    yield tree.PROJECTS, b"\x1f\x8bnot really"
    yield tree.SNAPSHOT, b"SQLite format 3\0"
    yield tree.SNAPSHOT_DIGEST, f"{'0' * 64}  {tree.SNAPSHOT}\n".encode()


def _write_page(folder: Path, rendered: Rendered) -> None:
    """Write both forms of a page, in each coding that it has."""
    for form, suffix in _PAGES:
        plain = rendered.variant(form, "identity")
        _write(folder / f"index.{suffix}", plain.body)
        for coding, ending in _CODINGS:
            packed = rendered.variant(form, coding)
            if packed is not plain:
                _write(folder / f"index.{suffix}{ending}", packed.body)


def _write(path: Path, content: bytes) -> None:
    """Write a file that anybody may read, whatever the umask says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o644)
