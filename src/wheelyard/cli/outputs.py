"""Files that a command writes in one step: a new one takes the place of the one before."""

from pathlib import Path
from typing import Final

from wheelyard.errors import BadInput

__all__ = ["check_output"]

_DEVICES: Final = Path("/dev")


def check_output(path: Path) -> None:
    """Return if a new file may take the place of what is at ``path``: of a file, or of nothing.

    What a device or a pipe is called would be a file afterwards, for the whole machine if root
    does it. What is a link among the devices is one to a device or a pipe now and then.

    Raises:
        BadInput: it is something else.
    """
    is_link_there = path.is_symlink() and path.absolute().parent == _DEVICES
    if is_link_there or (path.exists() and not path.is_file() and not path.is_dir()):
        raise BadInput(f"`{path}` is no file, but a device or a pipe: name a file.")
