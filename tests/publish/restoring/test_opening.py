"""Opening a tree: it is input like any other, and nothing of it is believed before its time."""

import gzip
import json
import zlib
from pathlib import Path

import anyio
import pytest

from publish.restoring.in_memory import MemoryTree, manifest_of, tree_of
from wheelyard.access.signing_key import SigningKey
from wheelyard.clock import Instant
from wheelyard.errors import BadInput, Corrupt, Unavailable
from wheelyard.names import Sha256
from wheelyard.publish.restoring.opening import Opened, Trusted, open_published
from wheelyard.publish.restoring.plan import ROOT
from wheelyard.publish.trust import Seen
from wheelyard.wire.manifest import Entry, parse_start, render_start, signed_part
from wheelyard.wire.tree import CURRENT, INFO, MANIFEST, PROJECTS

pytestmark = pytest.mark.anyio

DIGEST = Sha256("ab" * 32)
LIST = [Entry("html", "simple/", DIGEST, 1), Entry("json", "simple/", DIGEST, 1)]
KEY = SigningKey(bytes(32))
IN_TIME, LATER = Instant(1_770_000_000.0), Instant(1e10)


async def opened(tree: MemoryTree, folder: Path, trusted: Trusted | None = None) -> Opened:
    """Return a tree that was opened."""
    return await open_published(tree, folder, trusted)


def signed(tree: MemoryTree) -> MemoryTree:
    """Sign the manifest of a tree."""
    content = tree.objects[MANIFEST]
    start = parse_start(content)
    head = json.loads(signed_part(start.head).splitlines()[1])
    named = type(start.head)(**{**head, "key": KEY.public.name})
    whole = render_start(named, KEY.sign(signed_part(named))) + content[start.size :]
    return MemoryTree({**tree.objects, MANIFEST: whole})


def trusted_at(now: Instant, folder: Path, *, allows_expired: bool = False) -> Trusted:
    """Return whose signature counts."""
    keys = {KEY.public.name: KEY.public}
    return Trusted(keys, Seen(folder / "seen.json"), now, allows_expired)


async def test_tree_says_what_it_is_and_whose_its_projects_are(tmp_path: Path) -> None:
    """In three objects, each of them bounded."""
    found = await opened(tree_of(LIST, None, "acme", "other"), tmp_path)

    pages = await anyio.to_thread.run_sync(lambda: list(found.pages()))
    assert found.info.index == found.head.index == "main"
    assert found.hosted == {"acme", "other"}
    assert [page.name for page in pages] == [ROOT]
    assert not found.is_signed


@pytest.mark.parametrize("view", ["a", "b"])
async def test_view_that_counts_is_read_by_its_own_name(tmp_path: Path, view: str) -> None:
    """A publish that switches meanwhile changes nothing of it."""
    whole = tree_of(LIST).objects
    objects = {f"views/{view}/{path}": content for path, content in whole.items()}
    tree = MemoryTree({**objects, CURRENT: view.encode() + b"\n"})

    found = await opened(tree, tmp_path)

    assert found.place("simple/index.json") == f"views/{view}/simple/index.json"


async def test_link_that_reads_as_something_else_is_not_a_view(tmp_path: Path) -> None:
    """A web server shows a page of its own for a folder."""
    found = await opened(tree_of(LIST, {CURRENT: b"<html>Index of current"}), tmp_path)

    assert found.place("x") == "x"


async def test_signed_tree_counts(tmp_path: Path) -> None:
    """And is remembered, so that nobody can bring an older one."""
    found = await opened(signed(tree_of(LIST)), tmp_path, trusted_at(IN_TIME, tmp_path))

    assert found.is_signed
    assert await anyio.Path(tmp_path / "seen.json").exists()


async def test_unsigned_tree_does_not_count_for_who_has_a_key(tmp_path: Path) -> None:
    """Nothing of it is read further."""
    tree = tree_of(LIST)

    with pytest.raises(Corrupt, match="none of those that are trusted"):
        await opened(tree, tmp_path, trusted_at(IN_TIME, tmp_path))

    assert PROJECTS not in tree.asked


async def test_expired_tree_counts_if_somebody_says_so(tmp_path: Path) -> None:
    """After a disaster there may be no newer one."""
    tree = signed(tree_of(LIST))

    with pytest.raises(Corrupt, match="has expired"):
        await opened(tree, tmp_path, trusted_at(LATER, tmp_path))
    found = await opened(tree, tmp_path, trusted_at(LATER, tmp_path, allows_expired=True))

    assert found.is_signed


async def test_cut_manifest_is_refused(tmp_path: Path) -> None:
    """Also where nobody looks at its signature."""
    tree = tree_of(LIST)
    tree.objects[MANIFEST] = tree.objects[MANIFEST][:-1]

    with pytest.raises(Corrupt, match="not whole"):
        await opened(tree, tmp_path)


async def test_manifest_of_another_index_is_refused(tmp_path: Path) -> None:
    """Both are signed, perhaps, and only one is of this tree."""
    tree = tree_of(LIST, {MANIFEST: manifest_of(LIST, index="staging")})

    with pytest.raises(Corrupt, match="expected one of `main`"):
        await opened(tree, tmp_path)


WRONG = {
    "no description": (INFO, None, "is no published tree"),
    "another format": (INFO, b'{"format":2}', "format 2"),
    "no manifest": (MANIFEST, None, "nothing says whether it is whole"),
    "no manifest at all": (MANIFEST, b"<html>", "is no manifest"),
    "no projects": (PROJECTS, None, "nothing says whose"),
    "projects that are none": (PROJECTS, b"plain", "cannot be read"),
    "cut projects": (PROJECTS, gzip.compress(b'{"name":"a"}\n' * 99)[:-9], "not whole"),
    "a bomb": (PROJECTS, zlib.compress(bytes(10**7), wbits=31), "cannot be read"),
    "a name that is none": (PROJECTS, gzip.compress(b'{"name":"../x","hosted":true}\n'), "name"),
    "a line that is none": (PROJECTS, gzip.compress(b'{"name":1}\n'), "cannot be read"),
    "a long description": (INFO, b" " * 100_000, "too long"),
}


@pytest.mark.parametrize("what", [*WRONG])
async def test_what_is_no_tree_is_refused(tmp_path: Path, what: str) -> None:
    """Each with its sentence."""
    path, content, told = WRONG[what]
    tree = tree_of(LIST)
    tree.objects.pop(path)
    if content is not None:
        tree.objects[path] = content

    with pytest.raises(BadInput, match=told):
        await opened(tree, tmp_path)


async def test_whose_projects_are_is_vouched_for_by_the_manifest(tmp_path: Path) -> None:
    """Who says that a name of ours is somebody else's has us ask strangers for it."""
    tree = tree_of(LIST, None, "acme")
    tree.objects[PROJECTS] = gzip.compress(b'{"name":"acme"}\n')

    with pytest.raises(Corrupt, match="expected what the manifest says"):
        await opened(tree, tmp_path)


async def test_manifest_that_says_nothing_of_projects_is_refused(tmp_path: Path) -> None:
    """A tree whose manifest was cut there, or that another program has made."""
    tree = tree_of(LIST, {MANIFEST: manifest_of(LIST)})

    with pytest.raises(BadInput, match="nothing vouches for whose its projects are"):
        await opened(tree, tmp_path)


async def test_tree_that_cannot_be_read_is_another_matter(tmp_path: Path) -> None:
    """Nobody can tell whether it is one."""
    tree = tree_of(LIST)
    tree.broken.add(INFO)

    with pytest.raises(Unavailable, match="the network is away"):
        await opened(tree, tmp_path)
