"""Since when a held file is on no page any more."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mirror.yards import NOW, Yard, open_yard
from wheelyard.catalog import HeldRow
from wheelyard.clock import Instant
from wheelyard.mirror import marking
from wheelyard.mirror.marking import Marks, mark, survey

pytestmark = pytest.mark.anyio


@pytest.fixture
async def yard(tmp_path: Path) -> AsyncIterator[Yard]:
    """Return an empty data directory."""
    async with open_yard(tmp_path / "data") as opened:
        yield opened


async def marks(yard: Yard, *rows: HeldRow) -> list[float | None]:
    """Return since when each of these is on no page."""
    found: list[float | None] = []
    for row in rows:
        [name] = await yard.catalog.held.find(row.sha256)
        found.append(name.unlisted_at)
    return found


async def test_file_that_its_page_lost_is_marked(yard: Yard) -> None:
    """What the page lists is not, nor is a project without a page."""
    kept, lost = await yard.hold("demo-2.0.tar.gz"), await yard.hold("demo-1.0.tar.gz")
    pageless = await yard.hold("other-1.0.tar.gz")
    await yard.list_page("demo", kept)

    found = await mark(yard.catalog, Instant(NOW))

    assert found == 1
    assert await marks(yard, kept, lost, pageless) == [None, NOW, None]


async def test_survey_says_the_same_and_writes_nothing(yard: Yard) -> None:
    """What a dry run goes by."""
    lost, back = await yard.hold("demo-1.0.tar.gz"), await yard.hold("other-1.0.tar.gz")
    await yard.list_page("demo")
    await yard.list_page("other", back)
    await yard.catalog.held.note_unlisted("corp", back.project, [], Instant(5.0))

    found = await survey(yard.catalog)

    assert found == Marks(
        lost={("corp", lost.project, lost.filename)},
        back={("corp", back.project, back.filename)},
    )
    assert await marks(yard, lost, back) == [None, 5.0]


async def test_marks_are_laid_over_what_is_known(yard: Yard) -> None:
    """As if they had been written."""
    row = await yard.hold("demo-1.0.tar.gz")
    blob = await yard.catalog.blob_names.of_digest(row.sha256)
    assert blob is not None
    key = ("corp", row.project, row.filename)

    lost = Marks(lost={key}).laid_over(blob, Instant(NOW))
    back = Marks(back={key}).laid_over(lost, Instant(NOW))

    assert lost.names[0].gone_at == NOW
    assert back == blob == Marks().laid_over(blob, Instant(NOW))


async def test_every_project_is_looked_at(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many there are: their names come in pages."""
    monkeypatch.setattr(marking, "_STEP", 2)
    rows = [await yard.hold(f"{name}-1.0.tar.gz") for name in "abcde"]
    for row in rows:
        await yard.list_page(row.project)

    assert await mark(yard.catalog, Instant(NOW)) == 5
    assert await marks(yard, *rows) == [NOW] * 5


async def test_files_of_a_directory_of_ours_are_not_marked(yard: Yard) -> None:
    """They are where they are, and not in the store."""
    row = await yard.hold("demo-1.0.tar.gz", "directory:main")
    await yard.list_page("demo", owner="directory:main")

    assert await mark(yard.catalog, Instant(NOW)) == 0
    assert await marks(yard, row) == [None]
