"""Every query of the room finds its rows through an index."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from support.fakes import make_file
from wheelyard.catalog import (
    Actor,
    Catalog,
    Change,
    DocumentKey,
    DocumentRow,
    DoorRow,
    HeldRow,
    LedgerRow,
    MetadataRow,
    OddPathRow,
    OutageRow,
    PageRow,
)
from wheelyard.catalog.pins import pin_of
from wheelyard.clock import Instant
from wheelyard.model import FileRef, Project, ProjectStatus
from wheelyard.names import Filename, IndexName, ProjectName, Sha256

pytestmark = pytest.mark.anyio

NOW = Instant(1)
FLASK = ProjectName("flask")
SDIST = Filename("flask-1.0.tar.gz")
DIGEST = Sha256("a" * 64)
_USED = "UPDATE held SET last_used_at"
MAIN = IndexName("main")


@contextmanager
def noted(catalog: Catalog) -> Iterator[list[tuple[str, object]]]:
    """Note every statement with its parameters."""
    seen: list[tuple[str, object]] = []

    def note(*arguments: object) -> None:
        seen.append((str(arguments[2]), arguments[3]))

    connections = catalog._connections
    for engine in (connections._readers, connections._writer, connections._lookers):
        sa.event.listen(engine, "before_cursor_execute", note)
    yield seen


async def use_everything(catalog: Catalog) -> None:
    """Ask every question and write every row once."""
    root = DocumentKey("pypi", "root")
    await catalog.pages.save(PageRow("pypi", FLASK, "url", NOW, NOW), "page.changed")
    await catalog.pages.save(PageRow("pypi", FLASK, "url", NOW, NOW))
    await catalog.pages.renew(PageRow("pypi", FLASK, "url", NOW, NOW), "page.changed")
    await catalog.pages.mark("pypi", FLASK, "page.changed")
    await catalog.pages.load("pypi", FLASK)
    await catalog.pages.touch("pypi", FLASK, NOW, None)
    await catalog.pages.names("pypi")
    await catalog.pages.remove("pypi", FLASK, "page.changed")
    await catalog.documents.save(DocumentRow("pypi", "root", "", "url", NOW, NOW))
    await catalog.documents.load(root)
    await catalog.documents.touch(root, NOW, None)
    await catalog.documents.remove(root)
    await catalog.ledger.record(LedgerRow("pypi", FLASK, SDIST, DIGEST, 1, NOW, "pypi"))
    await catalog.ledger.load("pypi", FLASK, SDIST)
    await catalog.ledger.of_project("pypi", FLASK)
    await catalog.ledger.of_digest(DIGEST)
    await catalog.held.keep(LedgerRow("pypi", FLASK, SDIST, DIGEST, 1, NOW, "pypi"))
    await catalog.held.save(HeldRow(DIGEST, "pypi", FLASK, SDIST, 1, NOW, NOW))
    await catalog.held.used([DIGEST])
    await catalog.held.find(DIGEST)
    await catalog.held.of_project("pypi", FLASK)
    await catalog.held.remove(DIGEST)
    await catalog.doors.record(MAIN, [DoorRow("door", "url")])
    await catalog.doors.load(MAIN)
    await catalog.metadata_files.save(MetadataRow(DIGEST, DIGEST, 1, "wheel", NOW))
    await catalog.metadata_files.load(DIGEST)
    await catalog.odd_paths.save(OddPathRow("pypi", "/path", FLASK, SDIST))
    await catalog.odd_paths.load("pypi", "/path")
    pin = pin_of("pypi", FileRef(FLASK, make_file(SDIST)), "app", "ada", NOW)
    await catalog.pins.add([pin], Actor("ada"))
    catalog.pins.of_project_now("pypi", FLASK)
    await catalog.pins.is_pinned(DIGEST)
    await catalog.pins.note_page("pypi", Project(FLASK, status=ProjectStatus("quarantined")))
    began = await catalog.outages.begin(OutageRow("door", "url", NOW))
    assert began is not None
    await catalog.outages.add(began, 1, 1)
    await catalog.outages.end(began, NOW)
    await catalog.outages.last("url")
    await catalog.outages.since(NOW)
    await catalog.journal.append(Change("kind"))
    await catalog.journal.since(0)
    await catalog.journal.last()
    await catalog.changes().poll()


async def test_no_query_walks_through_a_table(catalog: Catalog) -> None:
    """With 700,000 projects a walk would take a second; each look-up here takes microseconds.

    Nor does a query need a newer SQLite than the oldest that a supported Python comes with.
    """
    with noted(catalog) as statements:
        await use_everything(catalog)
    verbs = ("SELECT", "UPDATE", "DELETE", "INSERT")
    queries = [query for query in statements if query[0].startswith(verbs)]

    def explain(connection: sa.Connection) -> dict[str, list[str]]:
        plans = {}
        for query, parameters in queries:
            driver = connection.connection.driver_connection
            assert driver is not None
            rows = driver.execute(f"EXPLAIN QUERY PLAN {query}", parameters)
            plans[query] = [row[3] for row in rows]
        return plans

    plans = await catalog.read(explain)

    assert len(plans) > 20
    assert [query for query in plans if "RETURNING" in query] == []
    assert {query: plan for query, plan in plans.items() if "SCAN" in " ".join(plan)} == {}
    used = next(plan for query, plan in plans.items() if query.startswith(_USED))
    assert "sha256=?" in used[0]
