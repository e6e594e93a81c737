"""People whom somebody else has signed in: known here from then on, in the groups they are in.

What the other side says counts at each arrival and until the next one: only for the groups that
were put under it, and only for those that exist here. All else is as the rows say.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from wheelyard.catalog.audit import Actor, AuditEntry
from wheelyard.catalog.connections import Connections
from wheelyard.catalog.dialect import insert
from wheelyard.catalog.people import note_change
from wheelyard.catalog.people_tables import groups, members, users
from wheelyard.clock import Clock, Instant

__all__ = ["Arrival", "Arrivals"]


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody who was signed in elsewhere. ``managed`` are the groups that elsewhere decides on.

    With ``adds_user`` a user is made if there is none. Only with ``links_any`` may it be a user who
    has a password here, or an administrator: elsewhere, people may choose what they are called.
    """

    user: str
    groups: frozenset[str] = frozenset()
    managed: tuple[str, ...] = ()
    adds_user: bool = False
    links_any: bool = False


class Arrivals:
    """The people of one catalog, as others know them."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock

    async def note(self, arrival: Arrival, actor: Actor) -> bool:
        """Write down what an arrival changes, if anything; say whether it is that user."""
        return await self._connections.write(_note, arrival, actor, self._clock.now())


def _note(connection: sa.Connection, arrival: Arrival, actor: Actor, at: Instant) -> bool:
    if not _has_user(connection, arrival, actor, at):
        return False
    wanted = {"in_groups": list(arrival.managed)}
    for group in connection.execute(_EXISTING, wanted).scalars().all():
        action = _settle(connection, group, arrival)
        if action:
            detail = {"group": group, "user": arrival.user}
            note_change(connection, actor, AuditEntry(action, detail=detail), at)
    return True


def _settle(connection: sa.Connection, group: str, arrival: Arrival) -> str:
    """Put the user into a group or take them out; return what that was, empty if nothing."""
    if group in arrival.groups:
        values = {"group_name": group, "user_name": arrival.user}
        return "member.add" if connection.execute(_JOIN, values).rowcount else ""
    values = {"of_group": group, "of_user": arrival.user}
    return "member.remove" if connection.execute(_LEAVE, values).rowcount else ""


def _has_user(connection: sa.Connection, arrival: Arrival, actor: Actor, at: Instant) -> bool:
    """Say whether there is such a user, perhaps since now; a group has no password to prove."""
    named = {"of_name": arrival.user}
    known = connection.execute(_USER, named).first()
    if known is not None:
        is_guarded = known.password_hash is not None or known.is_admin
        return arrival.links_any or not is_guarded
    if not arrival.adds_user or connection.execute(_GROUP, named).first() is not None:
        return False
    values = {
        "name": arrival.user,
        "password_hash": None,
        "is_admin": False,
        "created_at": at,
        "created_by": actor.name,
    }
    connection.execute(_INSERT, values)
    detail = {"user": arrival.user, "is_admin": False}
    note_change(connection, actor, AuditEntry("user.add", detail=detail), at)
    return True


_USER = sa.select(users.c.password_hash, users.c.is_admin).where(
    users.c.name == sa.bindparam("of_name")
)
_GROUP = sa.select(groups.c.name).where(groups.c.name == sa.bindparam("of_name"))
_INSERT = users.insert()
_EXISTING = (
    sa.select(groups.c.name)
    .where(groups.c.name.in_(sa.bindparam("in_groups", expanding=True)))
    .order_by(groups.c.name)
)
_JOIN = insert(members).on_conflict_do_nothing()
_LEAVE = members.delete().where(
    members.c.group_name == sa.bindparam("of_group"),
    members.c.user_name == sa.bindparam("of_user"),
)
