"""Take or restore backups, or restore trees: each in a process that ends at a touch of the disk.

Everything that Python does to files and to SQLite is told to audit hooks before it is done. Run by
a test, which writes an order in each line and reads a line about each: the exit code of that
process, and how often it touched the disk. The processes are forked, because a start takes longer
than a backup.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

import anyio

from support.app import NO_PIP, settings
from wheelyard.app.backups import back_up, restore_file
from wheelyard.app.restoring import TreeOrder, restore_from_tree
from wheelyard.catalog import Actor
from wheelyard.clock import SystemClock
from wheelyard.settings import DoorSettings, UpstreamSettings

NOBODY = UpstreamSettings(name="default", doors=(DoorSettings(url="http://127.0.0.1:9/simple/"),))

TOUCHES = frozenset(
    {
        *("open", "os.chmod", "os.chown", "os.link", "os.listdir", "os.mkdir", "os.remove"),
        *("os.rename", "os.rmdir", "os.scandir", "os.truncate", "os.utime", "shutil.rmtree"),
        *("sqlite3.connect", "tempfile.mkdtemp", "fcntl.flock"),
    }
)


def main() -> None:
    """Carry out orders until there are no more."""
    for line in sys.stdin:
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            _carry_out(json.loads(line), writing)
        os.close(writing)
        _, status = os.waitpid(pid, 0)
        count = os.read(reading, 20).decode() or "0"
        os.close(reading)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)} {count}\n")
        sys.stdout.flush()


def _carry_out(order: dict[str, str | int], out: int) -> NoReturn:
    """Do it, up to the touch of the order's number; 0 is to the end."""
    count, data, file = 0, Path(str(order["data"])), str(order["file"])

    def watch(event: str, _: object) -> None:
        nonlocal count
        if event in TOUCHES:
            count += 1
            if count == order["last"]:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    try:
        if order["what"] == "backup":
            back_up(data, file, SystemClock(), lambda _: None)
        elif order["what"] == "restore":
            restore_file(data, file, lambda _: None)
        else:
            anyio.run(_restore_tree, data, file)
        os.write(out, str(count).encode())
    except BaseException as error:  # noqa: BLE001 - nobody else would tell
        sys.stderr.write(f"{error!r}\n")
        os._exit(1)
    os._exit(0)


async def _restore_tree(data: Path, tree: str) -> None:
    """Restore a tree, and fail if it is not what it was."""
    order = TreeOrder(tree, Actor("chaos"))
    done = await restore_from_tree(settings(data, NOBODY), NO_PIP, order, lambda _: None)
    assert done.report is not None
    assert done.report.is_equal, done.report


if __name__ == "__main__":
    main()
