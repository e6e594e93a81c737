"""News are read from where the last reading ended, or done without."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from support.syncing import rules
from wheelyard.catalog import Catalog, open_catalog
from wheelyard.catalog.mirrored import Heard
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent, Unavailable, WheelyardError
from wheelyard.mirror.sync.listing import Changes, ChangeSource, Listing, News
from wheelyard.mirror.sync.news import Reading, read_news
from wheelyard.mirror.wanted import Wanted
from wheelyard.names import ProjectName

pytestmark = pytest.mark.anyio

A, B = ProjectName("a"), ProjectName("b")
ALL = Wanted(everything=True)


@dataclass
class Source:
    """Tells what it is given, and remembers from where it was asked to go on."""

    answer: News | WheelyardError
    kind: str = "feed"
    marks: list[str] = field(default_factory=list)

    async def news(self, mark: str) -> News:
        """Return the answer."""
        self.marks.append(mark)
        if isinstance(self.answer, WheelyardError):
            raise self.answer
        return self.answer


@pytest.fixture
def catalog(tmp_path: Path, clock: FrozenClock) -> Iterator[Catalog]:
    """Open an empty catalog."""
    with open_catalog(tmp_path, clock) as opened:
        yield opened


async def read(catalog: Catalog, source: ChangeSource, wanted: Wanted = ALL) -> Reading:
    """Return a whole reading, and keep where it ended."""
    reading = await read_news(catalog, "corp", source, wanted, is_whole=True)
    if reading.heard is not None:
        await catalog.mirrored.save_heard("corp", reading.heard)
    return reading


async def test_reading_goes_on_where_the_last_one_ended(catalog: Catalog) -> None:
    """If it was of the same kind, for the same projects."""
    source = Source(Listing({A: 1}, "41"))
    await read(catalog, source)
    source.answer = Changes({A: 2}, "42")
    await read(catalog, source)
    await read(catalog, source)

    assert source.marks == ["", "41", "42"]


async def test_everything_is_read_for_other_projects_or_by_another_source(
    catalog: Catalog,
) -> None:
    """Its mark says nothing of what nobody wanted then, and nothing to another kind."""
    source = Source(Listing({A: 1}, "41"))
    await read(catalog, source)
    await read(catalog, source, Wanted(projects=rules("a")))
    other = Source(Listing({A: 1}, "x"), kind="calls")
    await read(catalog, other, Wanted(projects=rules("a")))

    assert (source.marks, other.marks) == (["", ""], [""])


async def test_run_for_some_projects_reads_everything_and_leaves_no_mark(
    catalog: Catalog,
) -> None:
    """What it does not look at would be taken for done."""
    await catalog.mirrored.save_heard("corp", Heard("feed", "41", "whatever"))
    source = Source(Listing({A: 1}, "42"))
    reading = await read_news(catalog, "corp", source, ALL, is_whole=False)

    assert (source.marks, reading.heard) == ([""], None)


async def test_source_without_marks_leaves_none(catalog: Catalog) -> None:
    """A list is read whole each time."""
    assert (await read(catalog, Source(Listing({A: 1})))).heard is None


async def test_named_projects_are_asked_for_without_any_list(catalog: Catalog) -> None:
    """An upstream that has none is no obstacle; one that fails is a problem all the same."""
    wanted = Wanted(projects=rules("a", "b"))
    absent = await read(catalog, Source(Absent("The list")), wanted)
    out = await read(catalog, Source(Unavailable("The list", "no answer")), wanted)

    assert absent == Reading(Changes({A: None, B: None}, ""))
    assert out.news == absent.news
    assert "no answer" in out.problem


async def test_run_for_a_few_named_projects_asks_for_no_list(catalog: Catalog) -> None:
    """Two pages come sooner than the list of everything."""
    source, wanted = Source(Listing({A: 1})), Wanted(projects=rules("a", "b"))
    reading = await read_news(catalog, "corp", source, wanted, is_whole=False)

    assert reading == Reading(Changes({A: None, B: None}, ""))
    assert source.marks == []


async def test_patterns_need_a_list(catalog: Catalog) -> None:
    """Without one nobody can say what they mean."""
    reading = await read(catalog, Source(Absent("The list")), Wanted(projects=rules("a*")))

    assert reading.news == Changes({}, "")
    assert "The list" in reading.problem
