"""Many pages written at once: each as it would be alone, and none over a newer one."""

from dataclasses import replace

import pytest

from wheelyard.catalog import Catalog, PageRow
from wheelyard.catalog.base import LedgerRow
from wheelyard.catalog.renewals import Renewal, Written
from wheelyard.clock import Instant
from wheelyard.names import Filename, ProjectName, Sha256

pytestmark = pytest.mark.anyio

KIND = "page.changed"
FLASK, DJANGO = ProjectName("flask"), ProjectName("django")


def page(project: ProjectName, at: float) -> PageRow:
    """Return a page as it was read at some time."""
    return PageRow("pypi", project, "https://index.example/", Instant(at), Instant(at), etag="x")


async def test_new_pages_are_written_with_a_journal_entry_each(catalog: Catalog) -> None:
    """In one go; the revision of each is its own entry's serial."""
    rows = [Renewal(page(FLASK, 10), b"flask"), Renewal(page(DJANGO, 10), b"django")]

    written = await catalog.renewals.write(rows, KIND)
    held = await catalog.pages.load("pypi", DJANGO)
    journal = await catalog.journal.since(0)

    assert [(row.project, row.serial) for row in journal] == [
        (each.row.project, result.revision)
        for each, result in zip(rows, written, strict=True)
        if result is not None
    ]
    assert held is not None
    assert (held.model, held.revision, held.etag) == (b"django", journal[-1].serial, "x")


async def test_same_content_keeps_its_revision(catalog: Catalog) -> None:
    """Only the times are new: nothing is rendered again, and nobody is told."""
    [first] = await catalog.renewals.write([Renewal(page(FLASK, 10), b"one")], KIND)
    [same] = await catalog.renewals.write([Renewal(page(FLASK, 20), b"one", Instant(10))], KIND)
    [other] = await catalog.renewals.write([Renewal(page(FLASK, 30), b"two", Instant(20))], KIND)
    held = await catalog.pages.load("pypi", FLASK)

    assert first is not None
    assert same == first
    assert other is not None
    assert other.revision > first.revision
    assert held is not None
    assert held.checked_at == 30.0


async def test_confirmed_page_is_only_touched(catalog: Catalog) -> None:
    """It was not sent again, so nothing but its age changes."""
    [first] = await catalog.renewals.write([Renewal(page(FLASK, 10), b"one")], KIND)
    confirmed = replace(page(FLASK, 10), checked_at=Instant(50), lifetime_seconds=7.0)

    [again] = await catalog.renewals.write([Renewal(confirmed, b"", Instant(10))], KIND)
    held = await catalog.pages.load("pypi", FLASK)

    assert again == first
    assert held is not None
    assert (held.model, held.fetched_at, held.checked_at) == (b"one", 10.0, 50.0)
    assert held.lifetime_seconds == 7.0


@pytest.mark.parametrize("seen", [None, 5.0], ids=["thought-new", "seen-before"])
async def test_page_renewed_by_others_is_left_alone(catalog: Catalog, seen: float | None) -> None:
    """What came late never takes the place of what came in between."""
    await catalog.renewals.write([Renewal(page(FLASK, 10), b"newer")], KIND)
    late = Renewal(page(FLASK, 8), b"older", None if seen is None else Instant(seen))

    written = await catalog.renewals.write([late, Renewal(page(DJANGO, 8), b"django")], KIND)
    held = await catalog.pages.load("pypi", FLASK)

    assert written[0] is None
    assert written[1] is not None
    assert held is not None
    assert held.model == b"newer"


async def test_page_forgotten_meanwhile_is_not_brought_back(catalog: Catalog) -> None:
    """Somebody found out that it is gone: the one who asked earlier asks again."""
    late = Renewal(page(FLASK, 8), b"older", Instant(5))

    assert await catalog.renewals.write([late], KIND) == [None]
    assert await catalog.pages.load("pypi", FLASK) is None


async def test_evidence_of_a_project_is_told(catalog: Catalog) -> None:
    """Whoever has none need not look for it; that of another owner is none."""
    for owner, project in (("pypi", FLASK), ("other", DJANGO)):
        name = Filename(f"{project}-1.0.tar.gz")
        digest = Sha256("0" * 64)
        await catalog.ledger.record(LedgerRow(owner, project, name, digest, 1, Instant(1), ""))
    rows = [Renewal(page(name, 10), b"one") for name in (FLASK, DJANGO)]

    flask, django = await catalog.renewals.write(rows, KIND)

    assert isinstance(flask, Written)
    assert isinstance(django, Written)
    assert (flask.has_evidence, django.has_evidence) == (True, False)
    assert catalog.ledger.knows_now("pypi", FLASK)
    assert not catalog.ledger.knows_now("pypi", DJANGO)
