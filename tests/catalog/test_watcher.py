"""The watcher: every change once, whoever made it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from wheelyard.catalog import Catalog, Change
from wheelyard.errors import Unavailable

pytestmark = pytest.mark.anyio


def write_elsewhere(directory: Path, kind: str) -> None:
    """Write a journal row as another program would: through its own connection."""
    with closing(sqlite3.connect(directory / "catalog.sqlite")) as other, other:
        other.execute("INSERT INTO journal VALUES (NULL, 0, ?, '', '', '{}')", (kind,))


async def test_first_poll_sets_the_mark(catalog: Catalog) -> None:
    """What was there before somebody began to watch is not news."""
    await catalog.journal.append(Change("old"))
    watcher = catalog.changes()

    assert await watcher.poll() == ()

    await catalog.journal.append(Change("new"))
    assert [row.kind for row in await watcher.poll()] == ["new"]


async def test_watcher_with_a_mark_sees_what_came_after_it(catalog: Catalog) -> None:
    """Somebody who knows a serial misses nothing after it."""
    await catalog.journal.append(Change("seen"))
    await catalog.journal.append(Change("missed"))

    rows = await catalog.changes(since=1).poll()

    assert [row.kind for row in rows] == ["missed"]


async def test_change_of_another_program_is_seen_once(catalog: Catalog, tmp_path: Path) -> None:
    """A yank on the command line reaches the running server."""
    watcher = catalog.changes()
    await watcher.poll()
    write_elsewhere(tmp_path, "file.yanked")

    assert [row.kind for row in await watcher.poll()] == ["file.yanked"]

    assert await watcher.poll() == ()


async def test_changes_of_both_sides_are_seen_in_order(catalog: Catalog, tmp_path: Path) -> None:
    """The order is that of the serials."""
    watcher = catalog.changes()
    await watcher.poll()
    await catalog.journal.append(Change("here"))
    write_elsewhere(tmp_path, "there")
    await catalog.journal.append(Change("here again"))

    rows = await watcher.poll()

    assert [row.kind for row in rows] == ["here", "there", "here again"]


async def test_quiet_poll_does_not_read_the_journal(catalog: Catalog) -> None:
    """Five polls a second cost nothing while nothing happens."""
    watcher = catalog.changes()
    await watcher.poll()
    statements: list[str] = []

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    sa.event.listen(catalog._connections._lookers, "before_cursor_execute", note)
    await watcher.poll()

    assert statements == ["PRAGMA data_version"]


async def test_thousands_of_changes_come_in_portions(catalog: Catalog) -> None:
    """A long absence does not fill the memory; the next poll goes on."""

    def write_many(connection: sa.Connection) -> None:
        statement = "INSERT INTO journal VALUES (NULL, 0, 'kind', '', '', '{}')"
        for _ in range(2_500):
            connection.exec_driver_sql(statement)

    watcher = catalog.changes()
    await watcher.poll()
    await catalog.write(write_many)

    portions = [len(await watcher.poll()) for _ in range(4)]

    assert portions == [1_000, 1_000, 500, 0]


async def test_poll_after_an_error_misses_nothing(catalog: Catalog) -> None:
    """Numbers of an older connection are not compared with those of the next."""
    watcher = catalog.changes()
    await watcher.poll()
    await catalog.journal.append(Change("during the trouble"))

    def fail(connection: sa.Connection) -> None:
        connection.exec_driver_sql("SELECT * FROM nowhere")

    look, watcher._look = watcher._look, fail  # type: ignore[method-assign, assignment]  # a disk error on demand
    with pytest.raises(Unavailable):
        await watcher.poll()
    watcher._look = look  # type: ignore[method-assign]  # the disk is well again

    assert [row.kind for row in await watcher.poll()] == ["during the trouble"]
