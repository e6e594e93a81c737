"""Who stands behind a name or a token: one statement, in place, of today's rows."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from wheelyard.catalog import Catalog
from wheelyard.catalog.audit import Actor
from wheelyard.catalog.bearers import PersonRow
from wheelyard.catalog.dialect import PreparedChange
from wheelyard.catalog.people import GrantRow, NewUser
from wheelyard.catalog.tokens import TokenRow
from wheelyard.clock import Instant

pytestmark = pytest.mark.anyio

ACTOR = Actor("root", "command line")
DIGEST = "d" * 64


async def add_alice(catalog: Catalog) -> None:
    """Add a user in two groups, with roles of all three, and somebody else with others."""
    await catalog.people.add_user(NewUser("alice", "hash", is_admin=True), ACTOR)
    await catalog.people.add_user(NewUser("bob"), ACTOR)
    await catalog.people.add_group("blue", ["alice"], ACTOR)
    await catalog.people.add_group("red", ["alice", "bob"], ACTOR)
    await catalog.people.add_group("green", ["bob"], ACTOR)
    for subject in ("alice", "bob", "blue", "red", "green"):
        await catalog.people.grant(GrantRow(subject, "reader", "main", subject), ACTOR)


ALICE = PersonRow(
    "alice",
    is_admin=True,
    password_hash="hash",
    groups=("blue", "red"),
    grants=tuple(GrantRow(name, "reader", "main", name) for name in ("alice", "blue", "red")),
)


def in_order(person: PersonRow | None) -> PersonRow | None:
    """Return the record with its groups and roles sorted: they come in any order."""
    if person is None:
        return None
    grants = sorted(person.grants, key=lambda grant: grant.subject)
    return PersonRow(
        person.name,
        is_admin=person.is_admin,
        password_hash=person.password_hash,
        groups=tuple(sorted(person.groups)),
        grants=tuple(grants),
    )


async def test_person_has_every_role(catalog: Catalog) -> None:
    """Their own, and those of each group that they are in; nobody else's."""
    await add_alice(catalog)

    assert in_order(catalog.bearers.person_now("alice")) == ALICE


@pytest.mark.parametrize("name", ["nobody", "red", "", "Alice"])
async def test_nobody_is_behind_another_name(catalog: Catalog, name: str) -> None:
    """Groups do not sign in, and names are compared as they are."""
    await add_alice(catalog)

    assert catalog.bearers.person_now(name) is None


async def test_token_has_its_user(catalog: Catalog) -> None:
    """With the same roles, and with what it is good for itself."""
    await add_alice(catalog)
    row = TokenRow(
        *("t1", "alice", DIGEST, "CI", "main", "flask", ("read",)), expires_at=Instant(5.5)
    )
    await catalog.tokens.add(row, ACTOR)
    await catalog.tokens.note_use("t1", Instant(4.5))

    shown = catalog.bearers.token_now("t1")

    assert shown is not None
    assert in_order(shown.person) == ALICE
    assert (shown.digest, shown.index_name, shown.project) == (DIGEST, "main", "flask")
    assert (shown.actions, shown.expires_at, shown.last_used_at) == (("read",), 5.5, 4.5)
    assert shown.revoked_at is None
    assert DIGEST not in repr(shown)


async def test_token_that_does_not_exist_is_nobodys(catalog: Catalog) -> None:
    """Nor is one whose user has gone without it being noticed."""
    await add_alice(catalog)
    await catalog.tokens.add(TokenRow("t1", "alice", DIGEST), ACTOR)

    def lose(connection: sa.Connection) -> None:
        connection.exec_driver_sql("DELETE FROM users")

    await catalog.write(lose)

    assert catalog.bearers.token_now("t1") is None
    assert catalog.bearers.token_now("t2") is None


async def test_publisher_may_upload_where_it_was_trusted(catalog: Catalog, tmp_path: Path) -> None:
    """Nothing else, and nothing that somebody gives to its name."""
    with closing(sqlite3.connect(tmp_path / "catalog.sqlite")) as other, other:
        other.execute(
            "INSERT INTO publishers VALUES ('p1', 'main', 'flask', 'https://i/', '{}', 0, '')"
        )
        other.execute("INSERT INTO grants VALUES ('publisher:p1', 'manager', '', '', 0, '')")
    await catalog.tokens.add(TokenRow("t1", "publisher:p1", DIGEST), ACTOR)

    shown = catalog.bearers.token_now("t1")

    assert shown is not None
    assert shown.person == PersonRow(
        "publisher:p1", grants=(GrantRow("publisher:p1", "uploader", "main", "flask"),)
    )


async def test_look_up_is_one_statement(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that it sees one state of the catalog, and costs little."""
    await add_alice(catalog)
    await catalog.tokens.add(TokenRow("t1", "alice", DIGEST), ACTOR)
    statements: list[str] = []
    execute = PreparedChange._execute

    def noted(
        self: PreparedChange, connection: sa.Connection, parameters: Mapping[str, object]
    ) -> sqlite3.Cursor:
        statements.append(self._text)
        return execute(self, connection, parameters)

    monkeypatch.setattr(PreparedChange, "_execute", noted)
    catalog.bearers.token_now("t1")
    catalog.bearers.person_now("alice")

    assert len(statements) == 2
