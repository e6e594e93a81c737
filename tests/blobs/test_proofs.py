"""Which files count as proven, and until when."""

import errno
import os
import time
from pathlib import Path

import pytest

from blobs.fakes import content_of, digest_of
from wheelyard.blobs.proofs import Proofs, Stamp, read_whole
from wheelyard.names import Sha256

FIRST, SECOND, THIRD = (Sha256(digit * 64) for digit in "abc")
OLD = Stamp(7, 1_000_000_000, 10)


def test_file_that_looks_the_same_stays_proven() -> None:
    """And nothing else is."""
    proofs = Proofs()
    proofs.note(FIRST, OLD)

    assert proofs.cover(FIRST, OLD)
    assert not proofs.cover(SECOND, OLD)


@pytest.mark.parametrize(
    "changed", [OLD._replace(inode=8), OLD._replace(changed_ns=2), OLD._replace(size=11)]
)
def test_file_that_looks_different_is_read_again(changed: Stamp) -> None:
    """Another file under the name, another length, a later change: each is reason enough."""
    proofs = Proofs()
    proofs.note(FIRST, OLD)

    assert not proofs.cover(FIRST, changed)


def test_file_that_was_changed_just_now_is_not_remembered() -> None:
    """A second change in the same tick of the clock would leave the stamp as it is."""
    proofs = Proofs()
    fresh = OLD._replace(changed_ns=time.time_ns() + 1)
    proofs.note(FIRST, fresh)

    assert not proofs.cover(FIRST, fresh)


def test_memory_is_bounded_and_forgets_what_was_not_of_use() -> None:
    """The cost of forgetting is one more reading."""
    proofs = Proofs(most=2)
    proofs.note(FIRST, OLD)
    proofs.note(SECOND, OLD)
    proofs.cover(FIRST, OLD)
    proofs.note(THIRD, OLD)

    known = [digest for digest in (FIRST, SECOND, THIRD) if proofs.cover(digest, OLD)]
    assert known == [FIRST, THIRD]


def test_file_is_read_to_its_end(tmp_path: Path) -> None:
    """Digest and stamp are those of one open file."""
    content = content_of(3_000_000)
    path = tmp_path / "file"
    path.write_bytes(content)

    seen = read_whole(path)

    assert seen.sha256 == digest_of(content)
    assert seen.stamp == Stamp.of(path.stat())


def test_changed_time_cannot_be_set_back(tmp_path: Path) -> None:
    """Who edits a file and restores its time of modification is noticed."""
    path = tmp_path / "file"
    path.write_bytes(b"right")
    before = path.stat()
    while Stamp.of(path.stat()).changed_ns == before.st_ctime_ns:
        path.write_bytes(b"wrong")
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert Stamp.of(path.stat()) != Stamp.of(before)


def test_file_that_the_disk_cannot_read_has_no_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is damage. Fault F37."""
    path = tmp_path / "file"
    path.write_bytes(b"content")
    monkeypatch.setattr(os, "read", _failing(errno.EIO))

    assert read_whole(path).sha256 is None


def test_other_errors_say_nothing_about_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too little memory is no reason to throw anything away."""
    path = tmp_path / "file"
    path.write_bytes(b"content")
    monkeypatch.setattr(os, "read", _failing(errno.ENOMEM))

    with pytest.raises(OSError, match="memory"):
        read_whole(path)


def _failing(number: int) -> object:
    """Return a system call that fails."""

    def fail(*_: object) -> bytes:
        raise OSError(number, os.strerror(number))

    return fail
