"""People: users, groups, members, and the roles that were given to either.

Names of users and groups share one namespace, so that a role's subject is never ambiguous.  Every
change is one transaction with a journal row, by which other processes notice it, and an audit row.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from wheelyard.catalog.audit import Actor, AuditEntry, append_audit
from wheelyard.catalog.base import Change
from wheelyard.catalog.connections import Connections
from wheelyard.catalog.dialect import insert
from wheelyard.catalog.journal import append_change
from wheelyard.catalog.people_tables import grants, groups, members, tokens, users
from wheelyard.catalog.rows import columns_of, values_of
from wheelyard.clock import Clock, Instant
from wheelyard.errors import Absent, Conflict

__all__ = [
    "ACCESS_CHANGED",
    "GrantRow",
    "GroupRow",
    "NewUser",
    "People",
    "UserRow",
    "note_change",
    "refuse_unknown_user",
]

ACCESS_CHANGED = "access.changed"
"""The journal says that something changed and not what: others than administrators read it."""


@dataclass(frozen=True, slots=True)
class NewUser:
    """Somebody to be added. Without a hash they sign in elsewhere, or with tokens alone."""

    name: str
    password_hash: str | None = field(default=None, repr=False)
    is_admin: bool = False


@dataclass(frozen=True, slots=True)
class UserRow:
    """One user, as lists show them: with groups, and without anything secret."""

    name: str
    is_admin: bool
    has_password: bool
    created_at: Instant
    created_by: str
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One group with the names of its members."""

    name: str
    created_at: Instant
    created_by: str
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GrantRow:
    """A role of a user or a group. An empty ``index_name`` or ``project`` means every one."""

    subject: str
    role: str
    index_name: str = ""
    project: str = ""


class People:
    """The users, groups and roles of one catalog."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock

    async def users(self) -> tuple[UserRow, ...]:
        """Return every user, by name."""
        return await self._connections.read(_select_users)

    async def groups(self) -> tuple[GroupRow, ...]:
        """Return every group, by name."""
        return await self._connections.read(_select_groups)

    async def grants(self, subject: str | None = None) -> tuple[GrantRow, ...]:
        """Return every role that was given, or those of one user or group, by subject."""
        return await self._connections.read(_select_grants, subject)

    async def add_user(self, user: NewUser, actor: Actor) -> None:
        """Write down a new user.

        Raises:
            Conflict: a user or a group has the name.
        """
        await self._connections.write(_add_user, user, actor, self._clock.now())

    async def remove_user(self, name: str, actor: Actor) -> None:
        """Remove a user from everywhere: groups, roles, tokens. The audit log keeps the name.

        Raises:
            Absent: there is no such user.
        """
        await self._connections.write(_remove_user, name, actor, self._clock.now())

    async def set_password(self, name: str, password_hash: str, actor: Actor) -> None:
        """Give a user another password.

        Raises:
            Absent: there is no such user.
        """
        await self._connections.write(_set_password, name, password_hash, actor, self._clock.now())

    async def add_group(self, name: str, users: Sequence[str], actor: Actor) -> None:
        """Put ``users`` into a group, which is made if there is none.

        Raises:
            Absent: there is no user of one of the names; nobody was put in.
            Conflict: a user has the name, or the group is there and nobody is to be put in.
        """
        await self._connections.write(_add_group, name, users, actor, self._clock.now())

    async def remove_members(self, name: str, users: Sequence[str], actor: Actor) -> None:
        """Take ``users`` out of a group.

        Raises:
            Absent: there is no such group, or one of them is not in it; nobody was taken out.
        """
        await self._connections.write(_remove_members, name, users, actor, self._clock.now())

    async def remove_group(self, name: str, actor: Actor) -> None:
        """Remove a group, and the roles that its members had through it.

        Raises:
            Absent: there is no such group.
        """
        await self._connections.write(_remove_group, name, actor, self._clock.now())

    async def grant(self, grant: GrantRow, actor: Actor) -> bool:
        """Give a role to a user or a group; say whether they did not have it already.

        Raises:
            Absent: there is neither a user nor a group of that name.
        """
        return await self._connections.write(_grant, grant, actor, self._clock.now())

    async def revoke(self, grant: GrantRow, actor: Actor) -> None:
        """Take back a role, in exactly the place where it was given.

        Raises:
            Absent: it was never given there.
        """
        await self._connections.write(_revoke, grant, actor, self._clock.now())


def note_change(connection: sa.Connection, actor: Actor, entry: AuditEntry, at: Instant) -> None:
    """Write both the journal's row and the audit log's, in the transaction of the change."""
    append_change(connection, Change(ACCESS_CHANGED), at)
    append_audit(connection, actor, entry, at)


def refuse_unknown_user(connection: sa.Connection, name: str) -> None:
    """Let the transaction fail if there is no user of that name.

    Raises:
        Absent: there is none.
    """
    if connection.execute(_USER_NAMED, {"of_name": name}).first() is None:
        raise Absent(f"The user `{name}`", "this server: `wheelyard user list` shows who does")


def _select_users(connection: sa.Connection) -> tuple[UserRow, ...]:
    groups_of: dict[str, list[str]] = {}
    for group, user in connection.execute(_MEMBERS):
        groups_of.setdefault(user, []).append(group)
    return tuple(
        UserRow(name, is_admin, has_password, at, by, tuple(groups_of.get(name, ())))
        for name, is_admin, has_password, at, by in connection.execute(_USERS)
    )


def _select_groups(connection: sa.Connection) -> tuple[GroupRow, ...]:
    members_of: dict[str, list[str]] = {}
    for group, user in connection.execute(_MEMBERS):
        members_of.setdefault(group, []).append(user)
    return tuple(
        GroupRow(name, at, by, tuple(members_of.get(name, ())))
        for name, at, by in connection.execute(_GROUPS)
    )


def _select_grants(connection: sa.Connection, subject: str | None) -> tuple[GrantRow, ...]:
    if subject is None:
        return tuple(GrantRow(*row) for row in connection.execute(_GRANTS))
    return tuple(GrantRow(*row) for row in connection.execute(_GRANTS_OF, {"of_name": subject}))


def _add_user(connection: sa.Connection, user: NewUser, actor: Actor, at: Instant) -> None:
    _refuse_taken(connection, user.name)
    values = {**values_of(user), "created_at": at, "created_by": actor.name}
    connection.execute(_INSERT_USER, values)
    detail = {"user": user.name, "is_admin": user.is_admin}
    note_change(connection, actor, AuditEntry("user.add", detail=detail), at)


def _refuse_taken(connection: sa.Connection, name: str) -> None:
    """Refuse a name that somebody has."""
    for query, kind in ((_USER_NAMED, "user"), (_GROUP_NAMED, "group")):
        if connection.execute(query, {"of_name": name}).first() is not None:
            raise Conflict(f"The name `{name}`", f"a {kind} has it already; choose another one.")


def _remove_user(connection: sa.Connection, name: str, actor: Actor, at: Instant) -> None:
    refuse_unknown_user(connection, name)
    revoked = connection.execute(_REVOKE_TOKENS, {"of_name": name, "at": at}).rowcount
    for statement in (_LEAVE_GROUPS, _LOSE_GRANTS, _DELETE_USER):
        connection.execute(statement, {"of_name": name})
    detail = {"user": name, "tokens": revoked}
    note_change(connection, actor, AuditEntry("user.remove", detail=detail), at)


def _set_password(
    connection: sa.Connection, name: str, password_hash: str, actor: Actor, at: Instant
) -> None:
    refuse_unknown_user(connection, name)
    connection.execute(_SET_PASSWORD, {"of_name": name, "hash": password_hash})
    note_change(connection, actor, AuditEntry("user.password", detail={"user": name}), at)


def _add_group(
    connection: sa.Connection, name: str, names: Sequence[str], actor: Actor, at: Instant
) -> None:
    for user in names:
        refuse_unknown_user(connection, user)
    if not names or connection.execute(_GROUP_NAMED, {"of_name": name}).first() is None:
        _refuse_taken(connection, name)
        values = {"name": name, "created_at": at, "created_by": actor.name}
        connection.execute(_INSERT_GROUP, values)
        note_change(connection, actor, AuditEntry("group.add", detail={"group": name}), at)
    for user in names:
        values = {"group_name": name, "user_name": user}
        if connection.execute(_JOIN, values).rowcount:
            detail = {"group": name, "user": user}
            note_change(connection, actor, AuditEntry("member.add", detail=detail), at)


def _remove_members(
    connection: sa.Connection, name: str, names: Sequence[str], actor: Actor, at: Instant
) -> None:
    _refuse_unknown_group(connection, name)
    for user in dict.fromkeys(names):
        if connection.execute(_LEAVE, {"of_group": name, "of_name": user}).rowcount == 0:
            raise Absent(f"The user `{user}`", f"the group `{name}`")
        detail = {"group": name, "user": user}
        note_change(connection, actor, AuditEntry("member.remove", detail=detail), at)


def _remove_group(connection: sa.Connection, name: str, actor: Actor, at: Instant) -> None:
    _refuse_unknown_group(connection, name)
    for statement in (_EMPTY_GROUP, _LOSE_GRANTS, _DELETE_GROUP):
        connection.execute(statement, {"of_name": name})
    note_change(connection, actor, AuditEntry("group.remove", detail={"group": name}), at)


def _refuse_unknown_group(connection: sa.Connection, name: str) -> None:
    if connection.execute(_GROUP_NAMED, {"of_name": name}).first() is None:
        raise Absent(f"The group `{name}`", "this server: `wheelyard group list` shows which do")


def _grant(connection: sa.Connection, grant: GrantRow, actor: Actor, at: Instant) -> bool:
    subject = {"of_name": grant.subject}
    queries = (_USER_NAMED, _GROUP_NAMED)
    if not any(connection.execute(query, subject).first() for query in queries):
        what = f"A user or group `{grant.subject}`"
        raise Absent(what, "this server: `wheelyard user list` and `group list` show who does")
    values = {**values_of(grant), "granted_at": at, "granted_by": actor.name}
    if connection.execute(_GRANT, values).rowcount == 0:
        return False
    note_change(connection, actor, _entry("role.grant", grant), at)
    return True


def _revoke(connection: sa.Connection, grant: GrantRow, actor: Actor, at: Instant) -> None:
    values = {f"of_{key}": value for key, value in values_of(grant).items()}
    if connection.execute(_REVOKE, values).rowcount == 0:
        what = f"The role `{grant.role}` of `{grant.subject}`"
        raise Absent(what, "this place: `wheelyard role list` shows every one")
    note_change(connection, actor, _entry("role.revoke", grant), at)


def _entry(action: str, grant: GrantRow) -> AuditEntry:
    detail = {"subject": grant.subject, "role": grant.role}
    return AuditEntry(action, grant.index_name, grant.project, detail)


_OF_NAME = sa.bindparam("of_name", type_=sa.Text)
_USERS = sa.select(
    users.c.name,
    users.c.is_admin,
    users.c.password_hash.is_not(None),
    users.c.created_at,
    users.c.created_by,
).order_by(users.c.name)
_USER_NAMED = sa.select(users.c.name).where(users.c.name == _OF_NAME)
_INSERT_USER = users.insert()
_DELETE_USER = users.delete().where(users.c.name == _OF_NAME)
_SET_PASSWORD = (
    users.update().where(users.c.name == _OF_NAME).values(password_hash=sa.bindparam("hash"))
)
_GROUPS = sa.select(groups.c.name, groups.c.created_at, groups.c.created_by).order_by(groups.c.name)
_GROUP_NAMED = sa.select(groups.c.name).where(groups.c.name == _OF_NAME)
_INSERT_GROUP = groups.insert()
_DELETE_GROUP = groups.delete().where(groups.c.name == _OF_NAME)
_MEMBERS = sa.select(members.c.group_name, members.c.user_name).order_by(
    members.c.group_name, members.c.user_name
)
_JOIN = insert(members).on_conflict_do_nothing()
_LEAVE = members.delete().where(
    members.c.group_name == sa.bindparam("of_group"), members.c.user_name == _OF_NAME
)
_LEAVE_GROUPS = members.delete().where(members.c.user_name == _OF_NAME)
_EMPTY_GROUP = members.delete().where(members.c.group_name == _OF_NAME)
_GRANTS = sa.select(*columns_of(grants, GrantRow)).order_by(
    grants.c.subject, grants.c.index_name, grants.c.project, grants.c.role
)
_GRANTS_OF = _GRANTS.where(grants.c.subject == _OF_NAME)
_GRANT = insert(grants).on_conflict_do_nothing()
_REVOKE = grants.delete().where(
    *(column == sa.bindparam(f"of_{column.key}") for column in columns_of(grants, GrantRow))
)
_LOSE_GRANTS = grants.delete().where(grants.c.subject == _OF_NAME)
_REVOKE_TOKENS = (
    tokens.update()
    .where(tokens.c.user_name == _OF_NAME, tokens.c.revoked_at.is_(None))
    .values(revoked_at=sa.bindparam("at"))
)
