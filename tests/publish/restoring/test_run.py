"""Restoring a tree project by project: what is wrong with one is its own."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from publish.restoring.in_memory import MemoryTree, tree_of
from wheelyard.blobs import DiskThreads, IncomingParts, LocalBlobs, Quarantine, SpoolBudget
from wheelyard.catalog import Actor, Catalog, open_catalog
from wheelyard.clock import FrozenClock
from wheelyard.errors import Corrupt, Unavailable
from wheelyard.model import File, Project, ProjectEntry, ProjectList
from wheelyard.names import Filename, ProjectName, Sha256
from wheelyard.pages import PageLinks
from wheelyard.pages.render import Rendered, render_project, render_root
from wheelyard.publish.restoring.opening import open_published
from wheelyard.publish.restoring.report import Report
from wheelyard.publish.restoring.run import RestoreParts, restore_tree
from wheelyard.wire.manifest import Entry, parse_entry, parse_start
from wheelyard.wire.negotiate import Form
from wheelyard.wire.tree import MANIFEST

pytestmark = pytest.mark.anyio

OWNER, BOB = "hosted:main", Actor("bob")
NAMES = [ProjectName(f"project-{number:03}") for number in range(30)]


@pytest.fixture
def catalog(tmp_path: Path, clock: FrozenClock) -> Iterator[Catalog]:
    """Open an empty catalog."""
    with open_catalog(tmp_path, clock) as opened:
        yield opened


@pytest.fixture
def parts(tmp_path: Path, catalog: Catalog, clock: FrozenClock) -> RestoreParts:
    """Return where everything goes: all but `project-000` to an upstream."""
    folders = [tmp_path / name for name in ("blobs", "spool", "quarantine")]
    for folder in folders:
        folder.mkdir()
    disk = DiskThreads()
    store = LocalBlobs(folders[0], folders[1], disk, Quarantine(folders[2]))
    budget = SpoolBudget(folders[1], max_bytes=10**9, min_free_bytes=0)
    incoming = IncomingParts(store, budget, disk, folders[1])
    return RestoreParts(catalog, incoming, clock, BOB, OWNER, lambda _: "default", lambda _: False)


def content_of(name: ProjectName) -> bytes:
    """Return the bytes of the one file of a project."""
    return f"content of {name}".encode()


def page_of(name: ProjectName) -> Project:
    """Return a page with one file."""
    content = content_of(name)
    file = File(
        Filename(f"{name}-1.0.tar.gz"),
        "",
        hashes=(("sha256", sha256(content).hexdigest()),),
        size=len(content),
        upload_time="2026-01-01T00:00:00.000000Z",
        core_metadata=False,
    )
    return Project(name, files=(file,), versions=("1.0",))


def made(*hosted: str) -> MemoryTree:
    """Return a tree of thirty projects, of which some are our own."""
    listed = ProjectList(tuple(ProjectEntry(name) for name in NAMES))
    entries, objects = put_page("simple/", render_root(listed))
    for name in NAMES:
        page, links = page_of(name), PageLinks()
        more, written = put_page(f"simple/{name}/", render_project(page, links))
        path = links.file_url(name, page.files[0]).removeprefix("../../")
        digest = page.files[0].sha256
        assert digest is not None
        entries += [*more, Entry("file", path, digest, page.files[0].size)]
        objects |= {**written, path: content_of(name)}
    return tree_of(entries, objects, *hosted)


def put_page(path: str, rendered: Rendered) -> tuple[list[Entry], dict[str, bytes]]:
    """Return the lines of a page, and its objects."""
    bodies = {
        "html": rendered.variant(Form.HTML, "identity").body,
        "json": rendered.variant(Form.JSON, "identity").body,
    }
    entries = [
        Entry("html", path, Sha256(sha256(bodies["html"]).hexdigest()), len(bodies["html"])),
        Entry("json", path, Sha256(sha256(bodies["json"]).hexdigest()), len(bodies["json"])),
    ]
    return entries, {f"{path}index.{form}": body for form, body in bodies.items()}


async def restored(tree: MemoryTree, parts: RestoreParts, tmp_path: Path) -> Report:
    """Restore a tree."""
    opened = await open_published(tree, tmp_path, None)
    return await restore_tree(opened, parts, lambda _: None)


async def test_every_project_becomes_whose_it_was(parts: RestoreParts, tmp_path: Path) -> None:
    """Several at a time, all in the end."""
    report = await restored(made(NAMES[0], NAMES[1]), parts, tmp_path)

    assert (report.hosted, report.held, report.fetched, report.wrong) == (2, 28, 30, 0)
    assert await parts.catalog.pages.names("default") == tuple(NAMES[2:])
    assert [row.project for row in await parts.catalog.hosting.projects(OWNER)] == NAMES[:2]


async def test_name_that_is_ours_by_the_rules_is_ours(parts: RestoreParts, tmp_path: Path) -> None:
    """Whatever a tree says, which somebody may have changed."""
    rules = RestoreParts(
        parts.catalog, parts.incoming, parts.clock, BOB, OWNER,
        parts.owner_of, lambda name: name == NAMES[5],
    )  # fmt: skip

    report = await restored(made(), rules, tmp_path)

    assert report.hosted == 1
    assert parts.catalog.hosting.is_hosted_now(NAMES[5])


async def test_upstream_that_is_not_there_is_said(parts: RestoreParts, tmp_path: Path) -> None:
    """An index without one cannot have copies of it."""
    alone = RestoreParts(
        parts.catalog, parts.incoming, parts.clock, BOB, OWNER, lambda _: None, lambda _: False
    )

    report = await restored(made(NAMES[0]), alone, tmp_path)

    assert (report.hosted, report.held, report.wrong) == (1, 0, 29)
    assert "this index has none for it" in report.differences[0].reason


async def test_what_cannot_be_read_now_costs_only_itself(
    parts: RestoreParts, tmp_path: Path
) -> None:
    """A page and a file; the same tree brings them when it can be read again."""
    tree = made()
    path = next(path for path in tree.objects if f"{NAMES[3]}-1.0" in path)
    tree.broken = {f"simple/{NAMES[7]}/index.json", path}

    report = await restored(tree, parts, tmp_path)
    tree.broken = set()
    again = await restored(tree, parts, tmp_path)

    assert (report.held, report.fetched, report.wrong) == (29, 28, 2)
    assert all("the network is away" in each.reason for each in report.differences)
    assert (again.fetched, again.present, again.wrong) == (2, 28, 0)


async def test_disk_that_takes_nothing_ends_it(
    parts: RestoreParts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing else would fare better."""

    def fail(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(parts.incoming.store, "put_many_now", fail)

    with pytest.raises(Unavailable, match="the disk is full"):
        await restored(made(), parts, tmp_path)


async def test_list_that_is_not_the_manifests_ends_it(parts: RestoreParts, tmp_path: Path) -> None:
    """Without the list nobody knows what there is."""
    tree = made()
    tree.objects["simple/index.json"] += b" "

    with pytest.raises(Corrupt, match="expected what the manifest says"):
        await restored(tree, parts, tmp_path)


async def test_project_that_only_the_list_has_is_said(parts: RestoreParts, tmp_path: Path) -> None:
    """The manifest is what is worked through, so somebody cut a project out of it."""
    tree = made()
    entries = [entry for entry in entries_of(tree) if NAMES[4] not in entry.path]

    report = await restored(tree_of(entries, contents_of(tree)), parts, tmp_path)

    assert [each.path for each in report.differences] == [f"simple/{NAMES[4]}/"]


async def test_file_that_only_the_manifest_has_is_said(parts: RestoreParts, tmp_path: Path) -> None:
    """And one that only the page has is not taken."""
    tree = made()
    moved = next(entry for entry in entries_of(tree) if entry.kind == "file")
    entries = [
        Entry("file", f"{moved.path}x", moved.sha256, moved.size) if entry == moved else entry
        for entry in entries_of(tree)
    ]

    report = await restored(tree_of(entries, contents_of(tree)), parts, tmp_path)

    reasons = sorted(each.reason for each in report.differences)
    assert reasons == [
        "the manifest does not list it",
        "the manifest lists it, and its page does not",
    ]


def entries_of(tree: MemoryTree) -> list[Entry]:
    """Return the lines of a manifest."""
    content = tree.objects[MANIFEST]
    return [*map(parse_entry, content[parse_start(content).size :].splitlines(keepends=True))]


def contents_of(tree: MemoryTree) -> dict[str, bytes]:
    """Return pages and files."""
    return {
        path: content
        for path, content in tree.objects.items()
        if path.startswith(("simple/", "packages/"))
    }
