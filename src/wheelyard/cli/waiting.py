"""What a person sees who waits for a command: one line of standard error, kept up to date."""

from collections.abc import Callable

from rich.console import Console
from rich.progress import ProgressColumn, Task
from rich.text import Text

__all__ = ["Told", "line_console"]


class Told(ProgressColumn):
    """What ``say`` says at this moment; it is told for how many seconds the work has gone on."""

    def __init__(self, say: Callable[[float], str]) -> None:
        self._say = say
        super().__init__()

    def render(self, task: Task) -> Text:
        """Return the line."""
        return Text(self._say(task.elapsed or 0.0))


def line_console() -> Console:
    """Return where such a line stands: standard output is the result's. Nothing in it is markup."""
    return Console(stderr=True, markup=False, highlight=False, emoji=False)
