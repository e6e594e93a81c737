"""``wheelyard stats estimate``: what a log says of the traffic, and what a month would cost."""

import json
from datetime import date
from typing import Any

import pytest

from cli.counted import write_counts
from cli.people import Console
from support.access_logs import DATA
from wheelyard.catalog.downloads import Counted

LOG = DATA / "cloudfront-33.log.gz"


def document(console: Console, line: str) -> dict[str, Any]:
    """Return what programs get."""
    found: dict[str, Any] = json.loads(console.read(f"stats estimate {line} --json"))
    return found


def test_sums_are_shown_by_class_and_by_day(console: Console) -> None:
    """With the part of the requests that the cache answered."""
    lines = [line.split("  ") for line in console.read(f"stats estimate {LOG}").splitlines()]
    rows = [[cell.strip() for cell in line if cell] for line in lines]

    assert ["pages", "3", "31.6 KiB", "10.5 KiB", "100.0 %"] in rows
    assert ["files", "21", "795.3 KiB", "37.9 KiB", "57.1 %"] in rows
    assert ["total", "27", "832.9 KiB", "30.8 KiB", "59.3 %"] in rows
    assert ["2026-02-01", "1", "49.2 KiB", "49.2 KiB", "100.0 %"] in rows
    assert " ".join(rows[-1]) == (
        "A month at the pace of these 12 h 5 s: 1,620 requests, 48.8 MiB; "
        "480 requests to the server behind, 11.0 MiB."
    )


def test_month_costs_what_is_given(console: Console) -> None:
    """Only what has a price; nothing is assumed."""
    prices = "--requests-price 1000 --gb-price 100 --stored-gb-price 0.02 --stored-gb 800"
    text = console.read(f"stats estimate {LOG} {prices}")

    last = text.splitlines()[-1]
    assert last == "It costs 183.10: requests 161.98, transfer 5.12, storage 16.00."


def test_programs_get_all_of_it(console: Console) -> None:
    """As numbers."""
    found = document(console, f"{LOG} --gb-price 100 --store-requests-price 10")

    assert (found["first"], found["last"]) == (
        "2026-01-31T12:00:00+00:00", "2026-02-01T00:00:05+00:00",
    )  # fmt: skip
    assert found["total"]["requests"] == 27
    assert found["total"]["hit_rate"] == 16 / 27
    assert sorted(found["classes"]) == ["files", "metadata", "other", "pages"]
    assert [day["day"] for day in found["days"]] == ["2026-01-31", "2026-02-01"]
    assert found["cost"]["transfer"] == pytest.approx(found["month"]["bytes"] / 1e9 * 100)
    assert found["cost"]["requests"] is None
    assert found["unreadable_lines"] == 0


def test_several_logs_are_summed(console: Console) -> None:
    """Bad lines are counted, and the rate is of the requests of which it is known."""
    found = document(console, f"{LOG} {DATA / 'fastly.log'} {DATA / 'damaged-combined.log'}")

    assert found["total"]["requests"] == 27 + 27 + 28
    assert found["total"]["known"] == 54
    assert found["unreadable_lines"] == 4
    assert found["cost"] is None


def test_short_log_says_nothing_of_a_month(console: Console) -> None:
    """It is said, not guessed."""
    line = (DATA / "apache-combined.log").read_text("utf-8").splitlines()[0]
    code, output, _ = console.call("stats estimate", f"{line}\n")

    assert code == 0
    assert output.splitlines()[-1] == "It covers less than an hour, which says nothing of a month."
    assert "unknown" in output


def test_empty_log_has_no_request(console: Console) -> None:
    """That is no fault."""
    assert console.read("stats estimate") == "There is no request in it.\n"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("--stored-gb 5", "add its price"),
        ("--stored-gb-price 5", "Add `--stored-gb`"),
        (f"--from-counts {LOG}", "leave the files"),
        ("--gb-price -1", "not in the range"),
    ],
)
def test_flags_that_do_not_fit_are_refused(console: Console, line: str, reason: str) -> None:
    """With what to do."""
    code, _, errors = console.call(f"stats estimate {line}")

    assert code == 2
    assert reason in errors


def test_counts_are_summed_as_logs_are(console: Console) -> None:
    """What they do not say is told."""
    one = Counted(date(2026, 1, 31), "main", "demo", "demo-1.0.tar.gz", "pip/24.0", 1_000)
    write_counts(console.data, [one])
    code, output, errors = console.call("stats estimate --from-counts --requests-price 1")

    assert code == 0
    assert "A month at the pace of these 1 d: 30,000 requests" in output
    assert output.splitlines()[-1] == "It costs 3.00: requests 3.00."
    assert "pages, metadata and what a cache did are not in them" in errors
    assert "Without their bytes: 1,000 downloads of files whose size is not known." in errors
    assert document(console, "--from-counts")["downloads_of_unknown_size"] == 1_000
