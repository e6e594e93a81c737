"""Acceptance: other bytes under a name of an upstream, as a new generation."""

from dataclasses import replace

import pytest

from support.hosted_files import SOMEBODY
from wheelyard.catalog import Catalog, LedgerRow, OddPathRow, PageRow
from wheelyard.catalog.acceptance import Acceptance
from wheelyard.clock import FrozenClock, Instant
from wheelyard.names import Filename, ProjectName, Sha256

pytestmark = pytest.mark.anyio

FLASK = ProjectName("flask")
SDIST = Filename("flask-1.0.tar.gz")
ROW = LedgerRow("corp", FLASK, SDIST, Sha256("a" * 64), 10, Instant(5), "index.example")
PATH = OddPathRow("corp", "packages/aa/flask-1.0.tar.gz", FLASK, SDIST)
OTHER = Sha256("b" * 64)
CHANGED = Acceptance(replace(ROW, sha256=OTHER, size=20), PATH, "main", "rebuilt by its owner")


async def test_accepted_bytes_are_the_newest_generation(
    catalog: Catalog, clock: FrozenClock
) -> None:
    """The evidence of what the name stood for stays."""
    await catalog.ledger.record(ROW)

    bound = await catalog.curator.accept(CHANGED, SOMEBODY)

    second = replace(ROW, sha256=OTHER, size=20, generation=2, first_seen=clock.now())
    assert bound == second
    assert await catalog.ledger.of_project("corp", FLASK) == (ROW, second)
    assert [row.filename for row in await catalog.held.find(OTHER)] == [SDIST]
    assert await catalog.odd_paths.load("corp", PATH.path) == PATH


async def test_page_of_the_file_is_rendered_anew_everywhere(catalog: Catalog) -> None:
    """It states the digest that the ledger has; so it has changed."""
    await catalog.ledger.record(ROW)
    page = PageRow("corp", FLASK, "https://index.example/", Instant(5), Instant(5), model=b"m")
    before = await catalog.pages.save(page, "page.changed")

    await catalog.curator.accept(CHANGED, SOMEBODY)

    after = await catalog.pages.load("corp", FLASK)
    assert after is not None
    assert after.revision > before.revision
    [row] = await catalog.journal.since(before.revision)
    assert (row.kind, row.owner, row.project) == ("page.changed", "corp", "flask")


async def test_acceptance_is_audited_with_both_digests(catalog: Catalog) -> None:
    """Whoever asks later sees who believed what, and why."""
    await catalog.ledger.record(ROW)

    await catalog.curator.accept(CHANGED, SOMEBODY)

    [line] = await catalog.audit.since()
    assert (line.action, line.actor, line.index_name) == ("file.accepted", "ada", "main")
    assert line.detail == {
        "filename": SDIST,
        "before": ROW.sha256,
        "sha256": OTHER,
        "source": "index.example",
        "reason": "rebuilt by its owner",
    }


async def test_bytes_that_the_name_stands_for_need_no_acceptance(catalog: Catalog) -> None:
    """Nothing is written."""
    await catalog.ledger.record(ROW)

    assert await catalog.curator.accept(replace(CHANGED, row=ROW), SOMEBODY) == ROW

    assert await catalog.journal.last() == 0
    assert await catalog.audit.since() == ()
