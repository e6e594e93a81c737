"""Every query about what is our own finds its rows through an index."""

import sqlite3
from collections.abc import Callable, Mapping

import pytest
import sqlalchemy as sa

from support.hosted_files import MAIN_OWNER, SOMEBODY, hosted_file, publish
from wheelyard.catalog import Catalog, hosted_owner
from wheelyard.catalog.curation import Lifting, Removal, Yank
from wheelyard.catalog.dialect import PreparedChange
from wheelyard.catalog.promotion import Promotion
from wheelyard.decide.retention import RetentionRules
from wheelyard.names import ProjectName

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.blocking(reason="one indexed look-up in place is what the `_now` methods are for"),
]

DEMO = ProjectName("demo")
RULES = RetentionRules(development_builds=1)


async def use_everything(catalog: Catalog) -> None:
    """Ask every question about one project, and change all of it once."""
    for filename in ("demo-1.0.tar.gz", "demo-1.1.dev1.tar.gz", "demo-1.1.dev2.tar.gz"):
        await publish(catalog, filename)
    catalog.hosting.is_hosted_now(DEMO)
    catalog.hosting.revision_now(MAIN_OWNER, DEMO)
    catalog.hosting.owner_revision_now(MAIN_OWNER)
    await catalog.hosting.load(MAIN_OWNER, DEMO)
    await catalog.hosting.projects(MAIN_OWNER)
    await catalog.hosting.owners_of(DEMO)
    await catalog.curator.yank(Yank(MAIN_OWNER, DEMO, "1.0", "x"), SOMEBODY)
    wanted = Promotion(MAIN_OWNER, hosted_owner("prod"), DEMO, "1.0")
    await catalog.curator.promote(wanted, SOMEBODY)
    planned = await catalog.curator.expiring(MAIN_OWNER, RULES)
    assert await catalog.curator.expire(MAIN_OWNER, planned, RULES, SOMEBODY)
    await catalog.curator.delete(Removal(MAIN_OWNER, DEMO, "1.0"), SOMEBODY)
    await catalog.hosting.tombstones(MAIN_OWNER, DEMO)
    lifting = Lifting(MAIN_OWNER, DEMO, hosted_file("demo-1.0.tar.gz").filename)
    await catalog.curator.lift(lifting, SOMEBODY)
    await catalog.curator.delete(Removal(MAIN_OWNER, DEMO, None), SOMEBODY)
    await catalog.curator.delete(
        Removal(hosted_owner("prod"), DEMO, None, gives_up_name=True), SOMEBODY
    )


def noting(seen: list[tuple[str, object]]) -> Callable[..., None]:
    """Return what notes a statement with its parameters."""

    def note(*arguments: object) -> None:
        seen.append((str(arguments[2]), arguments[3]))

    return note


def note_prepared(seen: list[tuple[str, object]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Note the statements that are said to the driver itself."""
    execute = PreparedChange._execute

    def noted(
        self: PreparedChange, connection: sa.Connection, parameters: Mapping[str, object]
    ) -> sqlite3.Cursor:
        seen.append((self._text, {**self._constants, **parameters}))
        return execute(self, connection, parameters)

    monkeypatch.setattr(PreparedChange, "_execute", noted)


async def test_no_query_walks_through_a_table(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With tens of thousands of files, and of deleted ones, each look-up takes microseconds.

    `is_hosted_now` is asked at every request for a name, on the event loop.
    """
    seen: list[tuple[str, object]] = []
    connections = catalog._connections
    for engine in (connections._readers, connections._writer, connections._lookers):
        sa.event.listen(engine, "before_cursor_execute", noting(seen))
    note_prepared(seen, monkeypatch)
    await use_everything(catalog)
    verbs = ("SELECT", "UPDATE", "DELETE", "INSERT")

    def explain(connection: sa.Connection) -> dict[str, str]:
        plans = {}
        for query, parameters in seen:
            driver = connection.connection.driver_connection
            assert driver is not None
            if query.startswith(verbs):
                rows = driver.execute(f"EXPLAIN QUERY PLAN {query}", parameters)
                plans[query] = " ".join(row[3] for row in rows)
        return plans

    plans = await catalog.read(explain)

    assert len(plans) > 20
    assert {query: plan for query, plan in plans.items() if "SCAN" in plan} == {}
