"""The command line: ``main.py``, and one module per command, loaded when it is used.

Start at ``main.py``; ``commands.py`` lists the commands, ``options.py`` makes flags out of the
table of settings.  May import everything; Click and Rich live here.
"""

from wheelyard.cli.commands import COMMANDS, CommandRow, Verdict

__all__ = ["COMMANDS", "CommandRow", "Verdict"]
