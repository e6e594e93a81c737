"""The tables of people: what must be unique is, and nothing that is secret has a column."""

from wheelyard.catalog import people_tables
from wheelyard.catalog.schema import APPEND_ONLY


def test_audit_log_is_written_once() -> None:
    """The database itself refuses to change or delete a line of it."""
    assert people_tables.audit in APPEND_ONLY


def test_assertion_is_unique_for_its_issuer() -> None:
    """So that of many who show one at the same time, the database lets exactly one in."""
    assert people_tables.seen_assertions.primary_key.columns.keys() == ["issuer", "assertion"]


def test_no_column_holds_what_somebody_could_sign_in_with() -> None:
    """Passwords are hashed, tokens are digests; columns of other names would be a slip."""
    names = {
        f"{table.name}.{column.name}"
        for name in people_tables.__all__
        for table in [getattr(people_tables, name)]
        for column in table.columns
    }
    suspicious = {name for name in names if "password" in name or "secret" in name}

    assert suspicious == {"users.password_hash"}
    assert "tokens.digest" in names
    assert not {"tokens.token", "tokens.text"} & names
