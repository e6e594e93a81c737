"""The mirror protocol of PEP 381, as far as it lives: A-30, A-37, A-39, F-01 to F-06."""

import bz2
import csv
import re
import socket
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urljoin

import anyio
import pytest

from contract.conformance.asking import Client
from contract.conformance.hosting import Hosting, basic
from contract.conformance.serving import serving
from support.simulator import Simulator
from wheelyard.catalog import Catalog, open_catalog, open_directory
from wheelyard.catalog.downloads import Counted, Selected
from wheelyard.catalog.sync_runs import Outcome, Scope
from wheelyard.clock import Instant, SystemClock
from wheelyard.wire.last_modified import parse_last_modified
from wheelyard.wire.local_stats import parse_stats_listing

PIP = 'pip/24.0 {"ci":null,"distro":{"id":"bookworm","version":"12"},"python":"3.11.2"}'
STARTED = datetime(2026, 1, 31, 23, 59, 58, tzinfo=UTC).timestamp()
YESTERDAY = (datetime.now(UTC) - timedelta(days=2)).date()
"""The day before yesterday, to be exact: midnight may come while the tests run."""


def on_catalog(data: Path, work: Callable[[Catalog], Awaitable[None]]) -> None:
    """Do something on the catalog of a data directory, as a command does."""
    clock = SystemClock()
    with open_directory(data, clock) as opened, open_catalog(opened.path, clock) as catalog:
        anyio.run(work, catalog)


def counts_in(data: Path) -> list[Counted]:
    """Return what was counted."""
    found: list[Counted] = []

    async def read(catalog: Catalog) -> None:
        found.extend(await catalog.downloads.each(Selected(), list))

    on_catalog(data, read)
    return found


class Mirror:
    """A server, and what lies in its data directory."""

    def __init__(self, client: Client, data: Path) -> None:
        """Know both."""
        self.client = client
        self._data = data

    def filled(
        self, index: str, at: float, scope: Scope = "configured", outcome: Outcome = "done"
    ) -> None:
        """Write down that a run of an index began at that moment, and what it came to."""

        async def write(catalog: Catalog) -> None:
            runs, moment = catalog.sync_runs, Instant(at)
            number = await runs.begin(index, scope, moment)
            await runs.end(number, outcome, "", moment)

        self._with_catalog(write)

    def counted(self, *counts: Counted) -> None:
        """Write down that something was taken."""

        async def write(catalog: Catalog) -> None:
            await catalog.downloads.add(counts, most_agents=99)

        self._with_catalog(write)

    def _with_catalog(self, work: Callable[[Catalog], Awaitable[None]]) -> None:
        on_catalog(self._data, work)


@pytest.fixture(scope="module")
def mirror(upstream: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mirror]:
    """A mirror with a second index; each test uses what no other one does."""
    data = tmp_path_factory.mktemp("data")
    with serving(upstream.url, data, {"INDEX__NEW__READ": "anyone"}) as client:
        yield Mirror(client, data)


def rows_of(client: Client, day: str) -> list[list[str]]:
    """Return the rows of a day, read as any program does."""
    answer = client.ask(f"/local-stats/days/{day}.bz2")
    assert answer.status == 200, answer
    first, *lines = bz2.decompress(answer.body).decode().splitlines()
    assert first.startswith("#")
    return list(csv.reader(lines))


def test_a30_last_modified_is_byte_exact_and_goes_forward_only(mirror: Mirror) -> None:
    """F-01: absent, then the start of each complete run; the original probe reads it."""
    client = mirror.client
    never = client.ask("/new/last-modified")
    mirror.filled("new", STARTED)
    first = client.ask("/new/last-modified")
    mirror.filled("new", STARTED + 60, outcome="partial")
    mirror.filled("new", STARTED + 120, scope="given")
    mirror.filled("new", STARTED - 3_600)
    same = client.ask("/new/last-modified")
    mirror.filled("new", STARTED + 180)
    last = client.ask("/new/last-modified")

    assert never.status == 404
    assert "`wheelyard sync`" in never.text
    assert first["content-type"] == "text/plain"
    assert first.body == same.body == b"20260131T23:59:58\n"
    assert last.body == b"20260201T00:02:58\n"
    assert parse_last_modified(last.body) == STARTED + 180
    state = client.ask("/-/status").json()
    assert state["last_modified"]["new"] == "2026-02-01T00:02:58Z"


def test_f01_original_probe_reads_it(mirror: Mirror) -> None:
    """F-07: HTTP/1.0 without a host, read once, at most 1,200 bytes, the last line counts."""
    mirror.filled("main", STARTED + 180)
    host, port = mirror.client.address

    with socket.create_connection((host, port), 20) as probe:
        probe.sendall(b"GET /last-modified HTTP/1.0\r\n\r\n")
        probe.settimeout(20)
        answer = b"".join(iter(lambda: probe.recv(1_200), b""))

    assert len(answer) < 1_200
    assert re.match(rb"HTTP/1\.[01] 200 ", answer)
    moment = datetime.strptime(answer.splitlines()[-1].decode(), "%Y%m%dT%H:%M:%S")  # noqa: DTZ007 - as the probe does
    assert moment.year == 2026


def test_head_has_the_headers_alone(mirror: Mirror) -> None:
    """Of each of them."""
    mirror.filled("main", STARTED + 180)
    for path in ("/last-modified", "/local-stats/days/"):
        whole, head = mirror.client.ask(path), mirror.client.ask(path, method="HEAD")

        assert (head.status, head.body) == (200, b"")
        assert head["content-length"] == str(len(whole.body))


def test_a97_own_requests_are_counted(upstream: Simulator, tmp_path: Path) -> None:
    """A download once, in however many parts; looks at it, pages and metadata not at all.

    Whatever was not written yet is written at the end.
    """
    agent = {"User-Agent": PIP}
    with serving(upstream.url, tmp_path) as client:
        page = client.page("payload").json()
        url = urljoin(client.base_url, urljoin("/simple/payload/", page["files"][0]["url"]))
        client.ask(url, {**agent, "Range": "bytes=0-99"})
        client.ask(url, {**agent, "Range": "bytes=100-"})
        client.ask(url, agent, method="HEAD")
        client.ask(f"{url}.metadata", agent)
        client.ask(urljoin(url, "payload-99.0.tar.gz"), agent)
        client.ask(url, {**agent, "If-None-Match": client.ask(url, agent)["etag"]})
        for _ in range(4):
            client.ask(url, agent)

    counted = counts_in(tmp_path)
    assert {(each.index, each.project, each.filename, each.user_agent) for each in counted} == {
        ("main", "payload", page["files"][0]["filename"], PIP)
    }
    assert sum(each.count for each in counted) == 6


def test_a37_days_that_are_over_are_published(mirror: Mirror) -> None:
    """F-02: linked in the form that readers look for, one file of four columns for each."""
    today = datetime.now(UTC).date()
    one = Counted(YESTERDAY, "main", "demo", "demo-1.0.tar.gz", PIP, 142)
    soon = Counted(today + timedelta(days=1), "main", "demo", "demo-1.0.tar.gz", PIP, 1)
    mirror.counted(one, soon)

    listing = mirror.client.ask("/local-stats/days/")

    assert f'href="{YESTERDAY}.bz2"'.encode() in listing.body
    assert parse_stats_listing(listing.body) == (YESTERDAY,)
    assert rows_of(mirror.client, str(YESTERDAY)) == [["demo", "demo-1.0.tar.gz", PIP, "142"]]
    unfinished = mirror.client.ask(f"/local-stats/days/{soon.day}.bz2")
    assert unfinished.status == 404
    assert "lists the days that are over" in unfinished.text


def test_statistics_of_an_index_for_members_are_for_members(members: Hosting) -> None:
    """As its pages are; and without credentials every path of it is the same."""
    for path in ("/team/last-modified", "/team/local-stats/days/", "/team/serverkey"):
        assert members.client.ask(path).status == 401

    signed_in = members.client.ask("/team/local-stats/days/", basic("__token__", members.token))
    assert signed_in.status == 200
    assert "private" in signed_in["cache-control"]


@pytest.mark.parametrize("path", ["/serverkey", "/serversig/demo", "/main/serversig/demo/"])
def test_a39_what_signed_pages_once_is_gone(mirror: Mirror, path: str) -> None:
    """F-04, F-05: and what signs now is named."""
    answer = mirror.client.ask(path)

    assert answer.status == 410
    assert "`/-/manifest`" in answer.text


@pytest.mark.parametrize("path", ["/daytime", "/id", "/global-stats/", "/stats/days/"])
def test_f06_what_only_the_master_had_is_not_there(mirror: Mirror, path: str) -> None:
    """A client finds this server by its address, and the time in the header of any answer."""
    answer = mirror.client.ask(path)

    assert answer.status == 404
    assert "its index is at `/simple/`" in answer.text
