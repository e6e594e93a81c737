"""``/-/api/packages/NAME/...``: the answers of pypistats.org, for whoever may read the project."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import cast

import pytest

from server.asgi import Call
from support.app import app_on
from support.simulator import running_simulator
from wheelyard.access.shown import Shown
from wheelyard.app import MAIN, App, Index
from wheelyard.catalog.downloads import Counted
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent, BadInput, LoginNeeded, Refused, WheelyardError
from wheelyard.names import ProjectName
from wheelyard.server.address import Addresses
from wheelyard.server.download_api import DownloadApi, DownloadApiParts
from wheelyard.server.readers import EVERYBODY, Reader, Readers
from wheelyard.settings import NamesSettings, parse_pattern
from wheelyard.wire.user_agents import Client

pytestmark = pytest.mark.anyio

YESTERDAY, TODAY = date(2026, 9, 20), date(2026, 9, 21)
"""The tests' clock stands on the second."""
PIP, UV = Client("pip", "3.11", "Linux"), Client("uv", "3.12", "Darwin")
OLD = Client("setuptools", "2.7", "SunOS")
MIRROR = Client("bandersnatch", is_mirror=True)
ONE = Counted(YESTERDAY, MAIN, "demo", "demo-1.0.tar.gz", "pip/24.0", 3, PIP)


def days_ago(days: int) -> date:
    """Return a day before yesterday."""
    return YESTERDAY - timedelta(days=days)


COUNTED = (
    ONE,
    replace(ONE, user_agent="uv", client=UV, count=2),
    replace(ONE, user_agent="odd", client=OLD, count=4),
    replace(ONE, user_agent="x", client=Client(), count=1),
    replace(ONE, user_agent="bandersnatch", client=MIRROR, count=50),
    replace(ONE, day=TODAY, count=1_000),
    replace(ONE, day=days_ago(6), count=10),
    replace(ONE, day=days_ago(7), count=20),
    replace(ONE, day=days_ago(30), count=40),
    replace(ONE, day=days_ago(179), count=80),
    replace(ONE, day=days_ago(180), count=160),
    replace(ONE, project="other", count=5),
    replace(ONE, index="team", count=7),
)


@dataclass(slots=True)
class Site:
    """A running program, and as whom somebody reads its main index."""

    app: App
    clock: FrozenClock
    reader: Reader | WheelyardError = EVERYBODY
    api: DownloadApi = field(init=False)

    def __post_init__(self) -> None:
        """Compose the answers."""
        catalog = self.app.catalog
        parts = DownloadApiParts(
            lambda: catalog.downloads,
            self.app.indexes,
            cast("Readers", self),
            Addresses("", ()),
            self.clock,
        )
        self.api = DownloadApi(parts)

    async def of(self, index: Index, shown: Shown) -> Reader:
        """Return who reads; what ``Readers`` does."""
        assert shown.origin == "127.0.0.1"
        assert index.name in self.app.indexes
        if isinstance(self.reader, WheelyardError):
            raise self.reader
        return self.reader

    async def call(self, path: str, query: str = "", **fields: str) -> Call:
        """Return the answer below ``/-/api/``."""
        call = Call(f"/-/api/{path}?{query}", fields)
        await self.api(call.exchange, path.split("/"))
        return call

    async def data(self, question: str, query: str = "") -> object:
        """Return what is said of the project, after a look at what goes with it."""
        document = json.loads((await self.call(f"packages/demo/{question}", query)).body)
        assert list(document) == ["data", "package", "type"]
        assert (document["package"], document["type"]) == ("demo", f"{question}_downloads")
        return document["data"]

    async def newest(self, question: str, query: str = "") -> dict[str, int]:
        """Return what was taken yesterday, by category."""
        rows = await self.data(question, query)
        assert isinstance(rows, list)
        assert [list(row) for row in rows] == [["category", "date", "downloads"]] * len(rows)
        assert rows == sorted(rows, key=lambda row: (row["category"], row["date"]))
        found = [row for row in rows if row["date"] == str(YESTERDAY)]
        return {row["category"]: row["downloads"] for row in found}


@asynccontextmanager
async def site_on(
    path: Path,
    clock: FrozenClock,
    counted: Sequence[Counted] = COUNTED,
    **told: object,
) -> AsyncIterator[Site]:
    """Run the program on what was counted."""
    with running_simulator() as simulator:
        async with app_on(path, simulator, **told) as app:
            await app.catalog.downloads.add(counted, most_agents=99)
            yield Site(app, clock)


async def test_answers_are_in_the_shape_of_pypistats(tmp_path: Path, clock: FrozenClock) -> None:
    """Keys, categories and order; days that are over, of the last 180, and no mirrors."""
    async with site_on(tmp_path, clock) as site:
        recent = await site.data("recent")
        overall = await site.newest("overall")
        major = await site.newest("python_major")
        minor = await site.newest("python_minor")
        system = await site.newest("system")

    assert recent == {"last_day": 10, "last_month": 40, "last_week": 20}
    assert overall == {"with_mirrors": 60, "without_mirrors": 10}
    assert major == {"2": 4, "3": 5, "null": 1}
    assert minor == {"2.7": 4, "3.11": 3, "3.12": 2, "null": 1}
    assert system == {"Darwin": 2, "Linux": 3, "null": 1, "other": 4}


async def test_series_has_every_day_that_is_over_of_half_a_year(
    tmp_path: Path, clock: FrozenClock
) -> None:
    """The day that goes on is not told, nor what is older."""
    async with site_on(tmp_path, clock) as site:
        rows = await site.data("overall", "mirrors=false")

    assert isinstance(rows, list)
    assert [row["date"] for row in rows] == [str(days_ago(days)) for days in (179, 30, 7, 6, 0)]


@pytest.mark.parametrize(
    ("question", "query", "expected"),
    [
        ("overall", "mirrors=true", {"with_mirrors": 60}),
        ("overall", "mirrors=false", {"without_mirrors": 10}),
        ("python_major", "version=3", {"3": 5}),
        ("python_minor", "version=3.12", {"3.12": 2}),
        ("python_minor", "version=3.99", {}),
        ("system", "os=linux", {"Linux": 3}),
        ("system", "os=Darwin", {"Darwin": 2}),
        ("system", "os=null", {"null": 1}),
    ],
)
async def test_answer_can_be_narrowed(
    tmp_path: Path, clock: FrozenClock, question: str, query: str, expected: dict[str, int]
) -> None:
    """By the parameters of pypistats.org, however they are spelled."""
    async with site_on(tmp_path, clock) as site:
        assert await site.newest(question, query) == expected


async def test_one_period_is_told_by_itself(tmp_path: Path, clock: FrozenClock) -> None:
    """``period`` of ``recent``."""
    async with site_on(tmp_path, clock) as site:
        assert await site.data("recent", "period=week") == {"last_week": 20}


async def test_yesterday_counts_once_its_counts_are_there(
    tmp_path: Path, clock: FrozenClock
) -> None:
    """A minute after midnight."""
    clock.forward(86_400 - clock.now() % 86_400 + 30)
    async with site_on(tmp_path, clock) as site:
        early = await site.data("recent", "period=day")
        clock.forward(60)
        later = await site.data("recent", "period=day")

    assert (early, later) == ({"last_day": 10}, {"last_day": 1_000})


async def test_other_index_is_named_before_packages(tmp_path: Path, clock: FrozenClock) -> None:
    """With the same rules; the name of a project may be spelled in any way."""
    async with site_on(tmp_path, clock, [ONE]) as site:
        named = json.loads((await site.call("main/packages/Demo/recent")).body)
        with pytest.raises(Absent):
            await site.call("hosted/packages/demo/recent")

    assert named["data"]["last_day"] == 3


@pytest.mark.parametrize(
    "path",
    [
        "packages/nothing/recent",
        "packages/demo",
        "packages/demo/recent/",
        "packages/demo/downloads",
        "nowhere/packages/demo/recent",
        "",
    ],
)
async def test_what_is_not_there_is_absent(tmp_path: Path, clock: FrozenClock, path: str) -> None:
    """A project of which nothing was taken, an index that is none, a question that is none."""
    async with site_on(tmp_path, clock) as site:
        with pytest.raises(Absent):
            await site.call(path)


@pytest.mark.parametrize(
    ("path", "query", "sentence"),
    [
        ("packages/demo/recent", "period=year", "`period`: expected `day`, `week` or `month`"),
        ("packages/demo/overall", "mirrors=maybe", "`mirrors`: expected `true` or `false`"),
        ("packages/-x-/recent", "", "project name"),
    ],
)
async def test_what_cannot_be_meant_is_a_sentence(
    tmp_path: Path, clock: FrozenClock, path: str, query: str, sentence: str
) -> None:
    """It says what can."""
    async with site_on(tmp_path, clock) as site:
        with pytest.raises(BadInput, match=sentence):
            await site.call(path, query)


async def test_index_for_members_asks_who_it_is(tmp_path: Path, clock: FrozenClock) -> None:
    """As its pages do."""
    async with site_on(tmp_path, clock) as site:
        site.reader = LoginNeeded("The index `main`")

        with pytest.raises(LoginNeeded):
            await site.call("packages/demo/recent")


async def test_index_that_may_not_be_read_is_not_there(tmp_path: Path, clock: FrozenClock) -> None:
    """The same sentence as for one that never was."""
    async with site_on(tmp_path, clock) as site:
        site.reader = Absent("The index `main`")

        with pytest.raises(Absent) as unreadable:
            await site.call("main/packages/demo/recent")
        with pytest.raises(Absent) as unknown:
            await site.call("nope/packages/demo/recent")

    assert str(unreadable.value).replace("main", "nope") == str(unknown.value)


async def test_project_that_may_not_be_read_is_as_one_that_never_was(
    tmp_path: Path, clock: FrozenClock
) -> None:
    """Byte for byte; what may be read is for that reader alone."""
    async with site_on(tmp_path, clock) as site:
        site.reader = Reader(names=frozenset({"other"}), is_private=True)

        with pytest.raises(Absent) as hidden:
            await site.call("packages/demo/recent")
        with pytest.raises(Absent) as unknown:
            await site.call("packages/nope/recent")
        shown = await site.call("packages/other/recent")

    assert str(hidden.value).replace("demo", "nope") == str(unknown.value)
    assert shown.headers["cache-control"] == "private, no-cache"


async def test_blocked_project_is_refused_as_its_page_is(
    tmp_path: Path, clock: FrozenClock
) -> None:
    """With the same sentence, whoever's it is and whatever was taken of it; not for strangers."""
    names = NamesSettings(blocked=(parse_pattern("de*"),))
    async with site_on(tmp_path, clock, names=names) as site:
        with pytest.raises(Refused) as page:
            await site.app.indexes[MAIN].chain.repository.project(ProjectName("demo"))
        with pytest.raises(Refused) as counts:
            await site.call("packages/Demo/recent")
        other = await site.call("packages/other/recent")
        site.reader = Reader(names=frozenset({"other"}), is_private=True)
        with pytest.raises(Absent):
            await site.call("packages/demo/recent")

    assert str(counts.value) == str(page.value)
    assert other.status == 200


async def test_answer_that_did_not_change_is_not_sent_again(
    tmp_path: Path, clock: FrozenClock
) -> None:
    """And says that it depends on who asks."""
    async with site_on(tmp_path, clock) as site:
        first = await site.call("packages/demo/recent")
        again = await site.call("packages/demo/recent", **{"If-None-Match": first.headers["etag"]})

    assert (first.status, again.status, again.body) == (200, 304, b"")
    assert first.headers["content-type"] == "application/json"
    assert first.headers["cache-control"] == "no-cache"
    assert "Authorization" in first.headers["vary"]
