"""Backups: everything that a data directory holds, as one file, and back again.

Start with ``archive.py`` (what such a file looks like), then ``taking.py`` and ``restoring.py``.
A published tree gives an index back without all that is not for everybody; see
``publish/restoring``.
Everything here blocks: it is for commands, which have nothing else to do.
May import: everything up to ``pages``, and the words.
"""

from wheelyard.backup.archive import Info
from wheelyard.backup.checking import Checked, check_backup
from wheelyard.backup.output import open_input, open_output
from wheelyard.backup.restoring import RestoredBackup, give_to_owner, restore_backup
from wheelyard.backup.taking import Source, Taken, take_backup

__all__ = [
    "Checked",
    "Info",
    "RestoredBackup",
    "Source",
    "Taken",
    "check_backup",
    "give_to_owner",
    "open_input",
    "open_output",
    "restore_backup",
    "take_backup",
]
