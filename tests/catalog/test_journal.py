"""The journal: serials that grow, rows that stay."""

import pytest
import sqlalchemy as sa

from wheelyard.catalog import Catalog, Change, JournalRow
from wheelyard.clock import FrozenClock
from wheelyard.errors import Conflict

pytestmark = pytest.mark.anyio


async def test_empty_journal_has_serial_zero(catalog: Catalog) -> None:
    """Somebody who has seen nothing asks for what came after 0."""
    assert await catalog.journal.last() == 0
    assert await catalog.journal.since(0) == ()


async def test_appended_change_comes_back_with_its_serial(
    catalog: Catalog, clock: FrozenClock
) -> None:
    """A change keeps its kind, its subject, its detail and the time."""
    detail = {"names": ["a", "b"], "reason": "é", "count": 3}

    serial = await catalog.journal.append(Change("file.yanked", "private", "flask", detail))

    expected = JournalRow(serial, clock.now(), "file.yanked", "private", "flask", detail)
    assert await catalog.journal.since(0) == (expected,)
    assert await catalog.journal.last() == serial


async def test_since_returns_a_limited_number_oldest_first(catalog: Catalog) -> None:
    """Readers page through the journal by the last serial they saw."""
    serials = [await catalog.journal.append(Change(f"kind.{number}")) for number in range(5)]

    some = await catalog.journal.since(serials[1], limit=2)

    assert [row.serial for row in some] == serials[2:4]
    assert serials == sorted(set(serials))


async def test_last_of_owners_is_their_newest_change_of_a_project(catalog: Catalog) -> None:
    """Up to a serial; what is no project's, or somebody else's, is left out."""
    ours = Change("file.added", "hosted:main", "acme")
    first = await catalog.journal.append(ours)
    second = await catalog.journal.append(ours)
    await catalog.journal.append(Change("file.added", "hosted:other", "inside"))
    last = await catalog.journal.append(Change("access.changed", "hosted:main"))
    owners = ["hosted:main", "corp"]

    newest = await catalog.journal.last_of(owners, last)
    before = await catalog.journal.last_of(owners, second - 1)

    assert newest is not None
    assert (newest.serial, newest.project, before and before.serial) == (second, "acme", first)
    assert await catalog.journal.last_of(owners, first - 1) is None
    assert await catalog.journal.last_of([], last) is None


@pytest.mark.parametrize("statement", ["UPDATE journal SET kind = 'x'", "DELETE FROM journal"])
async def test_journal_rows_cannot_be_changed(catalog: Catalog, statement: str) -> None:
    """What was announced stays announced."""
    await catalog.journal.append(Change("kind"))

    with pytest.raises(Conflict, match="rows of journal are never changed"):
        await catalog.write(lambda connection: connection.execute(sa.text(statement)))


async def test_append_in_a_failing_transaction_leaves_no_row(catalog: Catalog) -> None:
    """A change that did not happen is not announced."""
    with pytest.raises(Conflict):
        await catalog.write(_append_and_fail)

    assert await catalog.journal.last() == 0


def _append_and_fail(connection: sa.Connection) -> None:
    connection.execute(sa.text("INSERT INTO journal VALUES (1, 0, 'kind', '', '', '{}')"))
    connection.execute(sa.text("DELETE FROM journal"))
