"""Fetching a published snapshot."""

import hashlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from wheelyard.errors import Absent, BadInput, Corrupt, Unavailable
from wheelyard.publish.snapshot.fetching import fetch_snapshot, parse_digest_line

pytestmark = pytest.mark.anyio

DIGEST = hashlib.sha256(b"content").hexdigest()


def files_in(folder: Path) -> list[Path]:
    """Return what is in a directory."""
    return list(folder.iterdir())


@dataclass(slots=True)
class Tree:
    """A published tree in memory."""

    objects: dict[str, bytes] = field(default_factory=dict)
    reads: list[str] = field(default_factory=list)
    url: str = "s3://bucket/tree"

    def publish(self, content: bytes, digest: str = "") -> None:
        """Have a snapshot, with its digest beside it."""
        stated = digest or hashlib.sha256(content).hexdigest()
        self.objects["snapshot.sqlite"] = content
        self.objects["snapshot.sqlite.sha256"] = f"{stated}  snapshot.sqlite\n".encode()

    async def get(self, path: str, max_bytes: int) -> bytes | None:
        """Return an object."""
        found = self.objects.get(path)
        assert found is None or len(found) <= max_bytes
        return found

    async def read(self, path: str) -> AsyncIterator[bytes]:
        """Yield an object byte by byte."""
        self.reads.append(path)
        for number in self.objects[path]:
            yield bytes([number])


async def test_snapshot_is_fetched_once(tmp_path: Path) -> None:
    """And found again by its digest."""
    tree = Tree()
    tree.publish(b"content")
    first = await fetch_snapshot(tree, tmp_path / "kept")
    second = await fetch_snapshot(tree, tmp_path / "kept")

    assert (first, first.read_bytes()) == (second, b"content")
    assert tree.reads == ["snapshot.sqlite"]


async def test_new_snapshot_takes_the_place_of_the_old(tmp_path: Path) -> None:
    """The old one is not kept: they are large."""
    tree = Tree()
    tree.publish(b"content")
    await fetch_snapshot(tree, tmp_path)
    tree.publish(b"new content")
    path = await fetch_snapshot(tree, tmp_path)

    assert path.read_bytes() == b"new content"
    assert files_in(tmp_path) == [path]


async def test_damaged_copy_is_fetched_again(tmp_path: Path) -> None:
    """What is kept is checked each time."""
    tree = Tree()
    tree.publish(b"content")
    path = await fetch_snapshot(tree, tmp_path)
    path.write_bytes(b"c0ntent")
    await fetch_snapshot(tree, tmp_path)

    assert path.read_bytes() == b"content"


async def test_wrong_digest_is_refused(tmp_path: Path) -> None:
    """After a second look: it may have been published anew meanwhile. Nothing is kept."""
    tree = Tree()
    tree.publish(b"wrong", digest=DIGEST)
    with pytest.raises(Corrupt, match="s3://bucket/tree"):
        await fetch_snapshot(tree, tmp_path)

    assert tree.reads == ["snapshot.sqlite"] * 2
    assert files_in(tmp_path) == []


class Republished(Tree):
    """A tree that is published anew while its snapshot is read."""

    async def read(self, path: str) -> AsyncIterator[bytes]:
        """Yield what is there, and have something else afterwards."""
        self.publish(b"newer")
        yield self.objects[path]


async def test_snapshot_that_is_published_meanwhile_is_fetched(tmp_path: Path) -> None:
    """The digest of before does not count any more."""
    tree = Republished()
    tree.publish(b"content")
    path = await fetch_snapshot(tree, tmp_path)

    assert path.read_bytes() == b"newer"


async def test_tree_without_a_snapshot_has_none(tmp_path: Path) -> None:
    """Which is said with the name of the tree."""
    with pytest.raises(Absent, match="s3://bucket/tree"):
        await fetch_snapshot(Tree(), tmp_path)


async def test_what_stands_beside_it_has_to_be_a_digest(tmp_path: Path) -> None:
    """A login page, for example, is none."""
    with pytest.raises(BadInput, match=r"snapshot\.sqlite\.sha256` at s3://bucket/tree"):
        await fetch_snapshot(Tree({"snapshot.sqlite.sha256": b"<html>"}), tmp_path)


async def test_what_killed_processes_left_is_removed(tmp_path: Path) -> None:
    """After a day: what is younger may be another's, who still fetches."""
    for name, age in (("old", 100_000), ("young", 1_000)):
        path = tmp_path / f".{name}.new"
        path.write_bytes(b"half")
        os.utime(path, (0, path.stat().st_mtime - age))
    tree = Tree()
    tree.publish(b"content")
    path = await fetch_snapshot(tree, tmp_path)

    assert sorted(files_in(tmp_path)) == sorted([tmp_path / ".young.new", path])


async def test_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    """With its name."""
    tree = Tree()
    tree.publish(b"content")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Unavailable, match="file"):
        await fetch_snapshot(tree, tmp_path / "file" / "kept")


@pytest.mark.parametrize(
    ("line", "is_one"),
    [
        (f"{DIGEST}  snapshot.sqlite\n", True),
        (f"{DIGEST} *snapshot.sqlite", True),
        (f"{DIGEST[:-1]}  snapshot.sqlite\n", False),
        (f"{DIGEST.upper()}  snapshot.sqlite\n", False),
        (f"{DIGEST}\n", False),
        (f"{DIGEST}  a\n{DIGEST}  b\n", False),
        ("\udcff", False),
    ],
)
def test_digest_is_read_as_sha256sum_writes_it(line: str, is_one: object) -> None:
    """One line, and nothing else."""
    content = line.encode("utf-8", "surrogateescape")
    if is_one:
        assert parse_digest_line(content) == DIGEST
    else:
        with pytest.raises(BadInput):
            parse_digest_line(content)
