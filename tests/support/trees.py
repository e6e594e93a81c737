"""Published trees as small as they can be, written by other code than the program's own.

::

    async with running(settings(data), NO_PIP) as app:
        await write_tree(app, folder)

What is in a tree, and where, is said in ``wire/tree.py``.
"""

import gzip
import hashlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import anyio.to_thread
import msgspec

from wheelyard.access.signing_key import SigningKey, load_signing_key
from wheelyard.app import MAIN, App
from wheelyard.app.manifests import make_manifest
from wheelyard.names import Filename, IndexName, ProjectName, Sha256, filename_version
from wheelyard.pages.render import Rendered, render_project, render_root
from wheelyard.wire.manifest import (
    Entry,
    parse_entry,
    parse_start,
    render_entry,
    render_start,
    signed_part,
)
from wheelyard.wire.negotiate import Form
from wheelyard.wire.tree import INFO, MANIFEST, PROJECTS, TreeInfo, TreeProject

__all__ = ["entries_of", "pages_of", "put_projects", "rewrite_manifest", "write_tree"]

_LIFETIME_SECONDS = 86_400.0


async def write_tree(app: App, folder: Path, index: IndexName = MAIN) -> None:
    """Write what an index gives out, if nobody is asked, as a tree without views."""
    shown = app.indexes[index].held or app.indexes[index]
    repository, links = shown.chain.repository, shown.links
    listed = await repository.projects()
    _put_page(folder / "simple", render_root(listed))
    rows: list[TreeProject] = []
    for entry in listed.projects:
        name = ProjectName(entry.name.lower().replace("_", "-").replace(".", "-"))
        page = await repository.project(name)
        _put_page(folder / "simple" / name, render_project(page, links))
        rows.append(TreeProject(name, hosted=app.catalog.hosting.is_hosted_now(name)))
        for file in page.files:
            path = folder / unquote(links.file_url(name, file).removeprefix("../../"))
            blob = await repository.file(page.ref(file))
            _put(path, b"".join([chunk async for chunk in blob.read()]))
            if file.metadata_sha256:
                metadata = await repository.metadata(page.ref(file))
                content = b"".join([chunk async for chunk in metadata.read()])
                _put(path.with_name(f"{path.name}.metadata"), content)
            if file.provenance is not None:
                await _put_provenance(app, index, folder, (name, file.filename))
    made = await make_manifest(app, index, _LIFETIME_SECONDS)
    _put(folder / MANIFEST, made.path.read_bytes())
    lines = b"".join(msgspec.json.encode(row) + b"\n" for row in sorted(rows, key=_name))
    key = await anyio.to_thread.run_sync(load_signing_key, app.directory.path)
    put_projects(folder, lines, key)
    info = TreeInfo(
        tree="0123456789abcdef" * 2,
        index=index,
        instance=app.directory.instance,
        serial=made.head.serial,
        created=made.head.created,
        has_views=False,
        projects=len(rows),
        files=0,
    )
    _put(folder / INFO, msgspec.json.encode(info))


async def _put_provenance(
    app: App, index: IndexName, folder: Path, of: tuple[ProjectName, Filename]
) -> None:
    """Write the provenance object of a file."""
    name, filename = of
    answered = await app.indexes[index].chain.provenance(name, filename)
    version = filename_version(filename, name)
    _put(folder / f"integrity/{name}/{version}/{filename}/provenance", answered.value.body)


def entries_of(tree: Path) -> tuple[Entry, ...]:
    """Return what the manifest of a tree lists."""
    content = (tree / MANIFEST).read_bytes()
    lines = content[parse_start(content).size :].splitlines(keepends=True)
    return tuple(map(parse_entry, lines))


def pages_of(tree: Path) -> dict[str, bytes]:
    """Return every page of a tree, in both forms, by its path."""
    return dict(_pages(tree))


def _pages(tree: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted((tree / "simple").rglob("index.*")):
        if path.suffix in {".html", ".json"}:
            yield str(path.relative_to(tree)), path.read_bytes()


def rewrite_manifest(tree: Path, old: bytes, new: bytes) -> None:
    """Replace something in the manifest of a tree, and have its digest right; nobody signs it."""
    path = tree / MANIFEST
    content = path.read_bytes()
    start = parse_start(content)
    listing = content[start.size :].replace(old, new)
    head = msgspec.structs.replace(
        start.head,
        entries=listing.count(b"\n"),
        listing_bytes=len(listing),
        listing_sha256=hashlib.sha256(listing).hexdigest(),
    )
    path.write_bytes(render_start(head, start.signature) + listing)


def put_projects(tree: Path, lines: bytes, key: SigningKey) -> None:
    """Say whose the projects are; list that in the manifest of the tree, and sign it."""
    content = gzip.compress(lines, mtime=0)
    _put(tree / PROJECTS, content)
    path = tree / MANIFEST
    whole = path.read_bytes()
    start, listed = parse_start(whole), entries_of(tree)
    digest = Sha256(hashlib.sha256(content).hexdigest())
    kept = [each for each in listed if each.path != PROJECTS]
    listing = b"".join(map(render_entry, [*kept, Entry("file", PROJECTS, digest, len(content))]))
    head = msgspec.structs.replace(
        start.head,
        entries=len(kept) + 1,
        listing_bytes=len(listing),
        listing_sha256=hashlib.sha256(listing).hexdigest(),
    )
    path.write_bytes(render_start(head, key.sign(signed_part(head))) + listing)


def _put_page(folder: Path, rendered: Rendered) -> None:
    """Write both forms of a page."""
    for form, name in ((Form.HTML, "index.html"), (Form.JSON, "index.json")):
        _put(folder / name, rendered.variant(form, "identity").body)


def _put(path: Path, content: bytes) -> None:
    """Write a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _name(row: TreeProject) -> str:
    return row.name
