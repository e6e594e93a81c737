"""``wheelyard stats show``: what was taken, and how often."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from cli.counted import write_counts
from cli.people import Console
from wheelyard.catalog.downloads import Counted
from wheelyard.wire.user_agents import Client

LONG_AGO = date(2026, 1, 31)
PIP = Client("pip", "3.11", "Linux")
MIRROR = Client("bandersnatch", is_mirror=True)


@pytest.fixture(autouse=True)
def counted(console: Console) -> date:
    """Count something today and long ago, in two indexes; return what day it is."""
    today = datetime.now(UTC).date()
    one = Counted(today, "main", "demo", "demo-1.0.tar.gz", "pip/24.0", 1_000, PIP)
    write_counts(
        console.data,
        [
            one,
            replace(one, filename="demo-2.0.tar.gz", count=7),
            replace(one, project="other", filename="other-1.0.tar.gz", count=3, client=MIRROR),
            replace(one, index="team", count=5, client=MIRROR),
            replace(one, day=LONG_AGO, count=20),
        ],
    )
    return today


def test_by_itself_it_shows_the_last_days(console: Console, counted: date) -> None:
    """Each with its downloads, and the sum."""
    text = console.read("stats show")

    days = {(counted + timedelta(days=more)).isoformat() for more in (0, 1)}
    shown = text.splitlines()
    assert shown[0].split() == ["Day", "Downloads", "Of", "them", "by", "mirrors"]
    assert shown[1].split()[0] in days
    assert shown[1].split()[1:] == ["1,015", "8"]
    assert shown[-1] == "1,015 downloads of 1 day."


def test_day_shows_its_projects(console: Console) -> None:
    """The one taken most first; an index by itself, if it is named."""
    document = json.loads(console.read("stats show --day 2026-01-31 --index main --json"))

    assert document == {
        "index": "main",
        "day": "2026-01-31",
        "project": None,
        "since": "2026-01-31",
        "until": "2026-01-31",
        "downloads": 20,
        "mirrors": 0,
        "counts": [{"project": "demo", "downloads": 20, "mirrors": 0}],
    }


def test_project_shows_its_files(console: Console) -> None:
    """However it is spelled, of all days or of one."""
    lines = console.read("stats show --project Demo").splitlines()

    assert [line.rstrip() for line in lines] == [
        "File             Downloads  Of them by mirrors",
        "demo-1.0.tar.gz  1,025      5",
        "demo-2.0.tar.gz  7          0",
        "",
        "1,032 downloads of 2 files.",
    ]
    assert "20 downloads of 1 file." in console.read("stats show --project demo --day 2026-01-31")


@pytest.mark.parametrize(
    ("aspect", "expected"),
    [
        ("family", {"pip": 1_027, "bandersnatch": 8}),
        ("python", {"3.11": 1_027, "": 8}),
        ("system", {"Linux": 1_027, "": 8}),
        ("version", {"demo 1.0": 1_025, "demo 2.0": 7, "other 1.0": 3}),
        ("project", {"demo": 1_032, "other": 3}),
        ("file", {"demo-1.0.tar.gz": 1_025, "demo-2.0.tar.gz": 7, "other-1.0.tar.gz": 3}),
    ],
)
def test_same_downloads_are_shown_by_anything(
    console: Console, aspect: str, expected: dict[str, int]
) -> None:
    """Of the days that are meant."""
    document = json.loads(console.read(f"stats show --by {aspect} --since 2026-01-01 --json"))

    assert {row[aspect]: row["downloads"] for row in document["counts"]} == expected


def test_mirrors_can_be_left_out(console: Console) -> None:
    """And then there is no column for them."""
    lines = console.read("stats show --project demo --by version --no-mirrors").splitlines()

    assert [line.rstrip() for line in lines] == [
        "Version  Downloads",
        "1.0      1,020",
        "2.0      7",
        "",
        "1,027 downloads of 2 versions.",
    ]


def test_what_is_not_known_is_called_so(console: Console) -> None:
    """Instead of an empty cell."""
    text = console.read("stats show --by python --since 2026-01-01")

    assert "unknown" in text
    assert "1,035 downloads of 2 versions of Python." in text


def test_nothing_is_said_so(console: Console) -> None:
    """Instead of an empty table."""
    text = console.read("stats show --index nothing")

    assert text == "Nothing was taken, or nothing was counted yet.\n"


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ("--day yesterday", "`--day`: expected a day such as `2026-01-31`, got `yesterday`."),
        ("--day 2026-02-30", "got `2026-02-30`"),
        ("--project -x-", "-x-"),
        ("--by colour", "is not one of"),
        ("--since never", "`--since`: expected a day"),
        ("--day 2026-01-31 --until 2026-02-01", "leave `--since` and `--until` out"),
    ],
)
def test_what_cannot_be_meant_is_a_sentence(console: Console, flags: str, sentence: str) -> None:
    """Before anything is read."""
    code, output, errors = console.call(f"stats show {flags}")

    assert (code, output) == (2, "")
    assert sentence in errors
