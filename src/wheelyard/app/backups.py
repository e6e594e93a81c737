"""Backups: what the commands about them do, with as little of the program as it takes.

Taking one opens the data directory as every program does, so that an older one is migrated first
and a newer one refused. Everything here blocks: a command has nothing else to do meanwhile.
"""

from collections.abc import Callable
from pathlib import Path

from wheelyard.backup import (
    Checked,
    RestoredBackup,
    Source,
    Taken,
    check_backup,
    open_input,
    open_output,
    restore_backup,
    take_backup,
)
from wheelyard.backup.archive import ArchiveReader
from wheelyard.backup.output import STREAM, draft_of
from wheelyard.backup.restoring import finish_restore
from wheelyard.backup.unpacking import Unpacked
from wheelyard.catalog import open_directory
from wheelyard.clock import Clock
from wheelyard.pages.coding import decompressing

__all__ = ["back_up", "check_file", "restore_file"]


def back_up(
    data: Path, name: str, clock: Clock, tell: Callable[[Taken], None], *, has_files: bool = True
) -> Taken:
    """Write a backup of the data directory ``data`` to the file ``name``, or to ``-``.

    Raises:
        BadInput: the file cannot be written.
        ConfigError: the data directory cannot be used.
        Conflict: another backup is being taken.
        Unavailable: something cannot be read or written.
    """
    place = Path(name).absolute()
    besides = frozenset() if name == STREAM else frozenset({place, draft_of(place)})
    with open_directory(data, clock) as directory, open_output(name) as sink:
        # The path as the directory calls it: what is excluded is compared with what is in it.
        source = Source(directory, clock.now(), has_files, besides)
        return take_backup(source, sink, tell)


def restore_file(
    data: Path, name: str, tell: Callable[[Unpacked], None], *, keeps_identity: bool = False
) -> RestoredBackup | None:
    """Restore the backup in the file ``name``, or from ``-``, into ``data``, which is empty.

    Returns None if all that was left to do was to finish a restore that had been cut off.

    Raises:
        BadInput: it is no backup.
        ConfigError: the directory has other contents, or the backup is newer than this program.
        Corrupt: the archive is damaged, or not whole.
        Unavailable: the disk does not take it.
    """
    data = data.absolute()
    if finish_restore(data):
        return None
    with open_input(name) as file, decompressing(file, f"The backup `{name}`") as opened:
        archive = ArchiveReader(opened, f"The backup `{name}`")
        return restore_backup(archive, data, tell, keeps_identity=keeps_identity)


def check_file(name: str, tell: Callable[[Unpacked], None]) -> Checked:
    """Return what is in the backup in the file ``name``, or from ``-``, after reading all of it.

    Raises:
        BadInput: it is no backup.
        ConfigError: it is newer than this program.
        Corrupt: it is damaged, or not whole.
    """
    with open_input(name) as file, decompressing(file, f"The backup `{name}`") as opened:
        return check_backup(ArchiveReader(opened, f"The backup `{name}`"), tell)
