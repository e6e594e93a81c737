"""``/-/changes``: who is told what, and how long somebody waits for it."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import anyio
import pytest
from anyio.lowlevel import checkpoint

from server.asgi import Call
from support.fakes import opened_catalog
from support.hosted_files import publish
from wheelyard.access.shown import Shown
from wheelyard.app import Index
from wheelyard.catalog import Catalog
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent, LoginNeeded, WheelyardError
from wheelyard.names import IndexName
from wheelyard.server.address import Addresses
from wheelyard.server.changes import Changes, ChangesParts
from wheelyard.server.readers import EVERYBODY, Reader, Readers

pytestmark = pytest.mark.anyio

TEAM = "hosted:team"


@dataclass(slots=True)
class Site:
    """A catalog, two indexes, and what the next reader may read of each."""

    catalog: Catalog
    readers: dict[str, Reader | WheelyardError] = field(
        default_factory=lambda: {"main": EVERYBODY, "team": LoginNeeded("The index `team`")}
    )
    is_ending: bool = False
    changes: Changes = field(init=False)

    def __post_init__(self) -> None:
        """Compose the feed."""
        indexes = {IndexName(name): SimpleNamespace(name=name) for name in ("main", "team")}
        self.changes = Changes(
            ChangesParts(
                self.catalog.change_feed,
                cast("Mapping[IndexName, Index]", indexes),
                cast("Readers", self),
                Addresses("", ()),
                lambda: self.is_ending,
            )
        )

    async def of(self, index: Index, shown: Shown) -> Reader:
        """Return who reads; what ``Readers`` does."""
        assert shown.origin == "127.0.0.1"
        found = self.readers[index.name]
        if isinstance(found, WheelyardError):
            raise found
        return found

    async def ask(self, query: str = "", **fields: str) -> Call:
        """Return the answer to a question."""
        call = Call(f"/-/changes?{query}", fields)
        await self.changes(call.exchange)
        return call

    async def told(self, query: str = "") -> list[str]:
        """Return what is told, in short."""
        answer = json.loads((await self.ask(query)).body)
        return [f"{each['index']}/{each['project']} {each['kind']}" for each in answer["changes"]]


@asynccontextmanager
async def site_on(path: Path, clock: FrozenClock) -> AsyncIterator[Site]:
    """Open a catalog with a project in each index."""
    async with opened_catalog(path, clock) as catalog:
        await publish(catalog, "demo-1.0.tar.gz")
        await publish(catalog, "secret-1.0.tar.gz", TEAM)
        yield Site(catalog)


async def test_members_only_index_is_not_told_of(tmp_path: Path, clock: FrozenClock) -> None:
    """Neither its name nor its projects' stand in the feed of others."""
    async with site_on(tmp_path, clock) as site:
        call = await site.ask()

    assert b"demo" in call.body
    assert b"secret" not in call.body
    assert b"team" not in call.body


async def test_member_is_told_of_both(tmp_path: Path, clock: FrozenClock) -> None:
    """In one order, that of the journal."""
    async with site_on(tmp_path, clock) as site:
        site.readers["team"] = Reader(is_private=True)

        told = await site.told()

    assert told == [
        "main/demo project.created",
        "main/demo file.added",
        "team/secret project.created",
        "team/secret file.added",
    ]


async def test_reader_of_one_project_is_told_of_no_other(
    tmp_path: Path, clock: FrozenClock
) -> None:
    """A role may be for a project."""
    async with site_on(tmp_path, clock) as site:
        await publish(site.catalog, "open-1.0.tar.gz", TEAM)
        site.readers["team"] = Reader(names=frozenset({"open"}), is_private=True)

        told = await site.told()

    assert [each for each in told if each.startswith("team")] == [
        "team/open project.created",
        "team/open file.added",
    ]


async def test_nobody_in_particular_is_asked_to_sign_in_where_nothing_is_open(
    tmp_path: Path, clock: FrozenClock
) -> None:
    """The sentence names no index."""
    async with site_on(tmp_path, clock) as site:
        site.readers = dict.fromkeys(("main", "team"), LoginNeeded("The index"))

        with pytest.raises(LoginNeeded, match="change feed"):
            await site.ask()


async def test_somebody_without_rights_is_told_of_nothing(
    tmp_path: Path, clock: FrozenClock
) -> None:
    """As if there were nothing."""
    async with site_on(tmp_path, clock) as site:
        site.readers = dict.fromkeys(("main", "team"), Absent("The index"))

        assert await site.told() == []


async def test_reader_goes_on_from_next(tmp_path: Path, clock: FrozenClock) -> None:
    """Piece by piece, each change once; ``more`` says whether to ask at once."""
    async with site_on(tmp_path, clock) as site:
        first = json.loads((await site.ask("limit=1")).body)
        second = json.loads((await site.ask(f"since={first['next']}")).body)
        third = json.loads((await site.ask(f"since={second['next']}")).body)

    assert [each["kind"] for each in first["changes"]] == ["project.created"]
    assert [each["kind"] for each in second["changes"]] == ["file.added"]
    assert third["changes"] == []
    assert (first["more"], second["more"], third["more"]) == (True, False, False)


async def test_client_that_has_the_answer_is_told_so(tmp_path: Path, clock: FrozenClock) -> None:
    """And caches ask every time."""
    async with site_on(tmp_path, clock) as site:
        first = await site.ask()
        again = await site.ask(**{"If-None-Match": first.headers["etag"]})

    assert first.headers["cache-control"] == "no-cache"
    assert (again.status, again.body) == (304, b"")


async def test_wait_ends_when_something_happens(tmp_path: Path, clock: FrozenClock) -> None:
    """The client has the news a moment after the upload, and asked once."""
    async with site_on(tmp_path, clock) as site:
        last = json.loads((await site.ask()).body)["next"]
        calls: list[Call] = []

        async def wait() -> None:
            calls.append(await site.ask(f"since={last}&wait=30"))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            await publish(site.catalog, "demo-2.0.tar.gz")

    assert [each["detail"]["version"] for each in json.loads(calls[0].body)["changes"]] == ["2.0"]


async def test_wait_ends_with_an_empty_answer(tmp_path: Path, clock: FrozenClock) -> None:
    """When the server ends, or the client is gone; nobody holds either up."""
    async with site_on(tmp_path, clock) as site:
        last = json.loads((await site.ask()).body)["next"]
        site.is_ending = True
        ended = await site.ask(f"since={last}&wait=30")
        site.is_ending = False
        gone = Call(f"/-/changes?since={last}&wait=30")
        gone.left.set()
        await site.changes(gone.exchange)

    assert json.loads(ended.body) == {"changes": [], "next": last, "more": False}
    assert gone.is_whole


async def test_rights_are_those_at_the_end_of_the_wait(tmp_path: Path, clock: FrozenClock) -> None:
    """Who lost a right while waiting is not told what they may no longer read."""
    async with site_on(tmp_path, clock) as site:
        site.readers["team"] = Reader(is_private=True)
        last = json.loads((await site.ask()).body)["next"]
        calls: list[Call] = []

        async def wait() -> None:
            calls.append(await site.ask(f"since={last}&wait=30"))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            await anyio.wait_all_tasks_blocked()
            site.readers["team"] = Absent("The index `team`")
            await publish(site.catalog, "secret-2.0.tar.gz", TEAM)

    assert json.loads(calls[0].body)["changes"] == []


async def test_only_so_many_wait_at_a_time(
    tmp_path: Path, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of those that ask at the same moment; the others are answered at once."""
    monkeypatch.setattr("wheelyard.server.changes._MOST_WAITING", 2)
    async with site_on(tmp_path, clock) as site:
        last = json.loads((await site.ask()).body)["next"]
        answered: list[Call] = []

        async def wait() -> None:
            answered.append(await site.ask(f"since={last}&wait=30"))

        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(wait)
            with anyio.move_on_after(180):
                while len(answered) < 3:
                    await checkpoint()
            at_once = len(answered)
            site.is_ending = True

    assert at_once == 3
    assert len(answered) == 5
