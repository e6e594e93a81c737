"""Users, groups and roles: one transaction each, with journal and audit."""

import pytest
import sqlalchemy as sa

from wheelyard.catalog import Catalog
from wheelyard.catalog.audit import Actor
from wheelyard.catalog.people import (
    ACCESS_CHANGED,
    GrantRow,
    GroupRow,
    NewUser,
    UserRow,
)
from wheelyard.catalog.tokens import TokenRow
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent, Conflict

pytestmark = pytest.mark.anyio

ACTOR = Actor("root", "command line")
READER = GrantRow("alice", "reader", "main", "flask")


async def add_users(catalog: Catalog, *names: str) -> None:
    """Add users without a password."""
    for name in names:
        await catalog.people.add_user(NewUser(name), ACTOR)


async def done(catalog: Catalog) -> list[str]:
    """Return the actions in the audit log, after comparing their number with the journal's."""
    rows = await catalog.audit.since()
    journal = await catalog.journal.since(0)
    assert [row.kind for row in journal] == [ACCESS_CHANGED] * len(rows)
    assert {(row.actor, row.origin) for row in rows} <= {("root", "command line")}
    return [row.action for row in rows]


async def test_user_is_listed_without_anything_secret(catalog: Catalog, clock: FrozenClock) -> None:
    """Whether there is a password, never its hash."""
    await catalog.people.add_user(NewUser("bob", "$argon2id$hash", is_admin=True), ACTOR)
    await add_users(catalog, "alice")
    await catalog.people.add_group("team", ["bob"], ACTOR)

    users = await catalog.people.users()

    at = clock.now()
    assert users == (
        UserRow("alice", False, False, at, "root"),  # noqa: FBT003  # fields
        UserRow("bob", True, True, at, "root", ("team",)),  # noqa: FBT003  # fields
    )
    assert "argon2id" not in repr(users) + repr(NewUser("bob", "$argon2id$hash"))
    assert await done(catalog) == ["user.add", "user.add", "group.add", "member.add"]


async def test_names_of_users_and_groups_are_one_namespace(catalog: Catalog) -> None:
    """A role's subject is never ambiguous."""
    await add_users(catalog, "alice")
    await catalog.people.add_group("team", (), ACTOR)

    for name, kind in (("alice", "user"), ("team", "group")):
        with pytest.raises(Conflict, match=f"The name `{name}`: a {kind} has it already"):
            await catalog.people.add_user(NewUser(name), ACTOR)
        with pytest.raises(Conflict, match=f"a {kind} has it already"):
            await catalog.people.add_group(name, (), ACTOR)
    with pytest.raises(Conflict, match="a user has it already"):
        await catalog.people.add_group("alice", ["alice"], ACTOR)

    assert await done(catalog) == ["user.add", "group.add"]


async def test_removed_user_leaves_nothing(catalog: Catalog, clock: FrozenClock) -> None:
    """Neither memberships nor roles, and no token that could be used."""
    await add_users(catalog, "alice", "bob")
    await catalog.people.add_group("team", ["alice", "bob"], ACTOR)
    await catalog.people.grant(READER, ACTOR)
    await catalog.people.grant(GrantRow("team", "reader"), ACTOR)
    for name in ("alice", "bob"):
        await catalog.tokens.add(TokenRow(f"of-{name}", name, "0" * 64), ACTOR)

    await catalog.people.remove_user("alice", ACTOR)

    assert [user.name for user in await catalog.people.users()] == ["bob"]
    assert (await catalog.people.groups())[0].members == ("bob",)
    assert await catalog.people.grants() == (GrantRow("team", "reader"),)
    tokens = await catalog.tokens.load()
    assert {token.id: token.revoked_at for token in tokens} == {
        "of-alice": clock.now(),
        "of-bob": None,
    }
    last = (await catalog.audit.since())[-1]
    assert (last.action, last.detail) == ("user.remove", {"user": "alice", "tokens": 1})


async def test_group_takes_its_roles_along(catalog: Catalog) -> None:
    """Its members stay, and keep what they have themselves."""
    await add_users(catalog, "alice")
    await catalog.people.add_group("team", ["alice"], ACTOR)
    await catalog.people.grant(GrantRow("team", "manager"), ACTOR)
    await catalog.people.grant(READER, ACTOR)

    await catalog.people.remove_group("team", ACTOR)

    assert await catalog.people.groups() == ()
    assert await catalog.people.grants() == (READER,)
    await catalog.people.add_group("team", (), ACTOR)
    assert (await catalog.people.groups())[0].members == ()


async def test_members_come_and_go(catalog: Catalog, clock: FrozenClock) -> None:
    """The group is made by its first members; coming twice is once."""
    await add_users(catalog, "alice", "bob")
    await catalog.people.add_group("team", ["alice"], ACTOR)
    await catalog.people.add_group("team", ["alice", "bob"], ACTOR)
    assert await catalog.people.groups() == (
        GroupRow("team", clock.now(), "root", ("alice", "bob")),
    )

    await catalog.people.remove_members("team", ["alice", "alice"], ACTOR)

    assert (await catalog.people.groups())[0].members == ("bob",)
    assert (await done(catalog))[2:] == [
        *("group.add", "member.add", "member.add", "member.remove"),
    ]


async def test_nobody_is_put_in_or_taken_out_if_one_does_not_fit(catalog: Catalog) -> None:
    """All of it or nothing."""
    await add_users(catalog, "alice", "bob")
    await catalog.people.add_group("team", ["alice"], ACTOR)

    with pytest.raises(Absent, match="`carol` does not exist"):
        await catalog.people.add_group("team", ["bob", "carol"], ACTOR)
    with pytest.raises(Absent, match="`bob` does not exist at the group `team`"):
        await catalog.people.remove_members("team", ["alice", "bob"], ACTOR)

    assert (await catalog.people.groups())[0].members == ("alice",)
    assert len(await done(catalog)) == 4


async def test_role_is_given_once(catalog: Catalog) -> None:
    """Again is no change; in another place it is another role."""
    await add_users(catalog, "alice")

    given = [
        await catalog.people.grant(grant, ACTOR)
        for grant in (READER, READER, GrantRow("alice", "reader"))
    ]

    assert given == [True, False, True]
    assert await catalog.people.grants("alice") == (GrantRow("alice", "reader"), READER)
    assert await catalog.people.grants("bob") == ()
    last = (await catalog.audit.since())[1]
    assert (last.action, last.index_name, last.project) == ("role.grant", "main", "flask")
    assert last.detail == {"subject": "alice", "role": "reader"}


async def test_role_is_taken_back_where_it_was_given(catalog: Catalog) -> None:
    """Not in other places, and not other roles."""
    await add_users(catalog, "alice")
    await catalog.people.grant(READER, ACTOR)
    others = [
        GrantRow("alice", "reader", "main"),
        GrantRow("alice", "reader", "", "flask"),
        GrantRow("alice", "uploader", "main", "flask"),
        GrantRow("bob", "reader", "main", "flask"),
    ]
    for grant in others:
        with pytest.raises(Absent, match=r"The role `\w+` of `\w+` does not exist"):
            await catalog.people.revoke(grant, ACTOR)

    await catalog.people.revoke(READER, ACTOR)

    assert await catalog.people.grants() == ()
    assert await done(catalog) == ["user.add", "role.grant", "role.revoke"]


async def test_who_does_not_exist_is_told(catalog: Catalog) -> None:
    """With the command that lists who does; nothing is written."""
    people = catalog.people
    works = [
        people.remove_user("nobody", ACTOR),
        people.set_password("nobody", "hash", ACTOR),
        people.remove_group("nobody", ACTOR),
        people.remove_members("nobody", ["alice"], ACTOR),
        people.grant(GrantRow("nobody", "reader"), ACTOR),
    ]
    for work in works:
        with pytest.raises(Absent, match=r"`nobody` does not exist at this server: `wheelyard"):
            await work

    assert await done(catalog) == []


async def test_password_is_replaced(catalog: Catalog) -> None:
    """And the log says that, without it."""
    await catalog.people.add_user(NewUser("alice", "old-hash"), ACTOR)

    await catalog.people.set_password("alice", "new-hash", ACTOR)

    person = catalog.bearers.person_now("alice")
    assert person is not None
    assert person.password_hash == "new-hash"
    assert "hash" not in repr(person).replace("password_hash", "")
    assert "hash" not in repr(await catalog.audit.since())
    assert await done(catalog) == ["user.add", "user.password"]


async def test_change_that_fails_leaves_no_trace(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows, journal and audit are one transaction."""

    def fail(connection: sa.Connection, *_: object) -> None:
        connection.exec_driver_sql("SELECT * FROM nowhere")

    monkeypatch.setattr("wheelyard.catalog.people.append_audit", fail)
    with pytest.raises(Exception, match="no such table"):
        await add_users(catalog, "alice")
    monkeypatch.undo()

    assert await catalog.people.users() == ()
    assert await done(catalog) == []
