"""The process that writes, asked as its server does."""

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from wheelyard.processes.answering import LENGTH_BYTES
from wheelyard.publish.targets.paths import HIDDEN
from wheelyard.publish.targets.writing_worker import Answer, Failed, Written


def answers(tree: Path, *orders: list[tuple[str, str, str]]) -> list[Answer]:
    """Return what a process says that is asked for all this, and then for nothing more."""
    program = (
        f"import sys; sys.path[:] = {sys.path!r}; "
        f"from wheelyard.publish.targets.writing_worker import main; main({str(tree)!r})"
    )
    contents = [msgspec.msgpack.encode(order) for order in orders]
    asked = b"".join(len(each).to_bytes(LENGTH_BYTES, "big") + each for each in contents)
    ended = subprocess.run(
        [sys.executable, "-I", "-c", program], input=asked, capture_output=True, check=True
    )
    assert ended.stderr == b""
    found, rest = [], ended.stdout
    while rest:
        stop = LENGTH_BYTES + int.from_bytes(rest[:LENGTH_BYTES], "big")
        found.append(msgspec.msgpack.decode(rest[LENGTH_BYTES:stop], type=Answer))
        rest = rest[stop:]
    return found


def test_orders_are_carried_out_and_drafts_removed(tmp_path: Path) -> None:
    """An object that is not held as it should be is told of, and does not keep others back."""
    digest = sha256(b"a wheel").hexdigest()
    place = tmp_path / digest
    place.write_bytes(b"a wheel")

    found = answers(
        tmp_path / "tree",
        [("packages/a", str(place), digest), ("packages/b", str(tmp_path / "lost"), digest)],
        [("packages/c", str(place), digest)],
    )

    assert found == [Written([7, None]), Written([7])]
    assert (tmp_path / "tree/packages/a").read_bytes() == b"a wheel"
    assert not (tmp_path / "tree" / HIDDEN).exists()


def test_disk_that_takes_nothing_is_told_by_its_number(tmp_path: Path) -> None:
    """Who asked knows what to say of it."""
    digest = sha256(b"").hexdigest()
    place = tmp_path / digest
    place.touch()
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/packages").touch()

    (found,) = answers(tmp_path / "tree", [("packages/a", str(place), digest)])

    assert isinstance(found, Failed)


@pytest.mark.parametrize("module", ["aiohttp", "sqlalchemy", "wheelyard.publish.manifest"])
def test_process_imports_nothing_heavy(module: str) -> None:
    """It is started while somebody waits."""
    program = (
        f"import sys; sys.path[:] = {sys.path!r}; import wheelyard.publish.targets.writing_worker; "
        f"print({module!r} in sys.modules)"
    )

    ended = subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True
    )

    assert ended.stdout == "False\n"
