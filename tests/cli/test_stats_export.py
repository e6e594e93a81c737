"""``wheelyard stats export``: the counts as other programs read them."""

import bz2
import csv
import json
from datetime import date
from pathlib import Path

import pytest
from arro3.io import read_parquet

from cli.counted import write_counts
from cli.people import Console
from wheelyard.catalog.downloads import Counted
from wheelyard.wire.user_agents import Client

MIRROR = Client("bandersnatch", is_mirror=True)
PIP = 'pip/24.0 {"ci":null, "a":1}'


@pytest.fixture(autouse=True)
def counted(console: Console) -> None:
    """Count something on two days, in two indexes."""
    write_counts(
        console.data,
        [
            Counted(date(2026, 1, 30), "main", "demo", "demo-1.0.tar.gz", PIP, 3, Client("pip")),
            Counted(date(2026, 1, 31), "team", "ours", "ours-1.0.tar.gz", "uv", 1, MIRROR),
        ],
    )


def test_csv_has_every_count(console: Console) -> None:
    """As any program reads it."""
    rows = list(csv.DictReader(console.read("stats export").splitlines()))

    assert [(row["day"], row["index"], row["user_agent"], row["count"]) for row in rows] == [
        ("2026-01-30", "main", PIP, "3"),
        ("2026-01-31", "team", "uv", "1"),
    ]


def test_json_has_what_is_meant(console: Console) -> None:
    """Of an index, between days."""
    flags = "--format json --since 2026-01-31 --until 2026-01-31"
    [line] = console.read(f"stats export {flags}").splitlines()

    assert json.loads(line)["project"] == "ours"
    assert console.read(f"stats export {flags} --index main") == ""


def test_parquet_is_a_file_of_columns(console: Console, tmp_path: Path) -> None:
    """Of what is meant."""
    path = tmp_path / "counts.parquet"

    said = console.said(f"stats export --format parquet --into {path} --no-mirrors --project demo")

    table = read_parquet(path).read_all()
    assert said == f"Written into `{path}`: 1 row.\n"
    assert table["day"].to_pylist() == [date(2026, 1, 30)]
    assert table["family"].to_pylist() == ["pip"]


def test_project_and_mirrors_can_be_chosen(console: Console) -> None:
    """For lines as for columns."""
    ours = list(csv.DictReader(console.read("stats export --project Ours").splitlines()))
    installs = list(csv.DictReader(console.read("stats export --no-mirrors").splitlines()))

    assert [(row["version"], row["mirror"]) for row in ours] == [("1.0", "1")]
    assert [row["family"] for row in installs] == ["pip"]


def test_files_are_those_of_the_mirror_protocol(console: Console, tmp_path: Path) -> None:
    """F-02: of the main index unless another one is named; again, nothing is new."""
    line = f"stats export --format local-stats --into {tmp_path}/out"

    assert "1 day that is new" in console.said(line)
    assert "0 days that are new" in console.said(line)
    text = bz2.decompress((tmp_path / "out" / "2026-01-30.bz2").read_bytes()).decode()
    assert text.splitlines()[0] == "# package,filename,useragent,count"
    assert list(csv.reader(text.splitlines()[1:])) == [["demo", "demo-1.0.tar.gz", PIP, "3"]]


def test_first_line_can_be_left_out(console: Console, tmp_path: Path) -> None:
    """For readers that stumble over it."""
    console.said(
        f"stats export --format local-stats --into {tmp_path}/out --index team --no-header"
    )

    body = (tmp_path / "out" / "2026-01-31.bz2").read_bytes()
    assert bz2.decompress(body) == b"ours,ours-1.0.tar.gz,uv,1\r\n"


def test_first_line_is_as_the_configuration_says(
    console: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless the command says otherwise."""
    monkeypatch.setenv("WHEELYARD__STATS__HEADER", "false")
    line = f"stats export --format local-stats --into {tmp_path}/out"
    path = tmp_path / "out" / "2026-01-30.bz2"

    console.said(line)
    without = bz2.decompress(path.read_bytes())
    console.said(f"{line} --header")

    assert without.startswith(b"demo,")
    assert bz2.decompress(path.read_bytes()).startswith(b"# package,")


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ("--format local-stats", "name a directory for them with `--into`"),
        ("--into out", "The other formats go to standard output"),
        ("--format local-stats --into out --since 2026-01-01", "leave the dates out"),
        (
            "--format local-stats --into out --no-mirrors",
            "leave `--project` and `--no-mirrors` out",
        ),
        ("--format local-stats --into out --project demo", "leave `--project`"),
        ("--format parquet", "writes one file: name it with `--into`"),
        ("--format parquet --into .", "writes one file"),
        ("--project -x-", "-x-"),
        ("--until soon", "`--until`: expected a day"),
    ],
)
def test_contradiction_is_a_sentence(console: Console, flags: str, sentence: str) -> None:
    """Before anything is written."""
    code, output, errors = console.call(f"stats export {flags}")

    assert (code, output) == (2, "")
    assert sentence in errors
