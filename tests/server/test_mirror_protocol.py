"""``/last-modified``, ``/local-stats/days/`` and what is gone: the answers, and for whom."""

import bz2
import csv
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest

from server.asgi import Call
from support.app import app_on
from support.hosted_files import publish
from support.simulator import running_simulator
from wheelyard.app import MAIN, App
from wheelyard.catalog.downloads import Counted
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent
from wheelyard.server.mirror_protocol import LastModified, LocalStats, Signatures
from wheelyard.server.readers import EVERYBODY, Reader
from wheelyard.wire.local_stats import parse_stats_listing

pytestmark = pytest.mark.anyio

PIP = 'pip/24.0 {"ci":null,"distro":{"id":"bookworm"},"python":"3.11.2"}'
OVER, TODAY = date(2026, 9, 20), date(2026, 9, 21)
ONE = Counted(OVER, MAIN, "demo", "demo-1.0.tar.gz", PIP, 3)
DAY = "2026-09-20.bz2"


@dataclass(slots=True)
class Site:
    """A running program, and what answers for its main index."""

    app: App
    clock: FrozenClock
    last_modified: LastModified
    stats: LocalStats

    async def ask(self, *parts: str, reader: Reader = EVERYBODY, etag: str = "") -> Call:
        """Return the answer below ``/local-stats``, for who has what ``etag`` names."""
        fields = {"If-None-Match": etag} if etag else {}
        call = Call("/local-stats/" + "/".join(parts), fields)
        exchange = call.exchange
        exchange.reader = reader
        await self.stats(exchange, list(parts))
        return call

    async def rows(self, *, reader: Reader = EVERYBODY) -> list[list[str]]:
        """Return the rows of the day that is over."""
        call = await self.ask("days", DAY, reader=reader)
        return list(csv.reader(bz2.decompress(call.body).decode().splitlines()))[1:]

    async def moment(self) -> str:
        """Return what ``/last-modified`` says."""
        call = Call("/last-modified")
        await self.last_modified(call.exchange, [])
        return call.body.decode()


@asynccontextmanager
async def site_on(path: Path, clock: FrozenClock, *counted: Counted) -> AsyncIterator[Site]:
    """Run the program on what was counted."""
    with running_simulator() as simulator:
        async with app_on(path, simulator) as app:
            await app.catalog.downloads.add(counted, most_agents=99)
            index, catalog = app.indexes[MAIN], app.catalog
            stats = LocalStats(index, lambda: catalog.downloads, clock)
            yield Site(app, clock, LastModified(index, lambda: catalog.sync_runs), stats)


async def test_a30_moment_is_the_start_of_the_last_complete_run(
    tmp_path: Path, clock: FrozenClock
) -> None:
    """Forward only: a run that failed, is half done, goes on, or was for something, is none."""
    async with site_on(tmp_path, clock) as site:
        runs = site.app.catalog.sync_runs
        said: list[str] = []
        for scope, outcome in (
            ("configured", "done"),
            ("configured", "partial"),
            ("all", "failed"),
            ("given", "done"),
            ("all", "done"),
        ):
            number = await runs.begin(MAIN, scope, clock.now())  # type: ignore[arg-type]  # of the list
            said.append(await site.moment() if said else "")
            clock.forward(60)
            await runs.end(number, outcome, "", clock.now())  # type: ignore[arg-type]  # of the list
            said.append(await site.moment())

    first, last = "20260921T14:13:20\n", "20260921T14:17:20\n"
    assert said[1:-1] == [first] * 8
    assert said[-1] == last


async def test_a30_answer_is_byte_exact_and_short(tmp_path: Path, clock: FrozenClock) -> None:
    """F-01: plain text, one line, few headers."""
    async with site_on(tmp_path, clock) as site:
        runs, call = site.app.catalog.sync_runs, Call("/last-modified")
        await runs.end(await runs.begin(MAIN, "all", clock.now()), "done", "", clock.now())
        await site.last_modified(call.exchange, [])

    assert re.fullmatch(rb"\d{8}T\d\d:\d\d:\d\d\n", call.body)
    assert call.headers == {
        "content-type": "text/plain",
        "content-length": "18",
        "cache-control": "no-cache",
        "cache-status": "wheelyard; detail=own",
    }


async def test_index_that_was_never_filled_has_no_moment(
    tmp_path: Path, clock: FrozenClock
) -> None:
    """It says so, and names the command."""
    async with site_on(tmp_path, clock) as site:
        with pytest.raises(Absent, match="no `wheelyard sync` of the index `main` was ever compl"):
            await site.moment()
        with pytest.raises(Absent):
            await site.last_modified(Call("/last-modified/x").exchange, ["x"])


async def test_a37_listing_has_the_days_that_are_over(tmp_path: Path, clock: FrozenClock) -> None:
    """In the form that readers look for."""
    async with site_on(tmp_path, clock, ONE, replace(ONE, day=TODAY)) as site:
        call = await site.ask("days", "")

    assert call.headers["content-type"] == "text/html; charset=utf-8"
    assert b'href="2026-09-20.bz2"' in call.body
    assert parse_stats_listing(call.body) == (OVER,)


async def test_a37_file_of_a_day_is_csv_that_anybody_reads(
    tmp_path: Path, clock: FrozenClock
) -> None:
    """A user agent with commas and quotes is one of four columns."""
    async with site_on(tmp_path, clock, ONE) as site:
        call = await site.ask("days", DAY)

    first, *rows = bz2.decompress(call.body).decode().splitlines()
    assert call.headers["content-type"] == "application/x-bzip2"
    assert first.startswith("#")
    assert list(csv.reader(rows)) == [["demo", "demo-1.0.tar.gz", PIP, "3"]]


async def test_first_line_can_be_left_out(tmp_path: Path, clock: FrozenClock) -> None:
    """`[stats] header = false`."""
    async with site_on(tmp_path, clock, ONE) as site:
        site.stats.has_header = False
        call = await site.ask("days", DAY)

    assert bz2.decompress(call.body).startswith(b"demo,")


async def test_file_that_did_not_change_is_not_sent_again(
    tmp_path: Path, clock: FrozenClock
) -> None:
    """The same rows are the same bytes, also when they were made anew."""
    async with site_on(tmp_path, clock, ONE) as site:
        first = await site.ask("days", DAY)
        clock.forward(3_600)
        again = await site.ask("days", DAY, etag=first.headers["etag"])
        await site.app.catalog.downloads.add([ONE], most_agents=99)
        clock.forward(3_600)
        changed = await site.ask("days", DAY, etag=first.headers["etag"])

    assert (again.status, again.body) == (304, b"")
    assert changed.status == 200


async def test_file_is_made_once_a_minute(tmp_path: Path, clock: FrozenClock) -> None:
    """Whoever asks often makes no work."""
    async with site_on(tmp_path, clock, ONE) as site:
        first = await site.ask("days", DAY)
        await site.app.catalog.downloads.add([ONE], most_agents=99)
        again = await site.ask("days", DAY)

    assert again.body == first.body


@pytest.mark.parametrize(
    "parts",
    [
        ("days", "2026-09-21.bz2"),
        ("days", "2026-09-19.bz2"),
        ("days", "2026-09-20"),
        ("days", "nothing"),
        ("days", DAY, ""),
        ("months", ""),
    ],
)
async def test_what_is_not_there_is_explained(
    tmp_path: Path, clock: FrozenClock, parts: tuple[str, ...]
) -> None:
    """A day that is not over, one on which nothing was taken, and what is none."""
    async with site_on(tmp_path, clock, ONE, replace(ONE, day=TODAY)) as site:
        with pytest.raises(Absent, match="/local-stats/days/"):
            await site.ask(*parts)


@pytest.mark.parametrize(
    ("parts", "location"), [((), "local-stats/days/"), (("",), "days/"), (("days",), "days/")]
)
async def test_other_spelling_leads_to_the_listing(
    tmp_path: Path, clock: FrozenClock, parts: tuple[str, ...], location: str
) -> None:
    """Relative, so that it holds behind any proxy."""
    async with site_on(tmp_path, clock) as site:
        call = await site.ask(*parts)

    assert (call.status, call.headers["location"]) == (301, location)


async def test_reader_sees_what_they_may_read(tmp_path: Path, clock: FrozenClock) -> None:
    """Of an index for members, and what one is given is not kept for another."""
    other = replace(ONE, project="other", filename="other-1.0.tar.gz")
    async with site_on(tmp_path, clock, ONE, other) as site:
        everybody = await site.rows()
        some = await site.rows(reader=Reader(names=frozenset({"other"}), is_private=True))

    assert [row[0] for row in everybody] == ["demo", "other"]
    assert [row[0] for row in some] == ["other"]


async def test_private_project_is_not_told_of(tmp_path: Path, clock: FrozenClock) -> None:
    """One that became a project of another index, whoever took it here before."""
    ours = replace(ONE, project="ours", filename="ours-1.0.tar.gz")
    secret = replace(ONE, project="secret", filename="secret-1.0.tar.gz")
    async with site_on(tmp_path, clock, ONE, ours, secret) as site:
        await publish(site.app.catalog, "ours-1.0.tar.gz")
        await publish(site.app.catalog, "secret-1.0.tar.gz", "hosted:team")

        assert [row[0] for row in await site.rows()] == ["demo", "ours"]


async def test_a39_signatures_are_gone_and_what_came_instead_is_named() -> None:
    """F-04: 410, as the server of old answered at the end."""
    call = Call("/serversig/demo")

    await Signatures()(call.exchange, ["demo"])

    assert call.status == 410
    assert b"`/-/manifest`" in call.body
    assert b"wheelyard verify --manifest" in call.body
