"""Merging: A-38, F-03 and what went wrong with it before (P-16)."""

import bz2
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import pytest

from stats.nodes import FakeNode, day_file, rows_in
from wheelyard.errors import BadInput, Unavailable
from wheelyard.stats import merging, placing
from wheelyard.stats.merging import Merged, Merger, sum_rows
from wheelyard.wire.local_stats import DownloadRow

pytestmark = pytest.mark.anyio

FIRST, SECOND, THIRD = date(2026, 1, 30), date(2026, 1, 31), date(2026, 2, 1)


def three_nodes() -> dict[str, FakeNode]:
    """Return three nodes that have counted on three days."""
    return {
        "a": FakeNode({FIRST: day_file(1, 2), SECOND: day_file(10)}),
        "b": FakeNode({FIRST: day_file(4), THIRD: day_file(100)}),
        "c": FakeNode({SECOND: day_file(5, agent='pip/24.0 {"a":"b", "c":1}')}),
    }


async def merge(into: Path, nodes: Mapping[str, FakeNode]) -> Merged:
    """Merge what ``nodes`` publish."""
    return await Merger(into).run(nodes)


def tree(into: Path) -> dict[str, tuple[bytes, int]]:
    """Return every file with its content and when it was written."""
    files = [path for path in into.rglob("*") if path.is_file()]
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


async def test_a38_days_are_sums_over_all_nodes(tmp_path: Path) -> None:
    """F-03: by project, file and user agent, in the order of mirrors."""
    merged = await merge(tmp_path, three_nodes())

    assert (merged.read_files, merged.problems) == (5, [])
    assert merged.days == ["2026-01-30", "2026-01-31", "2026-02-01"]
    assert merged.months == ["2026-01", "2026-02"]
    assert rows_in(tmp_path / "days" / "2026-01-30.bz2") == [
        DownloadRow("demo", "demo-1.0.tar.gz", "pip/24.0", 5),
        DownloadRow("demo", "demo-1.0.tar.gz", "pip/24.01", 2),
    ]
    assert {row.user_agent: row.count for row in rows_in(tmp_path / "days" / "2026-01-31.bz2")} == {
        "pip/24.0": 10,
        'pip/24.0 {"a":"b", "c":1}': 5,
    }


async def test_a38_month_is_the_sum_of_its_days(tmp_path: Path) -> None:
    """Of each file and user agent."""
    await merge(tmp_path, three_nodes())

    for month in ("2026-01", "2026-02"):
        expected: Counter[tuple[str, str]] = Counter()
        for path in (tmp_path / "days").glob(f"{month}-*.bz2"):
            for row in rows_in(path):
                expected[row.filename, row.user_agent] += row.count
        found = rows_in(tmp_path / "months" / f"{month}.bz2")
        assert {(row.filename, row.user_agent): row.count for row in found} == expected


async def test_a38_second_run_changes_nothing(tmp_path: Path) -> None:
    """Not a byte, and no time of a file."""
    nodes = three_nodes()
    await merge(tmp_path, nodes)
    before = tree(tmp_path)

    again = await merge(tmp_path, nodes)

    assert tree(tmp_path) == before
    assert again == Merged()


async def test_known_file_is_asked_for_by_its_etag(tmp_path: Path) -> None:
    """A year of days is not fetched every night."""
    node = FakeNode({FIRST: day_file(1)})
    await merge(tmp_path, {"a": node})
    await merge(tmp_path, {"a": node})

    (first, none), (second, etag) = node.asked
    assert (first, none, second) == ("2026-01-30.bz2", "", "2026-01-30.bz2")
    assert etag.startswith('"')


async def test_a38_missing_node_is_missed_and_keeps_what_it_had(tmp_path: Path) -> None:
    """P-16: the script of old never ended then."""
    nodes = three_nodes()
    await merge(tmp_path, nodes)
    nodes["b"].broken = Unavailable("`b`", "refused: nobody listens")
    nodes["c"].files[SECOND] = day_file(7)

    merged = await merge(tmp_path, nodes)

    assert merged.problems == ["Node `b`: `b` cannot be had now: refused: nobody listens"]
    assert merged.days == ["2026-01-31"]
    assert sum(row.count for row in rows_in(tmp_path / "days" / "2026-01-30.bz2")) == 7
    assert sum(row.count for row in rows_in(tmp_path / "days" / "2026-01-31.bz2")) == 17


async def test_day_that_is_published_anew_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    """It is not added to it, and the month follows."""
    nodes = three_nodes()
    await merge(tmp_path, nodes)
    nodes["a"].files[FIRST] = day_file(1, 3)

    merged = await merge(tmp_path, nodes)

    assert (merged.days, merged.months) == (["2026-01-30"], ["2026-01"])
    assert [row.count for row in rows_in(tmp_path / "days" / "2026-01-30.bz2")] == [5, 3]
    assert sum(row.count for row in rows_in(tmp_path / "months" / "2026-01.bz2")) == 23


async def test_day_that_a_node_no_longer_publishes_still_counts(tmp_path: Path) -> None:
    """Nodes forget; the site does not."""
    nodes = three_nodes()
    await merge(tmp_path, nodes)
    before = tree(tmp_path)
    nodes["b"].files.clear()

    await merge(tmp_path, nodes)

    assert tree(tmp_path) == before


async def test_node_that_was_taken_out_is_not_counted(tmp_path: Path) -> None:
    """Whoever deletes its copies means that; days that only it had are gone."""
    nodes = three_nodes()
    await merge(tmp_path, nodes)
    for path in (tmp_path / "nodes" / "b").iterdir():
        path.unlink()

    merged = await merge(tmp_path, {name: nodes[name] for name in "ac"})

    assert merged.days == ["2026-01-30"]
    assert "2026-02-01.bz2" not in {path.name for path in (tmp_path / "days").iterdir()}
    assert [path.name for path in (tmp_path / "months").iterdir()] == ["2026-01.bz2"]


async def test_p16_run_that_was_killed_counts_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever it was: copies without results, or results that nobody wrote down."""
    expected = tmp_path / "expected"
    await merge(expected, three_nodes())
    write, into = placing.replace_file, tmp_path / "into"
    for survived in range(12):
        left = survived

        def killed(path: Path, body: bytes) -> bool:
            nonlocal left
            if left == 0:
                raise Unavailable("The machine", "it is gone")
            left -= 1
            return write(path, body)

        with monkeypatch.context() as patched:
            patched.setattr(merging, "replace_file", killed)
            with suppress(Unavailable):
                await merge(into, three_nodes())

    await merge(into, three_nodes())

    for name in ("days", "months"):
        for path in (into / name).iterdir():
            assert path.read_bytes() == (expected / name / path.name).read_bytes(), path


@pytest.mark.parametrize("bad", [b"", b"no bzip2", bz2.compress(b"a,f,x,many\n")])
async def test_p16_file_that_cannot_be_read_counts_for_nothing(tmp_path: Path, bad: bytes) -> None:
    """The one before it stays, and the others go on."""
    nodes = three_nodes()
    await merge(tmp_path, nodes)
    nodes["a"].files |= {FIRST: bad, THIRD: day_file(1)}

    merged = await merge(tmp_path, nodes)

    [problem] = merged.problems
    assert problem.startswith("Node `a`: `2026-01-30.bz2`")
    assert problem.endswith("The file is left out.")
    assert merged.days == ["2026-02-01"]
    assert sum(row.count for row in rows_in(tmp_path / "days" / "2026-01-30.bz2")) == 7


async def test_file_that_cannot_be_had_holds_up_no_other(tmp_path: Path) -> None:
    """It comes with the next run."""
    node = FakeNode({FIRST: day_file(1)}, breaks=frozenset({SECOND}))

    merged = await merge(tmp_path, {"a": node})

    assert (merged.days, len(merged.problems)) == (["2026-01-30"], 1)


async def test_node_that_gives_nothing_is_not_asked_for_everything(tmp_path: Path) -> None:
    """A server that hangs would hold up the others for hours."""
    days = frozenset(FIRST + timedelta(days=number) for number in range(100))
    node = FakeNode(breaks=days)

    merged = await merge(tmp_path, {"a": node, "b": FakeNode({FIRST: day_file(1)})})

    assert len(node.asked) == 3
    assert len(merged.problems) == 3
    assert merged.days == ["2026-01-30"]


async def test_state_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    """With what to do."""
    (tmp_path / "state.json").write_text("{")

    with pytest.raises(BadInput, match="delete it, and every day is made anew"):
        await merge(tmp_path, three_nodes())


async def test_first_line_may_be_left_out(tmp_path: Path) -> None:
    """Some readers stumble over it; another choice makes every file anew."""
    await merge(tmp_path, three_nodes())

    merged = await Merger(tmp_path, has_header=False).run(three_nodes())

    assert len(merged.days) == 3
    text = bz2.decompress((tmp_path / "days" / "2026-02-01.bz2").read_bytes())
    assert text == b"demo,demo-1.0.tar.gz,pip/24.0,100\r\n"


def test_rows_are_summed_by_all_three_columns() -> None:
    """Two projects may claim a file name."""
    row = DownloadRow("demo", "demo-1.0.tar.gz", "pip/24.0", 1)
    other = DownloadRow("other", "demo-1.0.tar.gz", "pip/24.0", 1)

    assert sum_rows([[row, other], [row]]) == [DownloadRow(*_fields(row), 2), other]


def _fields(row: DownloadRow) -> tuple[str, str, str]:
    """Return what a row is about."""
    return row.project, row.filename, row.user_agent
