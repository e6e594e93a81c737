"""The key of a data directory: made once, for its owner alone, and never half of one."""

import os
import threading
from pathlib import Path

import pytest

from wheelyard.access.keys import KEY_NAME, load_key
from wheelyard.errors import ConfigError


def test_key_is_made_at_first_use_and_stays(tmp_path: Path) -> None:
    """32 random bytes that only the owner can read."""
    key = load_key(tmp_path)

    assert len(key) == 32
    assert load_key(tmp_path) == key
    assert (tmp_path / KEY_NAME).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [KEY_NAME]


def test_two_directories_have_two_keys(tmp_path: Path) -> None:
    """A token of one is nothing in the other."""
    for name in ("a", "b"):
        tmp_path.joinpath(name).mkdir()

    assert load_key(tmp_path / "a") != load_key(tmp_path / "b")


def test_those_who_make_it_at_the_same_time_have_the_same(tmp_path: Path) -> None:
    """A command and a server may both be the first."""
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(load_key(tmp_path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 8
    assert len(set(found)) == 1


def test_key_that_others_may_read_is_closed_to_them(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A copy tool may have opened it; that is worth a line in the log, without the key."""
    key = load_key(tmp_path)
    path = tmp_path / KEY_NAME
    path.chmod(0o644)

    assert load_key(tmp_path) == key
    assert path.stat().st_mode & 0o777 == 0o600
    assert "was open to others" in caplog.text
    assert key.hex() not in caplog.text


def test_damaged_key_is_refused(tmp_path: Path) -> None:
    """Half a key would make new tokens that the next start does not know."""
    (tmp_path / KEY_NAME).write_bytes(b"short")

    with pytest.raises(ConfigError, match="is damaged: bring it back from a backup"):
        load_key(tmp_path)


def test_key_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """With the file and what to do."""
    (tmp_path / KEY_NAME).mkdir()

    with pytest.raises(ConfigError, match=r"secret\.key` cannot be used \(Is a directory\)"):
        load_key(tmp_path)


def test_administrator_of_the_machine_makes_it_for_the_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command that runs as root must not lock the server out."""
    if os.geteuid() == 0:
        os.chown(tmp_path, 1_000, 1_001)
    owner = tmp_path.stat()
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "chown", lambda _, user, group: given.append((user, group)))

    load_key(tmp_path)

    assert given == [(owner.st_uid, owner.st_gid)]
