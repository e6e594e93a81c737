"""How the result of ``wheelyard gc`` looks on a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from wheelyard.cli.amounts import count, size
from wheelyard.cli.columns import show_columns
from wheelyard.cli.waiting import line_console
from wheelyard.mirror import Collection
from wheelyard.mirror.gc import QuotaReport

__all__ = ["progress_line", "show_collected"]

_SHELVES = 256
_WHY = {
    "orphan": "nothing names it",
    "deleted": "deleted here",
    "unlisted": "its upstream does not list it any more",
    "quota": "beyond a quota, and longest unused",
    "unwanted": "no mirror wants it any more",
    "leftover": "left by a download that was cut off",
}


@contextmanager
def progress_line() -> Iterator[Callable[[int], None]]:
    """Yield what to tell how many shelves are done; it keeps one line of standard error."""
    console = line_console()
    with console.status("Looking what is on which page ...") as status:
        yield lambda number: status.update(f"{number * 100 // _SHELVES} % of the store ...")


def show_collected(data: Path, collection: Collection) -> None:
    """Write what went from the data directory ``data``, and what has become of its quotas."""
    console = Console(markup=False, highlight=False, emoji=False, soft_wrap=True)
    rows = [
        (_WHY.get(reason, reason), f"{each.files:,}", size(each.bytes))
        for reason, each in collection.reasons.items()
        if each.files
    ]
    if rows:
        show_columns(("Why", "Files", "Room"), rows, empty="")
        console.print()
    verb = "would go" if collection.is_dry_run else "gone"
    what = f"{count(collection.files, 'file')}, {size(collection.bytes)}, {verb} from {data}."
    console.print(what if rows else f"Nothing to collect in {data}.")
    if collection.unlisted:
        console.print(f"{count(collection.unlisted, 'file')} found to be on no page any more.")
    if collection.busy:
        console.print(f"{count(collection.busy, 'file')} left alone: somebody fetches them now.")
    for quota in collection.quotas:
        console.print(_told(quota))


def _told(quota: QuotaReport) -> str:
    """Return what has become of a quota, in a sentence or two."""
    text = f"{quota.name}: {size(quota.after_bytes)} of {size(quota.max_bytes)}."
    if quota.down:
        names = ", ".join(f"`{name}`" for name in quota.down)
        text += f" Nobody answers at {names} now, so nothing of it was evicted."
    if not quota.is_kept:
        text += (
            " That is too much, and what is left is pinned, your own, or could not be fetched "
            "again: unpin or delete something, or raise the quota."
        )
    return text
