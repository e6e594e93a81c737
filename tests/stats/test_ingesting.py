"""Ingesting logs: counts as somebody counted by hand, and each request once whatever comes."""

import gzip
import json
import os
import random
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Final

import pytest

from support.catalogs import new_catalog
from wheelyard.catalog import Catalog, LedgerRow
from wheelyard.catalog.downloads import Counted, Selected
from wheelyard.catalog.ingested import AddedLines, CountedLine, Ingested, IngestedFile
from wheelyard.clock import FrozenClock, Instant
from wheelyard.errors import Unavailable
from wheelyard.names import Filename, ProjectName, Sha256, filename_version
from wheelyard.settings import StatsSettings
from wheelyard.stats import ingesting
from wheelyard.stats.ingesting import Ingester, IngestRules, Report
from wheelyard.stats.log_sources import find_logs, read_chunks
from wheelyard.stats.logged import Place
from wheelyard.wire.access_logs import LogFormat

pytestmark = [pytest.mark.anyio, pytest.mark.blocking(reason="tests write files as they go")]

LOGS: Final = Path(__file__).parent.parent / "data" / "access_logs"
EXPECTED: Final = json.loads((LOGS / "expected.json").read_text())
PLAIN: Final = "cloudfront-v2-plain"
KEY: Final = b"k" * 32
NAMES: Final = sorted(
    path.name
    for path in LOGS.iterdir()
    if path.suffix in {".log", ".gz"} and PLAIN not in path.name
)
COMBINED: Final = (LOGS / "nginx-combined.log").read_text().splitlines(keepends=True)
CLOUDFRONT: Final = (LOGS / "cloudfront-33.log").read_text().splitlines(keepends=True)


@pytest.fixture
def catalog(tmp_path: Path, clock: FrozenClock) -> Iterator[Catalog]:
    """Open an empty catalog."""
    folder = tmp_path / "catalog"
    folder.mkdir()
    with new_catalog(folder, clock) as opened:
        yield opened


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """Make a directory for logs."""
    folder = tmp_path / "logs"
    folder.mkdir()
    return folder


async def ingest(catalog: Catalog, clock: FrozenClock, *paths: Path, **rules: object) -> Report:
    """Ingest logs, and return the report."""
    given = IngestRules(Place("main"), KEY, **rules)  # type: ignore[arg-type]  # as the test says
    return await Ingester(catalog.ingested, given, clock).run(find_logs(map(str, paths)))


async def counted(catalog: Catalog) -> list[Counted]:
    """Return everything that was counted."""
    return await catalog.downloads.each(Selected(), list)


def by_hand() -> set[tuple[object, ...]]:
    """Return what somebody counted by hand."""
    return {tuple(row.values()) for row in EXPECTED["counts"]}


def told(rows: Sequence[Counted]) -> set[tuple[object, ...]]:
    """Return counts in the form of those that were made by hand."""
    return {
        (
            row.day.isoformat(),
            row.project,
            filename_version(row.filename, ProjectName(row.project)),
            row.filename,
            *(row.client.family, row.client.python, row.client.system, row.client.is_mirror),
            row.count,
        )
        for row in rows
    }


def write(path: Path, lines: Sequence[str]) -> Path:
    """Write a log."""
    path.write_text("".join(lines))
    return path


@pytest.mark.parametrize("name", NAMES)
async def test_a95_a97_counts_are_those_that_were_made_by_hand(
    catalog: Catalog, clock: FrozenClock, name: str
) -> None:
    """Of each format, width and order of columns; and again nothing changes."""
    first = await ingest(catalog, clock, LOGS / name)
    again = await ingest(catalog, clock, LOGS / name)

    assert told(await counted(catalog)) == by_hand()
    assert first.counted == EXPECTED["installs"] + EXPECTED["mirror_downloads"]
    assert first.mirrors == EXPECTED["mirror_downloads"]
    assert again.counted == 0
    assert first.bad_lines == (4 if "damaged" in name else 0)


async def test_a95_log_without_its_heading_needs_to_be_told(
    catalog: Catalog, clock: FrozenClock
) -> None:
    """CloudFront's plain form names no columns."""
    fields = (LOGS / f"{PLAIN}.fields").read_text().split()
    form = LogFormat("cloudfront", tuple(fields))

    await ingest(catalog, clock, LOGS / f"{PLAIN}.log", form=form)

    assert told(await counted(catalog)) == by_hand()


@pytest.mark.parametrize("lines", [COMBINED, CLOUDFRONT], ids=["combined", "cloudfront"])
async def test_a95_files_that_overlap_count_each_request_once(
    catalog: Catalog, clock: FrozenClock, logs: Path, lines: list[str]
) -> None:
    """Rotated, cut anywhere, put together, packed, in any order, again and again."""
    heading = [line for line in lines if line.startswith("#")]
    rest = [line for line in lines if not line.startswith("#")]
    chance = random.Random(7)
    for number in range(12):
        start, stop = sorted(chance.sample(range(len(rest) + 1), 2))
        part = [*heading, *rest[start:stop]]
        if number % 3 == 1:
            part += part
        path = write(logs / f"{number}.log", part)
        if number % 3 == 2:
            path.write_bytes(gzip.compress(path.read_bytes()) * 2)
        await ingest(catalog, clock, path)
    whole = write(logs / "whole.log", lines)
    crlf = write(logs / "crlf.log", [line.replace("\n", "\r\n") for line in lines])

    await ingest(catalog, clock, whole, crlf, logs)

    assert told(await counted(catalog)) == by_hand()


async def test_a95_late_lines_land_on_their_own_day(
    catalog: Catalog, clock: FrozenClock, logs: Path
) -> None:
    """Whatever was read before, and in whatever order lines stand."""
    late = write(logs / "late.log", COMBINED[:-1])
    await ingest(catalog, clock, write(logs / "new.log", COMBINED[-1:]))
    before = {row.day for row in await counted(catalog)}
    clock.forward(86_400)

    await ingest(catalog, clock, late)

    assert before == {date(2026, 2, 1)}
    assert told(await counted(catalog)) == by_hand()


async def test_requests_of_one_moment_are_as_many_as_their_lines(
    catalog: Catalog, clock: FrozenClock, logs: Path
) -> None:
    """Many machines behind one address start at once; and still each counts once."""
    line = COMBINED[2]
    path = write(logs / "one.log", [line] * 5)

    await ingest(catalog, clock, path)
    await ingest(catalog, clock, write(logs / "two.log", [line] * 3))
    await ingest(catalog, clock, write(logs / "three.log", [*COMBINED[:2], *[line] * 6]))

    assert sum(row.count for row in await counted(catalog)) == 6


async def test_small_files_are_counted_together(
    catalog: Catalog, clock: FrozenClock, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CDNs write thousands of them; each is known afterwards, also the same one twice."""
    monkeypatch.setattr(ingesting, "_MOST_FILES", 7)
    for number, line in enumerate(COMBINED):
        write(logs / f"{number:02}.log", [line])
        write(logs / f"{number:02}.again.log", [line])

    first = await ingest(catalog, clock, logs)
    again = await ingest(catalog, clock, logs)

    assert told(await counted(catalog)) == by_hand()
    assert (first.files, first.counted) == (2 * len(COMBINED), 11)
    assert again.known_files == again.files


async def test_run_that_ends_in_the_middle_loses_and_doubles_nothing(
    catalog: Catalog, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever batch it was; what was counted stays, and the next run does the rest."""
    monkeypatch.setattr(ingesting, "_MOST_DOWNLOADS", 2)
    monkeypatch.setattr(ingesting, "_MOST_LINES", 2)
    rules = IngestRules(Place("main"), KEY)
    files = find_logs([str(LOGS / "haproxy.log")])
    sums: list[int] = []
    for batches in range(6):
        rows = Failing(catalog.ingested, batches)
        with pytest.raises(Unavailable):
            await Ingester(rows, rules, clock).run(files)
        sums.append(sum(row.count for row in await counted(catalog)))

    await ingest(catalog, clock, LOGS / "haproxy.log")

    assert sums == sorted(sums)
    assert 0 < sums[1] < sums[-1]
    assert told(await counted(catalog)) == by_hand()


class Failing:
    """What the catalog knows of logs, until it cannot be written."""

    def __init__(self, rows: Ingested, batches: int) -> None:
        """Fail after ``batches``."""
        self._left = batches
        self.has_file = rows.has_file
        self.has_source = rows.has_source
        self.note_source = rows.note_source
        self.forget = rows.forget
        self.projects_of = rows.projects_of
        self._rows = rows

    async def add(
        self,
        lines: Sequence[CountedLine],
        files: Sequence[IngestedFile],
        now: Instant,
        **rules: object,
    ) -> AddedLines:
        """Count some lines."""
        if not self._left:
            raise Unavailable("The catalog", "the disk is full")
        self._left -= 1
        return await self._rows.add(lines, files, now, **rules)  # type: ignore[arg-type]  # handed on


async def test_file_with_lines_that_cannot_be_read_is_read_again(
    catalog: Catalog, clock: FrozenClock
) -> None:
    """Somebody may mend it, or a later version understand it; the good lines count once."""
    first = await ingest(catalog, clock, LOGS / "damaged-combined.log")
    again = await ingest(catalog, clock, LOGS / "damaged-combined.log")

    assert (first.bad_lines, again.bad_lines, again.known_files) == (4, 4, 0)
    assert "damaged-combined.log, line 3: " in first.problems[0]
    assert told(await counted(catalog)) == by_hand()


async def test_file_that_grew_while_it_was_read_is_read_again(
    catalog: Catalog, clock: FrozenClock, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log that is written all the time can be ingested all the time."""
    path = write(logs / "access.log", COMBINED[:10])
    plain = read_chunks

    def growing(file: object) -> Iterator[bytes]:
        yield from plain(file)  # type: ignore[arg-type]  # handed on
        write(path, COMBINED[:20])

    monkeypatch.setattr(ingesting, "read_chunks", growing)
    await ingest(catalog, clock, path)
    monkeypatch.undo()
    middle = await ingest(catalog, clock, path)
    await ingest(catalog, clock, write(path, COMBINED))

    assert middle.known_files == 0
    assert told(await counted(catalog)) == by_hand()


async def test_line_that_is_still_being_written_counts_once_it_is_whole(
    catalog: Catalog, clock: FrozenClock, logs: Path
) -> None:
    """Half of it cannot be read."""
    text = "".join(COMBINED)
    path = logs / "access.log"
    for cut in range(len(text) - 400, len(text), 37):
        path.write_text(text[:cut])
        await ingest(catalog, clock, path)

    await ingest(catalog, clock, write(path, COMBINED))

    assert told(await counted(catalog)) == by_hand()


async def test_file_that_cannot_be_opened_is_told(
    catalog: Catalog, clock: FrozenClock, logs: Path
) -> None:
    """The others count."""
    good = write(logs / "good.log", COMBINED)
    bad = write(logs / "bad.log", COMBINED)
    files = find_logs([str(bad), str(good)])
    bad.unlink()

    report = await Ingester(catalog.ingested, IngestRules(Place("main"), KEY), clock).run(files)

    assert report.problems == [f"{bad}: it cannot be read: No such file or directory"]
    assert told(await counted(catalog)) == by_hand()


async def test_name_of_a_file_may_be_any_bytes(
    catalog: Catalog, clock: FrozenClock, logs: Path
) -> None:
    """It is told with them written out."""
    good = write(logs / os.fsdecode(b"caf\xe9.log"), COMBINED)
    bad = write(logs / os.fsdecode(b"caf\xe8.log"), [*COMBINED[:3], "nonsense\n"])

    report = await ingest(catalog, clock, good, bad)

    [problem] = report.problems
    assert "caf\\udce8.log, line 4: " in problem
    assert told(await counted(catalog)) == by_hand()


async def test_file_whose_project_nobody_knows_counts_for_nobody(
    catalog: Catalog, clock: FrozenClock, logs: Path
) -> None:
    """And is told; what our ledger knows counts for whom it was."""
    filenames = ("noversion.tar.gz", "odd.zip", "foo-2-1.tar.gz")
    for name, project in (("odd.zip", "od"), ("foo-2-1.tar.gz", "foo")):
        row = LedgerRow(
            "pypi", ProjectName(project), Filename(name), Sha256("0" * 64), 1, clock.now(), "x"
        )
        await catalog.ledger.record(row)
    lines = [COMBINED[2].replace("demo-1.0-py3-none-any.whl", name) for name in filenames]

    report = await ingest(catalog, clock, write(logs / "odd.log", lines))

    assert {row.filename: row.project for row in await counted(catalog)} == {
        "foo-2-1.tar.gz": "foo"
    }
    assert dict(report.nobodys) == {"noversion.tar.gz": 1, "odd.zip": 1}


async def test_only_as_much_is_kept_of_a_program_as_the_settings_say(
    catalog: Catalog, clock: FrozenClock
) -> None:
    """What is told by family, Python and system is right all the same."""
    settings = StatsSettings(user_agents="program", max_user_agents=3)

    await ingest(catalog, clock, LOGS / "fastly.log", settings=settings)

    found = [row for row in await counted(catalog) if row.day == date(2026, 1, 31)]
    assert len({row.user_agent for row in found} - {"other"}) == 3
    assert not any("{" in row.user_agent for row in found)
    families = {row.client.family for row in found}
    assert {"pip", "uv", "bandersnatch", "devpi", "poetry", "setuptools"} <= families


async def test_days_whose_lines_are_forgotten_are_left_alone(
    catalog: Catalog, clock: FrozenClock, logs: Path
) -> None:
    """A line of such a day may have been counted; it counts where somebody says so, once."""
    settings = StatsSettings(remember_lines_days=2)
    await ingest(catalog, clock, write(logs / "first.log", COMBINED[:11]), settings=settings)
    clock.forward(3 * 86_400)
    rest = write(logs / "all.log", COMBINED)

    left_out = await ingest(catalog, clock, rest, settings=settings)
    before = sum(row.count for row in await counted(catalog))
    late = write(logs / "late.log", COMBINED[11:])
    await ingest(catalog, clock, late, settings=settings)
    said = await ingest(catalog, clock, late, settings=settings, counts_forgotten=True)

    assert left_out.forgotten.total() == 10
    assert left_out.counted == 1
    assert said.counted == 11 - before
    assert told(await counted(catalog)) == by_hand()
