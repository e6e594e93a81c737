"""Sums over a log: the same that ``awk`` finds, and what a month comes to."""

import subprocess
from datetime import date
from pathlib import Path

import pytest

from support.access_logs import DATA, LOGS, form_of
from wheelyard.clock import Instant
from wheelyard.stats.estimating import (
    CLASSES,
    Cost,
    Estimate,
    Prices,
    Projection,
    Sums,
    classify,
    cost_of,
    project,
)
from wheelyard.stats.log_contents import read_log_file
from wheelyard.wire.access_logs import LogEntry

DAY = date(2026, 1, 31)
HOUR = 3_600
# What each sum is in a row of the standard log of CloudFront.
AWK = r"""
function kind(path) {
    if (path ~ /\.(metadata|provenance)$/) return "metadata"
    if (path ~ /^\/packages\//) return "files"
    return path ~ /^\/simple\// ? "pages" : "other"
}
!/^#/ {
    for (key in keys) delete keys[key]
    keys["total"]; keys[kind($8)]; keys[$1]
    for (key in keys) {
        requests[key]++; bytes[key] += $4; hits[key] += $14 ~ /Hit$/
    }
}
END { for (key in requests) print key, requests[key], bytes[key], hits[key] }
"""


def estimate_of(name: str) -> Estimate:
    """Return the sums over a log."""
    found = Estimate()
    log = read_log_file(DATA / name, form_of(name))
    found.add(each for each in log if isinstance(each, LogEntry))
    return found


def awk(path: Path) -> dict[str, tuple[int, ...]]:
    """Return requests, bytes and hits by class and by day, as ``awk`` finds them."""
    answer = subprocess.run(
        ["awk", "-F", "\t", AWK, str(path)], capture_output=True, check=True, text=True
    )
    rows = (line.split() for line in answer.stdout.splitlines())
    return {key: tuple(map(int, numbers)) for key, *numbers in rows}


@pytest.mark.parametrize("name", ["cloudfront-15.log", "cloudfront-33.log"])
def test_sums_are_those_of_awk(name: str) -> None:
    """A-101: requests, bytes and hits; by class and by day as well."""
    found = estimate_of(name)
    sums: dict[str, Sums] = {"total": found.total}
    sums |= {str(kind): each for kind, each in found.by_class.items()}
    sums |= {day.isoformat(): each for day, each in found.by_day.items()}

    ours = {key: (each.requests, each.bytes, each.hits) for key, each in sums.items()}
    assert ours == awk(DATA / name)


def test_rate_and_mean_are_those_of_the_sums() -> None:
    """A-101: of requests of which the log says what the cache did."""
    requests, byte_count, hits = awk(DATA / "cloudfront-33.log")["total"]
    total = estimate_of("cloudfront-33.log").total

    assert total.hit_rate == hits / requests
    assert total.mean_bytes == byte_count / requests


@pytest.mark.parametrize("name", ["apache-combined.log", "wheelyard.log", "cloudfront-12.log"])
def test_rate_is_unknown_where_the_log_does_not_say(name: str) -> None:
    """It is not nothing."""
    found = estimate_of(name)

    assert found.total.hit_rate is None
    assert found.total.requests == 27


@pytest.mark.parametrize("name", LOGS)
def test_every_format_has_the_same_classes(name: str) -> None:
    """And the same days."""
    found = estimate_of(name)

    assert {kind: each.requests for kind, each in found.by_class.items()} == {
        "pages": 3, "files": 21, "metadata": 2, "other": 1,
    }  # fmt: skip
    assert {day: each.requests for day, each in found.by_day.items()} == {
        DAY: 26, date(2026, 2, 1): 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/simple/", "pages"),
        ("/simple", "pages"),
        ("/team/simple/demo/index.json", "pages"),
        ("/simple/demo/index.html.gz", "pages"),
        ("/packages/ab/cd/ef/demo-1.0.tar.gz", "files"),
        ("/packages/odd name", "files"),
        ("/simple/demo/demo-1.0-py3-none-any.whl", "files"),
        ("/files/demo-1.0.ZIP", "files"),
        ("/packages/ab/cd/ef/demo-1.0.tar.gz.metadata", "metadata"),
        ("/integrity/demo/1.0/demo-1.0.tar.gz/provenance", "metadata"),
        ("/pypi/demo/json", "metadata"),
        ("/pypi/demo/1.0/json", "metadata"),
        ("/", "other"),
        ("/snapshot.sqlite", "other"),
        ("/simpler/", "other"),
        ("/packages/", "other"),
    ],
)
def test_path_is_of_a_class(path: str, kind: str) -> None:
    """By what an installer asks for there."""
    assert classify(path) == kind
    assert kind in CLASSES


def test_month_is_as_many_times_what_the_log_covers() -> None:
    """Thirty days like those from the first request to the last one."""
    found = estimate_of("cloudfront-33.log")
    month = project(found)
    times = 30 * 86_400 / 43_205

    assert month is not None
    assert month.seconds == 43_205
    assert month.requests == pytest.approx(27 * times)
    assert month.bytes == pytest.approx(found.total.bytes * times)
    # Seven were fetched, and one was asked for again, which has no body of its own.
    assert month.fetches == pytest.approx(8 * times)
    assert month.fetched_bytes == pytest.approx(192_920 * times)


def test_log_of_less_than_an_hour_says_nothing_of_a_month() -> None:
    """It would be a guess."""
    found = Estimate()
    entry = LogEntry(at=Instant(0), method="GET", raw_path="/", status=200, bytes_sent=1)
    assert project(found) is None

    found.add([entry])

    assert project(found) is None
    assert found.total.hit_rate is None


def test_cost_is_of_what_has_a_price() -> None:
    """Each by its unit; what nobody gave a price for costs nothing that is known."""
    month = Projection(HOUR, 20_000, 3e9, 10_000, 5e8)
    prices = Prices(requests=0.5, gigabyte=0.125, store_gigabyte=2.0)

    cost = cost_of(month, prices)

    assert cost == Cost(1.0, 0.375, None, 1.0, None)
    assert cost.total == 2.375


def test_storage_costs_what_is_kept() -> None:
    """However much is asked for."""
    month = Projection(HOUR, 0, 0, 10_000, 0)
    prices = Prices(store_requests=4.0, kept_gigabyte=0.02, kept_gigabytes=800)

    cost = cost_of(month, prices)

    assert cost is not None
    assert (cost.store_requests, cost.storage, cost.total) == (4.0, 16.0, 20.0)
    assert cost_of(month, Prices()) is None


def test_whole_days_are_summed_as_files() -> None:
    """Counts are of files, by day; a day is a whole one."""
    found = Estimate()
    found.add_day(DAY, 10, 5_000)
    found.add_day(date(2026, 2, 2), 20, 1_000)
    month = project(found)

    assert found.by_class["files"].requests == 30
    assert found.total.bytes == 6_000
    assert month is not None
    assert month.requests == 300
