"""How a backup or a restore shows how far it is on a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from wheelyard.cli.amounts import count, size
from wheelyard.cli.waiting import line_console

__all__ = ["progress_line"]


@contextmanager
def progress_line(doing: str) -> Iterator[Callable[[int, int], None]]:
    """Yield what to tell how many files and bytes are done; it keeps one line of standard error."""
    console = line_console()
    with console.status(f"{doing} ...") as status:
        yield lambda files, done: status.update(
            f"{doing}: {count(files, 'file')}, {size(done)} ..."
        )
