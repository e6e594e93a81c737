"""Connections: one writer, shared commits, snapshots, and two processes on one file."""

import sqlite3
import subprocess
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import anyio
import anyio.to_thread
import pytest
import sqlalchemy as sa

from wheelyard.catalog import Catalog, Change, dialect
from wheelyard.catalog.journal import append_change, select_last
from wheelyard.clock import Instant
from wheelyard.errors import Conflict, Unavailable

pytestmark = pytest.mark.anyio

RunPython = Callable[..., "subprocess.Popen[str]"]


def write_row(connection: sa.Connection, kind: str) -> int:
    """Write one journal row."""
    return append_change(connection, Change(kind), Instant(0))


def break_a_rule(connection: sa.Connection) -> None:
    """Write a row, then do what the schema forbids."""
    write_row(connection, "undone")
    connection.execute(sa.text("DELETE FROM journal"))


class Gate:
    """Work for the writer that waits until it is let through."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.opened = threading.Event()

    def __call__(self, connection: sa.Connection) -> int:
        """Write a row once the gate is open."""
        self.entered.set()
        assert self.opened.wait(180)
        return write_row(connection, "gate")

    async def wait_until_entered(self) -> None:
        """Return when the writer is inside."""
        assert await anyio.to_thread.run_sync(self.entered.wait, 180)


def count_commits(catalog: Catalog) -> Callable[[], int]:
    """Return a function that tells how often the writer has committed from now on."""
    commits: list[sa.Connection] = []
    sa.event.listen(catalog._connections._writer, "commit", commits.append)
    return lambda: len(commits)


async def test_writers_that_wait_share_one_commit(catalog: Catalog) -> None:
    """A hundred pages that arrive together cost two flushes of the disk, not a hundred."""
    gate, commits = Gate(), count_commits(catalog)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(catalog.write, gate)
        await gate.wait_until_entered()
        for number in range(100):
            tasks.start_soon(catalog.write, write_row, f"kind.{number}")
        await anyio.wait_all_tasks_blocked()
        gate.opened.set()

    assert await catalog.journal.last() == 101
    assert commits() == 2


async def test_failing_writer_undoes_nothing_of_its_neighbours(catalog: Catalog) -> None:
    """Work that shares a commit shares no fate."""
    gate = Gate()
    errors: list[Conflict] = []

    async def fail() -> None:
        try:
            await catalog.write(break_a_rule)
        except Conflict as error:
            errors.append(error)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(catalog.write, gate)
        await gate.wait_until_entered()
        tasks.start_soon(catalog.write, write_row, "before")
        tasks.start_soon(fail)
        tasks.start_soon(catalog.write, write_row, "after")
        await anyio.wait_all_tasks_blocked()
        gate.opened.set()

    assert len(errors) == 1
    kinds = [row.kind for row in await catalog.journal.since(0)]
    assert kinds == ["gate", "before", "after"]


async def test_writer_cancelled_before_its_turn_writes_nothing(catalog: Catalog) -> None:
    """A caller who left while waiting leaves no trace."""
    gate = Gate()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(catalog.write, gate)
        await gate.wait_until_entered()
        with anyio.move_on_after(0):
            await catalog.write(write_row, "never")
        gate.opened.set()

    assert [row.kind for row in await catalog.journal.since(0)] == ["gate"]


async def test_writer_cancelled_at_work_finishes(catalog: Catalog) -> None:
    """What has begun is committed: half a transaction helps nobody."""
    gate = Gate()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(catalog.write, gate)
        await gate.wait_until_entered()
        tasks.cancel_scope.cancel()
        gate.opened.set()

    assert await catalog.journal.last() == 1


async def test_error_of_the_callers_own_reaches_the_caller(catalog: Catalog) -> None:
    """Errors that are not the database's pass unchanged, and undo the work."""

    def fail(connection: sa.Connection) -> None:
        write_row(connection, "undone")
        message = "mine"
        raise LookupError(message)

    with pytest.raises(LookupError, match="mine"):
        await catalog.write(fail)

    assert await catalog.journal.last() == 0


async def test_reader_sees_one_snapshot(catalog: Catalog, tmp_path: Path) -> None:
    """Two queries of one read agree, whoever writes between them."""

    def read_twice(connection: sa.Connection) -> tuple[int, int]:
        before = select_last(connection)
        with closing(sqlite3.connect(tmp_path / "catalog.sqlite")) as other, other:
            other.execute("INSERT INTO journal VALUES (NULL, 0, 'kind', '', '', '{}')")
        return before, select_last(connection)

    before, after = await catalog.read(read_twice)

    assert before == after == 0
    assert await catalog.journal.last() == 1


async def test_reader_cannot_write(catalog: Catalog) -> None:
    """Writing through a reader is a mistake that shows at once."""
    with pytest.raises(Unavailable, match="readonly"):
        await catalog.read(write_row, "kind")


async def test_full_disk_is_a_sentence_and_passes(catalog: Catalog) -> None:
    """When there is room again, the same catalog writes again."""
    pages = "PRAGMA max_page_count={}"
    await catalog.write(lambda connection: connection.exec_driver_sql(pages.format(1)))
    big = Change("kind", detail={"x": "y" * 1_000_000})

    with pytest.raises(Unavailable, match="the disk is full; make room and try again"):
        await catalog.journal.append(big)
    await catalog.write(lambda connection: connection.exec_driver_sql(pages.format(2**30)))
    await catalog.journal.append(big)

    assert len(await catalog.journal.since(0)) == 1


async def test_lock_that_is_never_let_go_fails_all_who_wait(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everybody whose work shared the commit is told; when the lock is free, writing goes on."""
    monkeypatch.setattr(dialect, "BUSY_MILLISECONDS", 1)
    reasons: list[str] = []

    async def attempt() -> None:
        try:
            await catalog.write(write_row, "never")
        except Unavailable as error:
            reasons.append(error.reason)

    with closing(sqlite3.connect(tmp_path / "catalog.sqlite")) as other:
        other.execute("BEGIN IMMEDIATE")
        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(attempt)

    await catalog.write(write_row, "at last")

    assert reasons == ["database is locked: another process holds its lock; try again."] * 3
    assert [row.kind for row in await catalog.journal.since(0)] == ["at last"]


WRITER = """
import sys, anyio
from pathlib import Path
from wheelyard.catalog import Change, open_catalog
from wheelyard.clock import SystemClock

async def main(directory, name):
    with open_catalog(Path(directory), SystemClock()) as catalog:
        print("ready", flush=True)
        sys.stdin.readline()
        for number in range(50):
            await catalog.journal.append(Change(f"{name}.{number}"))
            await catalog.journal.since(0)

anyio.run(main, *sys.argv[1:])
"""


@pytest.mark.slow
async def test_two_processes_write_and_read_at_the_same_time(
    catalog: Catalog, run_python: RunPython, tmp_path: Path
) -> None:
    """Nobody sees an error, and nothing of either is lost or out of order."""
    processes = [run_python(WRITER, tmp_path, name) for name in ("one", "two")]
    for process in processes:
        assert process.stdout is not None
        assert await anyio.to_thread.run_sync(process.stdout.readline) == "ready\n"

    watcher = catalog.changes()
    await watcher.poll()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for number in range(50):
        await catalog.journal.append(Change(f"here.{number}"))
    results = [await anyio.to_thread.run_sync(process.communicate) for process in processes]

    assert [error for _, error in results] == ["", ""]
    kinds = [row.kind for row in await watcher.poll()]
    for name in ("one", "two", "here"):
        written = [kind for kind in kinds if kind.startswith(name)]
        assert written == [f"{name}.{number}" for number in range(50)]


@pytest.mark.slow
async def test_process_killed_while_writing_loses_nothing_committed(
    catalog: Catalog, run_python: RunPython, tmp_path: Path
) -> None:
    """What was said to be written before a `kill -9` is there after it, and the file is whole."""
    process = run_python(KILLED, tmp_path)
    assert process.stdout is not None
    said = await anyio.to_thread.run_sync(process.stdout.readline)
    for _ in range(20):
        said = await anyio.to_thread.run_sync(process.stdout.readline)

    process.kill()
    await anyio.to_thread.run_sync(process.wait)

    assert await catalog.journal.last() >= int(said)
    verdict = await catalog.read(
        lambda connection: connection.exec_driver_sql("PRAGMA integrity_check").scalar_one()
    )
    assert verdict == "ok"


KILLED = """
import sys, anyio
from pathlib import Path
from wheelyard.catalog import Change, open_catalog
from wheelyard.clock import SystemClock

async def main(directory):
    with open_catalog(Path(directory), SystemClock()) as catalog:
        big = Change("kind", detail={"x": "y" * 50_000})
        while True:
            print(await catalog.journal.append(big), flush=True)

anyio.run(main, sys.argv[1])
"""
