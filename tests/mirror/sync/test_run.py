"""A run: news, plan, work, for each upstream of an index; see `tests/app/test_syncing.py`."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from support.app import app_on
from support.simulator import running_simulator
from support.syncing import fill
from wheelyard.app import App
from wheelyard.app.filling import origins_of
from wheelyard.errors import Unavailable, WheelyardError
from wheelyard.mirror.sync import Account, Changes, Listing, News, SyncParts, sync
from wheelyard.mirror.sync.run import Origin, plan_of
from wheelyard.mirror.wanted import Wanted
from wheelyard.names import MAIN, ProjectName

pytestmark = pytest.mark.anyio

NAMES = [ProjectName(f"demo-{number}") for number in range(3)]


@dataclass
class Feed:
    """Tells the news one after the other."""

    answers: list[News | WheelyardError]
    kind: str = "feed"
    marks: list[str] = field(default_factory=list)

    async def news(self, mark: str) -> News:
        """Return the next answer."""
        self.marks.append(mark)
        answer = self.answers.pop(0)
        if isinstance(answer, WheelyardError):
            raise answer
        return answer


async def parts_of(app: App, feed: Feed) -> SyncParts:
    """Return what a run works with that hears the news from ``feed``."""
    front = app.indexes.filling(MAIN)
    assert front is not None
    [origin] = await origins_of(app, front, 8)
    fed = Origin(origin.chain, origin.bulk, feed, origin.is_here)
    return SyncParts("main", app.catalog, app.clock, [fed], Wanted(everything=True))


async def run(parts: SyncParts, app: App) -> Account:
    """Run once."""
    account = Account("main", app.clock.now())
    await sync(parts, account)
    return account


async def test_changes_are_looked_at_and_nothing_else(tmp_path: Path) -> None:
    """The mark goes on from where everything told was done."""
    with running_simulator() as index:
        fill(index, len(NAMES))
        feed = Feed(
            [
                Listing(dict.fromkeys(NAMES, 1), "1"),
                Changes({}, "2"),
                Changes({NAMES[0]: None}, "3"),
            ]
        )
        async with app_on(tmp_path, index) as app:
            parts = await parts_of(app, feed)
            looked_at = [(await run(parts, app)).looked_at for _ in range(3)]

    assert looked_at == [3, 0, 1]
    assert feed.marks == ["", "1", "2"]


async def test_mark_is_not_taken_up_while_something_was_not_asked_for(tmp_path: Path) -> None:
    """Removals that were held back would be forgotten, and what was not asked for, too."""
    with running_simulator() as index:
        fill(index, len(NAMES))
        vanished = Changes({}, "2", frozenset(NAMES))
        feed = Feed([Listing(dict.fromkeys(NAMES, 1), "1"), vanished, vanished])
        async with app_on(tmp_path, index) as app:
            parts = await parts_of(app, feed)
            await run(parts, app)
            held_back = (await run(parts, app)).held_back
            await run(parts, app)

    assert held_back == len(NAMES)
    assert feed.marks == ["", "1", "1"]


async def test_run_without_news_has_failed(tmp_path: Path) -> None:
    """And what was complete stays so."""
    with running_simulator() as index:
        feed = Feed([Unavailable("The list", "no answer")])
        async with app_on(tmp_path, index) as app:
            account = await run(await parts_of(app, feed), app)

    assert account.outcome() == "failed"
    assert account.problems[0].reason == "The list cannot be had now: no answer"


async def test_plan_is_made_without_doing_anything(tmp_path: Path) -> None:
    """It can be shown before."""
    with running_simulator() as index:
        fill(index, len(NAMES))
        feed = Feed([Listing(dict.fromkeys(NAMES, 1))])
        async with app_on(tmp_path, index) as app:
            parts = await parts_of(app, feed)
            account = Account("main", app.clock.now())
            index.forget()
            plan, _ = await plan_of(parts, parts.origins[0], account)

        assert [due.name for due in plan.due] == NAMES
        assert index.count("page") == 0
