"""Where a backup is written: the old file or the new one, and its owner's alone."""

import fcntl
import io
import sys
from pathlib import Path

import pytest

from wheelyard.backup.output import coding_of, draft_of, open_input, open_output
from wheelyard.errors import BadInput, Conflict, Unavailable


def test_file_is_there_when_it_is_whole(tmp_path: Path) -> None:
    """Until then the last one is; and nobody else may read it."""
    place = tmp_path / "backup.tar"
    place.write_bytes(b"old")

    with open_output(str(place)) as sink:
        sink.write(b"new")
        before = place.read_bytes()

    assert (before, place.read_bytes()) == (b"old", b"new")
    assert place.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["backup.tar"]


def test_failure_leaves_the_last_backup(tmp_path: Path) -> None:
    """Whatever it was."""
    place = tmp_path / "backup.tar"
    place.write_bytes(b"old")

    with pytest.raises(KeyboardInterrupt):
        write_half(place)

    assert place.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["backup.tar"]


def write_half(place: Path) -> None:
    """Begin a backup, and be interrupted."""
    with open_output(str(place)) as sink:
        sink.write(b"new")
        raise KeyboardInterrupt


def test_full_disk_is_told_as_such(tmp_path: Path) -> None:
    """With what to do about it."""
    with (
        pytest.raises(Unavailable, match="the disk is full; make room"),
        open_output(str(tmp_path / "backup.tar")),
    ):
        raise OSError(28, "No space left on device")

    assert [*tmp_path.iterdir()] == []


def test_draft_of_a_killed_backup_is_written_over(tmp_path: Path) -> None:
    """It is as large as a backup, and there is never more than one."""
    place = tmp_path / "backup.tar"
    draft_of(place).write_bytes(b"much more than the new one")
    draft_of(place).chmod(0o644)

    with open_output(str(place)) as sink:
        sink.write(b"new")

    assert place.read_bytes() == b"new"
    assert place.stat().st_mode & 0o777 == 0o600


def test_two_backups_to_one_file_do_not_mix(tmp_path: Path) -> None:
    """The second is told to wait."""
    place = tmp_path / "backup.tar"
    with draft_of(place).open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)

        with pytest.raises(Conflict, match="wait until it is done"), open_output(str(place)):
            pass


def test_draft_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    """In a directory that others may write to somebody could have put one there."""
    victim, place = tmp_path / "victim", tmp_path / "backup.tar"
    victim.write_bytes(b"theirs")
    draft_of(place).symlink_to(victim)

    with pytest.raises(BadInput, match="cannot be written"), open_output(str(place)):
        pass

    assert victim.read_bytes() == b"theirs"


def test_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """Before anything is read."""
    with pytest.raises(BadInput, match="is a directory"), open_output(str(tmp_path)):
        pass
    with pytest.raises(BadInput, match="cannot be written"), open_output(str(tmp_path / "a/b")):
        pass


def test_suffix_says_how_it_is_compressed() -> None:
    """As `tar` guesses it."""
    names = ("a.tar", "a.tar.gz", "a.tgz", "a.tar.zst", "A.TAR.ZST", "-")

    assert [coding_of(name) for name in names] == [
        "identity", "gzip", "gzip", "zstd", "zstd", "identity",
    ]  # fmt: skip


class Stream(io.TextIOWrapper):
    """A standard stream."""

    def __init__(self, *, is_terminal: bool) -> None:
        super().__init__(io.BytesIO())
        self.is_terminal = is_terminal

    def isatty(self) -> bool:
        """Say whether a person reads it."""
        return self.is_terminal


def test_standard_output_is_written_to_unless_it_is_a_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who pipes it on gets the bytes; who forgot to is spared them."""
    stream = Stream(is_terminal=False)
    monkeypatch.setattr(sys, "stdout", stream)
    with open_output("-") as sink:
        sink.write(b"bytes")
    monkeypatch.setattr(sys, "stdout", Stream(is_terminal=True))

    with pytest.raises(BadInput, match="no text for a terminal"), open_output("-"):
        pass

    assert stream.buffer.getvalue() == b"bytes"  # type: ignore[attr-defined]  # bytes in memory


def test_input_is_a_file_or_a_stream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that cannot be read is said."""
    (tmp_path / "backup.tar").write_bytes(b"bytes")
    stream = Stream(is_terminal=False)
    monkeypatch.setattr(sys, "stdin", stream)

    with open_input(str(tmp_path / "backup.tar")) as file:
        assert file.read() == b"bytes"
    with open_input("-") as standard:
        assert standard is stream.buffer
    with (
        pytest.raises(BadInput, match="cannot be read: No such file"),
        open_input(str(tmp_path / "missing")),
    ):
        pass
