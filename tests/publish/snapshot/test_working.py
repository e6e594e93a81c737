"""Working copies: what is there counts only if it is whole and of this version."""

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from support.house import ROOT
from wheelyard.errors import Unavailable
from wheelyard.publish.snapshot import working as subject
from wheelyard.publish.snapshot.working import disk_trouble, open_working, sound_mark


def make_working(path: Path, note: str = "kept") -> None:
    """Make a working copy with a note in it."""
    working = open_working(path)
    working.connection.execute("INSERT INTO working_meta VALUES ('note', ?)", (note,))
    working.commit()
    working.close(keeps=True)


def note_in(path: Path) -> str | None:
    """Return the note in the working copy that is found; None if it is a new one."""
    working = open_working(path)
    try:
        row = working.connection.execute("SELECT value FROM working_meta").fetchone()
        assert working.is_new == (row is None)
        return row[0] if row else None
    finally:
        working.close(keeps=False)


def test_working_copy_is_found_again(tmp_path: Path) -> None:
    """With what was kept in it."""
    make_working(tmp_path / "below" / "w")

    assert note_in(tmp_path / "below" / "w") == "kept"


def test_draft_that_is_given_up_leaves_nothing(tmp_path: Path) -> None:
    """Neither a draft nor a working copy."""
    open_working(tmp_path / "w").close(keeps=False)

    assert list(tmp_path.iterdir()) == []


def test_what_was_not_committed_is_given_up(tmp_path: Path) -> None:
    """The last state that was kept is the one that counts."""
    make_working(tmp_path / "w")
    working = open_working(tmp_path / "w")
    working.connection.execute("UPDATE working_meta SET value = 'half'")
    working.close(keeps=False)

    assert note_in(tmp_path / "w") == "kept"


def cut(path: Path) -> None:
    """Lose the second half."""
    os.truncate(path, path.stat().st_size // 2)


def garble(path: Path) -> None:
    """Lose a page in the middle."""
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096)


def replace_all(path: Path) -> None:
    """Have something else in its place."""
    path.write_bytes(b"no database" * 1_000)


def later(path: Path) -> None:
    """Have it look as if that were a while ago: a clock may stand still for some milliseconds."""
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 10**9))


def empty(path: Path) -> None:
    """Have nothing in it."""
    path.write_bytes(b"")


def outdate(path: Path) -> None:
    """Have it made by another version."""
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 0")
    connection.close()


@pytest.mark.parametrize("damage", [cut, garble, replace_all, empty, outdate])
def test_damaged_or_older_working_copy_is_made_anew(damage: object, tmp_path: Path) -> None:
    """Nobody has to do anything about it."""
    make_working(tmp_path / "w")
    assert callable(damage)
    damage(tmp_path / "w")
    later(tmp_path / "w")

    assert note_in(tmp_path / "w") is None
    make_working(tmp_path / "w", "anew")
    assert note_in(tmp_path / "w") == "anew"


def test_working_copy_that_was_closed_is_not_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading a large one takes longer than most changes; one of a killed process is read."""
    read: list[object] = []
    sound = subject._is_sound

    def is_sound(connection: sqlite3.Connection) -> bool:
        read.append(connection)
        return sound(connection)

    monkeypatch.setattr(subject, "_is_sound", is_sound)
    make_working(tmp_path / "w")
    found = note_in(tmp_path / "w")
    after_closing = len(read)
    sound_mark(tmp_path / "w").unlink()
    found_again = note_in(tmp_path / "w")

    assert (found, after_closing) == ("kept", 0)
    assert (found_again, len(read)) == ("kept", 1)
    assert (note_in(tmp_path / "w"), len(read)) == ("kept", 1)


def test_working_copy_in_which_something_failed_is_read_whole(tmp_path: Path) -> None:
    """So what is damaged fails once, and is made anew after that."""
    make_working(tmp_path / "w")
    working = open_working(tmp_path / "w")
    open_is_noted = sound_mark(tmp_path / "w").exists()
    working.is_damaged = True
    working.close(keeps=False)

    assert (open_is_noted, sound_mark(tmp_path / "w").exists()) == (False, False)


def test_journal_of_a_lost_working_copy_is_not_played_into_a_new_one(tmp_path: Path) -> None:
    """What lies beside it belongs to what was there before."""
    make_working(tmp_path / "w")
    replace_all(tmp_path / "w")
    (tmp_path / "w-journal").write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + b"\x00" * 5_000)
    make_working(tmp_path / "w", "anew")

    assert note_in(tmp_path / "w") == "anew"


KILLED = """
import os, signal, sys
from pathlib import Path
from wheelyard.publish.snapshot.working import open_working

working = open_working(Path(sys.argv[1]))
working.connection.execute("INSERT INTO working_meta VALUES ('note', 'kept') "
                           "ON CONFLICT (key) DO UPDATE SET value = 'half'")
for number in range(5_000):
    working.connection.execute("INSERT INTO working_pages VALUES (?, x'00', 1, 1, '')",
                               (f"name-{number:06d}" * 20,))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_draft_of_a_killed_process_is_begun_anew(tmp_path: Path) -> None:
    """Nobody knows how far it came."""
    make_working(tmp_path / "other", "half")
    (tmp_path / "other").rename(tmp_path / ".w.new")

    assert note_in(tmp_path / "w") is None


def test_process_that_is_killed_leaves_the_last_state(tmp_path: Path) -> None:
    """Though pages were on the disk already."""
    make_working(tmp_path / "w")
    answer = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / "w")],
        check=False,
        env={"PYTHONPATH": str(ROOT / "src")},
    )

    assert answer.returncode == -signal.SIGKILL
    assert note_in(tmp_path / "w") == "kept"


def test_working_copy_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Whoever may look into the data directory: it may be of an index that only members read."""
    make_working(tmp_path / "below" / "w")

    assert stat.S_IMODE((tmp_path / "below").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "below" / "w").stat().st_mode) == 0o600


def test_working_copy_of_another_user_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An administrator who published once does not keep the server from it for ever."""
    make_working(tmp_path / "w")
    monkeypatch.setattr(os, "access", lambda *_: False)  # root, who runs tests, may write anything

    assert note_in(tmp_path / "w") is None


def test_place_that_is_none_is_a_sentence(tmp_path: Path) -> None:
    """Also what SQLite says."""
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(Unavailable, match="file"):
        open_working(tmp_path / "file" / "w")
    assert "is full" in str(disk_trouble(tmp_path, sqlite3.OperationalError("disk is full")))
