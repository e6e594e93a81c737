"""The audit log: every change with who, when and from where, and no change of the log itself."""

import pytest

from support.hosted_files import SOMEBODY
from wheelyard.catalog import Actor, AuditEntry, Catalog, append_audit
from wheelyard.clock import FrozenClock

pytestmark = pytest.mark.anyio

ENTRY = AuditEntry("login.refused", "main", "demo", {"why": "expired", "tries": 3})


async def test_line_comes_back_as_it_was_written(catalog: Catalog, clock: FrozenClock) -> None:
    """With the detail as it was, and the time of this moment."""
    await catalog.audit.append(SOMEBODY, ENTRY)

    [line] = await catalog.audit.since()

    assert (line.actor, line.origin, line.at) == ("ada", "127.0.0.1", clock.now())
    assert (line.action, line.index_name, line.project) == ("login.refused", "main", "demo")
    assert line.detail == {"why": "expired", "tries": 3}


async def test_lines_are_read_in_pieces(catalog: Catalog) -> None:
    """An export goes on where it stopped, and misses nothing."""
    for number in range(5):
        await catalog.audit.append(Actor(f"user{number}"), AuditEntry("x"))

    first = await catalog.audit.since(0, 3)
    second = await catalog.audit.since(first[-1].id, 3)

    assert [line.actor for line in (*first, *second)] == [f"user{number}" for number in range(5)]
    assert await catalog.audit.since(second[-1].id) == ()


async def test_line_of_a_change_that_did_not_happen_is_not_there(catalog: Catalog) -> None:
    """It is written in the transaction of the change: both or neither."""

    def broken(connection: object) -> None:
        append_audit(connection, SOMEBODY, ENTRY, catalog.identity.created_at)  # type: ignore[arg-type]  # what `write` hands over
        message = "no"
        raise RuntimeError(message)

    with pytest.raises(RuntimeError, match="no"):
        await catalog.write(broken)

    assert await catalog.audit.since() == ()
