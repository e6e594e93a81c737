"""How a publish looks on a terminal while it runs."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, ProgressColumn, SpinnerColumn, Task
from rich.text import Text

from wheelyard.cli.amounts import count, size
from wheelyard.publish.tree import Account

__all__ = ["how_far", "progress_line"]


class _Told(ProgressColumn):
    """What an account says, in the words of this moment."""

    def __init__(self, account: Account) -> None:
        self._account = account
        super().__init__()

    def render(self, task: Task) -> Text:
        """Return the line."""
        del task
        return Text(how_far(self._account))


def how_far(account: Account) -> str:
    """Return how far a publish is."""
    written = f"{count(account.objects, 'object')} written ({size(account.bytes)})"
    failed = f", {account.failed:,} failed" if account.failed else ""
    if not account.to_look_at:
        return f"{account.phase} ..."
    projects = f"{account.looked_at:,} of {account.to_look_at:,} projects"
    return f"{account.phase}: {projects}, {written}{failed}"


@contextmanager
def progress_line(account: Account) -> Iterator[None]:
    """Keep one line of standard error up to date with how far ``account`` is."""
    console = Console(stderr=True, markup=False, highlight=False, emoji=False)
    with Progress(SpinnerColumn(), _Told(account), console=console, transient=True) as progress:
        progress.add_task("", total=None)
        yield
