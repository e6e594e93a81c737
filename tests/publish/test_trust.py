"""Whether a manifest counts: its signature, its age, and what was believed before it."""

from pathlib import Path

import pytest

from publish.made import DAY, KEY, KEYS, NOW, make_manifest
from wheelyard.access.signing_key import SigningKey
from wheelyard.clock import Instant
from wheelyard.errors import BadInput, ConfigError
from wheelyard.names import Sha256
from wheelyard.publish.trust import Seen, Trust, open_manifest
from wheelyard.wire.manifest import Entry

ENTRIES = tuple(
    Entry("file", f"packages/{each}", Sha256(f"{each:064x}"), each) for each in range(40)
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a manifest of forty files is."""
    make_manifest(tmp_path / "manifest", ENTRIES)
    return tmp_path / "manifest"


@pytest.fixture
def seen(tmp_path: Path) -> Seen:
    """Return what was seen before: nothing."""
    return Seen(tmp_path / "state" / "seen.json")


def opened(path: Path, seen: Seen, now: float = NOW) -> Trust:
    """Return the manifest, and whether it counts."""
    return open_manifest(path, KEYS, seen, Instant(now))


def test_manifest_that_counts_has_its_entries(path: Path, seen: Seen) -> None:
    """In their order, and as often as they are asked for."""
    trust = opened(path, seen)

    assert trust.problem == ""
    assert tuple(trust.entries()) == ENTRIES
    assert tuple(trust.entries()) == ENTRIES


def test_manifest_counts_again(path: Path, seen: Seen) -> None:
    """The same one is no replay."""
    opened(path, seen)

    assert opened(path, seen, NOW + DAY).problem == ""


@pytest.mark.parametrize("line", [0, 1, 2, 3, 20, 42])
def test_changed_byte_does_not_count(path: Path, seen: Seen, line: int) -> None:
    """Wherever it is: in the head, in the signature, or in an entry."""
    lines = path.read_bytes().splitlines(keepends=True)
    before, changed = lines[line], bytearray(lines[line])
    changed[-8] ^= 1
    path.write_bytes(b"".join([*lines[:line], bytes(changed), *lines[line + 1 :]]))

    assert bytes(changed) != before
    try:
        problem = opened(path, seen).problem
    except BadInput as error:
        problem = str(error)
    assert problem


@pytest.mark.parametrize("cut", [1, 100, 1000])
def test_truncated_manifest_does_not_count(path: Path, seen: Seen, cut: int) -> None:
    """A whole line or a part of one."""
    path.write_bytes(path.read_bytes()[:-cut])

    assert opened(path, seen).problem.startswith("it is not whole")


def test_manifest_with_more_entries_does_not_count(path: Path, seen: Seen) -> None:
    """What was not signed is not believed."""
    path.write_bytes(path.read_bytes() + path.read_bytes().splitlines(keepends=True)[-1])

    assert opened(path, seen).problem.startswith("it is not whole")


def test_manifest_of_another_key_does_not_count(path: Path, seen: Seen) -> None:
    """It says which key it is, so that one knows what to ask for."""
    other = SigningKey(bytes(32))
    make_manifest(path, ENTRIES, key=other)

    assert f"the key `{other.public.name}`" in opened(path, seen).problem


def test_manifest_signed_in_the_name_of_another_key_does_not_count(path: Path, seen: Seen) -> None:
    """The name of a key proves nothing."""
    other = SigningKey(bytes(32))
    make_manifest(path, ENTRIES, key=other)

    trust = open_manifest(path, {other.public.name: KEY.public}, seen, NOW)

    assert trust.problem == "its signature is wrong: somebody has changed it"


def test_expired_manifest_does_not_count(path: Path, seen: Seen) -> None:
    """From the very moment on, though nothing newer was seen."""
    assert opened(path, seen, NOW + 7 * DAY - 1).problem == ""
    assert "it has expired" in opened(path, seen, NOW + 7 * DAY).problem


def test_manifest_of_the_future_does_not_count(path: Path, seen: Seen) -> None:
    """One of the two clocks is wrong; a few minutes are forgiven."""
    assert opened(path, seen, NOW - 299).problem == ""
    assert "made in the future" in opened(path, seen, NOW - 301).problem


@pytest.mark.parametrize(("serial", "age"), [(6, 0.0), (7, 60.0), (0, -60.0)])
def test_older_manifest_is_a_replay(
    path: Path, seen: Seen, tmp_path: Path, serial: int, age: float
) -> None:
    """An older serial, or an earlier one with the same serial; within its time or not."""
    opened(path, seen)
    old = tmp_path / "old"
    make_manifest(old, ENTRIES, serial=serial, age=age)

    assert "it is older than one that was believed before" in opened(old, seen).problem
    assert opened(path, seen).problem == ""


def test_newer_manifest_counts_and_is_remembered(path: Path, seen: Seen, tmp_path: Path) -> None:
    """From then on the one before is a replay."""
    opened(path, seen)
    new = tmp_path / "new"
    make_manifest(new, ENTRIES, serial=8)

    assert opened(new, seen).problem == ""
    assert "it is older" in opened(path, seen).problem


def test_what_does_not_count_is_not_remembered(path: Path, seen: Seen, tmp_path: Path) -> None:
    """Who can write a manifest without the key cannot lock out those that follow."""
    forged = tmp_path / "forged"
    make_manifest(forged, ENTRIES, serial=999, key=SigningKey(bytes(32)))
    assert opened(forged, seen).problem

    assert opened(path, seen).problem == ""


def test_manifests_of_another_key_are_remembered_apart(
    path: Path, seen: Seen, tmp_path: Path
) -> None:
    """A new key begins anew."""
    opened(path, seen)
    other, again = SigningKey(bytes(32)), tmp_path / "again"
    make_manifest(again, ENTRIES, serial=1, key=other)

    keys = {**KEYS, other.public.name: other.public}
    assert open_manifest(again, keys, seen, NOW).problem == ""


def test_memory_that_cannot_be_read_is_not_taken_for_empty(path: Path, seen: Seen) -> None:
    """Else whoever damages it can replay."""
    seen.path.parent.mkdir()
    seen.path.write_text("{", "utf-8")

    with pytest.raises(ConfigError, match="cannot be read"):
        opened(path, seen)


def test_memory_that_cannot_be_written_is_said(path: Path, tmp_path: Path) -> None:
    """With what to do about it."""
    with pytest.raises(ConfigError, match="--state"):
        opened(path, Seen(tmp_path / ("x" * 250)))  # what it is written to first is longer still


def test_manifest_that_is_not_there_is_bad_input(tmp_path: Path, seen: Seen) -> None:
    """Which file it was."""
    with pytest.raises(BadInput, match="missing"):
        opened(tmp_path / "missing", seen)
