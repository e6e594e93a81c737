"""Where nodes publish their counts: directories and addresses, and what they are called."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from stats.nodes import day_file, write_day
from wheelyard.errors import BadInput, Unavailable
from wheelyard.stats import node_days
from wheelyard.stats.node_days import (
    DirectoryDays,
    FoundFile,
    UrlDays,
    is_address,
    listing_url,
    parse_node,
)
from wheelyard.transport import Document, Reply, Request
from wheelyard.wire.local_stats import render_stats_listing

pytestmark = pytest.mark.anyio

DAY = date(2026, 1, 31)
URL = "https://packages.example/local-stats/days/"
FILE = f"{URL}2026-01-31.bz2"


@dataclass(slots=True)
class FakeClient:
    """Answers by address; whatever is not there is 404."""

    answers: dict[str, Document] = field(default_factory=dict)
    asked: list[Request] = field(default_factory=list)

    async def load(self, request: Request) -> Document:
        """Return the whole answer."""
        self.asked.append(request)
        return self.answers.get(request.url, Document(404, request.url, {}))

    def open(self, request: Request) -> AbstractAsyncContextManager[Reply]:
        """Open nothing: files of days are documents."""
        raise NotImplementedError(request)


@pytest.mark.parametrize("below", ["", "local-stats/days", "days"])
async def test_directory_may_be_that_of_the_files_or_of_a_mirror(
    tmp_path: Path, below: str
) -> None:
    """Also one that `stats merge` wrote; what is no day is passed over."""
    write_day(tmp_path / below, "2026-01-31", day_file(1))
    write_day(tmp_path / below, "2026-01", day_file(1))
    (tmp_path / below / "index.html").write_text("")
    node = DirectoryDays(tmp_path)

    assert await node.days() == [DAY]
    assert await node.file(DAY, "") == FoundFile(day_file(1))
    assert await node.file(date(2026, 2, 1), "") is None


async def test_empty_directory_has_no_days(tmp_path: Path) -> None:
    """A node that has counted nothing yet."""
    assert await DirectoryDays(tmp_path).days() == ()


async def test_directory_that_is_not_there_is_an_outage(tmp_path: Path) -> None:
    """Not a node that has counted nothing."""
    with pytest.raises(Unavailable, match="there is none of that name"):
        await DirectoryDays(tmp_path / "nothing").days()


async def test_file_that_cannot_be_read_is_an_outage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A directory of that name, or more than anybody counts."""
    node = DirectoryDays(tmp_path)
    (tmp_path / "2026-01-30.bz2").mkdir()
    write_day(tmp_path, "2026-01-31", b"123")
    monkeypatch.setattr(node_days, "MAX_FILE_BYTES", 2)
    await node.days()

    with pytest.raises(Unavailable, match="Is a directory"):
        await node.file(date(2026, 1, 30), "")
    with pytest.raises(Unavailable, match="larger than 2 bytes"):
        await node.file(DAY, "")


async def test_address_is_asked_for_its_listing_and_files() -> None:
    """Within limits, and for a known file on condition."""
    listing = render_stats_listing([DAY])
    client = FakeClient(
        {
            URL: Document(200, URL, {}, listing),
            FILE: Document(200, FILE, {"etag": '"one"'}, b"body"),
        }
    )
    node = UrlDays(client, URL)

    assert await node.days() == (DAY,)
    assert await node.file(DAY, "") == FoundFile(b"body", '"one"')
    assert [request.etag for request in client.asked] == [None, None]
    assert all(request.max_bytes for request in client.asked)


async def test_known_file_is_not_sent_again() -> None:
    """304; and one that is gone is none."""
    client = FakeClient({FILE: Document(304, FILE, {})})
    node = UrlDays(client, URL)

    assert await node.file(DAY, '"one"') is None
    assert client.asked[0].etag == '"one"'
    assert await node.file(date(2026, 1, 1), "") is None


@pytest.mark.parametrize("status", [401, 403, 404, 500, 503])
async def test_server_without_a_listing_is_an_outage(status: int) -> None:
    """It may be another server, or need credentials."""
    client = FakeClient({URL: Document(status, URL, {}), FILE: Document(500, FILE, {})})

    with pytest.raises(Unavailable, match=f"status {status}"):
        await UrlDays(client, URL).days()
    with pytest.raises(Unavailable, match="status 500"):
        await UrlDays(client, URL).file(DAY, "")


async def test_listing_of_more_days_than_there_can_be_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody asks for each of them."""
    monkeypatch.setattr(node_days, "_MAX_DAYS", 1)
    days: Sequence[date] = [DAY, date(2026, 2, 1)]
    client = FakeClient({URL: Document(200, URL, {}, render_stats_listing(days))})

    with pytest.raises(Unavailable, match="more than 1 days"):
        await UrlDays(client, URL).days()


@pytest.mark.parametrize(
    "address",
    [
        "https://packages.example",
        "https://packages.example/",
        "https://packages.example/local-stats/days",
        "https://packages.example/local-stats/days/?x#y",
    ],
)
def test_address_of_a_server_is_enough(address: str) -> None:
    """Its listing is at a known place."""
    assert is_address(address)
    assert listing_url(address) == URL


def test_node_has_the_name_that_it_is_given() -> None:
    """So that it stays the same wherever it moves."""
    assert parse_node("east=https://packages.example").name == "east"
    assert parse_node("east=/srv/stats").source == "/srv/stats"


def test_node_without_a_name_is_called_after_its_source() -> None:
    """The same source is the same node, another one another; no password is in a name."""
    names = [
        parse_node("https://user:secret@packages.example").name,
        parse_node("https://packages.example").name,
        parse_node("https://packages.example/local-stats/days/").name,
        parse_node("/srv/a").name,
        parse_node("/srv/a/").name,
        parse_node("/srv/b=c").name,
    ]

    assert len(set(names)) == 4
    assert names[1] == names[2]
    assert names[3] == names[4]
    assert not [name for name in names if "secret" in name or "/" in name]


def test_empty_source_is_refused() -> None:
    """A variable of a script that was not set."""
    with pytest.raises(BadInput, match="A source is empty"):
        parse_node(" ")
