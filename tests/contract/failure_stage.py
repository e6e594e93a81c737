"""Where a cell of the failure table is played, and the columns that are about who owns a name."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from pages.repository import FakeRepository
from repository.cache_bench import FLASK, PAGE
from repository.pinned_bench import opened_pins
from support.fakes import BytesBlob, make_file, make_project
from wheelyard.blobs import Blob
from wheelyard.clock import FrozenClock
from wheelyard.decide.ownership import PatternSet
from wheelyard.errors import Absent, Refused, WheelyardError
from wheelyard.model import FileRef, Project
from wheelyard.names import ProjectName
from wheelyard.repository.base import Repository
from wheelyard.repository.blocked import Blocked
from wheelyard.repository.fenced import Fenced
from wheelyard.repository.merged import Merged
from wheelyard.repository.routed import Routed
from wheelyard.settings import parse_pattern

__all__ = [
    "FILE",
    "OTHER",
    "QUESTIONS",
    "Stage",
    "hear_as_blocked",
    "hear_as_fenced",
    "hear_as_merged",
    "hear_as_pinned",
    "hear_as_routed",
]

FILE = make_file("flask-1.0.tar.gz")
LOST = make_file("flask-0.9.tar.gz")
OTHER = make_project("flask", make_file("flask-66.0.tar.gz"))
"""What the second child says: nobody may mistake it for what the first one says."""

QUESTIONS: tuple[Callable[[Repository], Awaitable[object]], ...] = (
    lambda repository: repository.projects(),
    lambda repository: repository.project(FLASK),
    lambda repository: repository.file(FileRef(FLASK, FILE)),
    lambda repository: repository.metadata(FileRef(FLASK, FILE)),
)


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a cell is played: a directory and a clock, and what the first child says."""

    path: Path
    clock: FrozenClock
    error: WheelyardError | None

    def repository(self, page: Project, error: WheelyardError | None) -> FakeRepository:
        """Return a repository of one page and its files, or of one error."""
        names = [file.filename for file in page.files]
        blobs = {name: BytesBlob(b"") for name in (*names, *(f"{name}.metadata" for name in names))}
        return FakeRepository(self.clock, {FLASK: page}, {**blobs}, error=error)

    async def outcome(self, asking: Awaitable[object]) -> str:
        """Return whether the first child's answer, or its very error, came out."""
        caught: WheelyardError | None = None
        try:
            await asking
        except WheelyardError as error:
            caught = error
        assert caught is self.error
        return "returns it" if caught is None else "stops"


async def hear_as_fenced(stage: Stage) -> str:
    """Return what the fence around our names does if what is beyond it says this."""
    whole = stage.repository(PAGE, stage.error)
    if stage.error is None:
        fenced = Fenced(whole, lambda name: name == FLASK)
        for ask in QUESTIONS[1:]:
            with pytest.raises(Absent):
                await ask(fenced)
        assert whole.asked == []
        assert (await fenced.projects()).projects == ()
        assert (await Fenced(whole, lambda _: False).project(FLASK)).files == PAGE.files
        return "leaves out what is ours"
    outcomes = {await stage.outcome(ask(Fenced(whole, lambda _: False))) for ask in QUESTIONS}
    return "passes it on" if outcomes == {"stops"} else "contradicts itself"


async def hear_as_blocked(stage: Stage) -> str:
    """Return what a block does if what is beneath says this."""
    whole = stage.repository(PAGE, stage.error)
    if stage.error is None:
        blocked = Blocked(whole, PatternSet([parse_pattern("flas*")]))
        for ask in QUESTIONS[1:]:
            with pytest.raises(Refused, match=r"`flas\*` is blocked here"):
                await ask(blocked)
        assert whole.asked == []
        assert (await blocked.projects()).projects == ()
        return "leaves out what is blocked"
    other = PatternSet([parse_pattern("django*")])
    outcomes = {await stage.outcome(ask(Blocked(whole, other))) for ask in QUESTIONS}
    return "passes it on" if outcomes == {"stops"} else "contradicts itself"


async def hear_as_routed(stage: Stage) -> str:
    """Return what a route does whose upstream says this: no other is asked."""
    heard: set[str] = set()
    for ask in QUESTIONS[1:]:
        right, other = stage.repository(PAGE, stage.error), stage.repository(OTHER, None)
        heard.add(await stage.outcome(ask(Routed(other, [(parse_pattern("flas*"), right)]))))
        assert other.asked == []
    return heard.pop() if len(heard) == 1 else f"contradicts itself: {heard}"


async def hear_as_merged(stage: Stage) -> str:
    """Return what the merging of a project does whose own side says this."""
    heard: set[str] = set()
    for ask in QUESTIONS[1:]:
        own, public = stage.repository(PAGE, stage.error), stage.repository(OTHER, None)
        public.blobs |= own.blobs
        asking = ask(Merged(own, public, {FLASK}))
        if stage.error is None or isinstance(stage.error, Absent):
            await asking
            assert own.asked
            continue
        heard.add(await stage.outcome(asking))
        assert public.asked == []
    own, public = stage.repository(PAGE, stage.error), stage.repository(OTHER, None)
    if stage.error is None or isinstance(stage.error, Absent):
        page = await Merged(own, public, {FLASK}).project(FLASK)
        both = PAGE.files + OTHER.files if stage.error is None else OTHER.files
        assert page.files == both
        heard.add("asks the public side" if stage.error else "adds the public files")
    return heard.pop() if len(heard) == 1 else f"contradicts itself: {heard}"


class Listening(FakeRepository):
    """A repository that can also be told what was learned, as the files of an owner can."""

    async def learned(self, name: ProjectName) -> None:
        """Take note of it."""
        self.asked.append(f"learned {name}")


async def hear_as_pinned(stage: Stage) -> str:
    """Return what pins do if the files beneath say this, with and without a pinned file."""
    blobs: dict[str, Blob] = {FILE.filename: BytesBlob(b"")}
    files = Listening(stage.clock, {FLASK: PAGE}, blobs, error=stage.error)
    async with opened_pins(stage.path, stage.clock, files) as bench:
        listed, page = bench.pinned.projects, partial(bench.pinned.project, FLASK)
        file = partial(bench.pinned.file, FileRef(FLASK, FILE))
        outcomes = {await stage.outcome(asking) for asking in (listed(), page(), file())}
        assert outcomes == {"stops" if stage.error else "returns it"}
        await bench.holds(LOST)
        await bench.pins(LOST)
        if stage.error is None:
            assert (await page()).files == (*PAGE.files, LOST)
            return "adds what is pinned and lost"
        assert {await stage.outcome(asking) for asking in (listed(), file())} == {"stops"}
        if isinstance(stage.error, Refused):
            assert await stage.outcome(page()) == "stops"
            return "passes it on"
        kept = await page()
    assert (kept.files, kept.known is not None) == ((LOST,), True)
    stale = ", marked stale" if kept.known and kept.known.how == "stale" else ""
    return f"what is pinned{stale}; nothing: passes it on"
