"""The table of settings agrees with the records and with itself."""

import dataclasses

import pytest

from wheelyard.settings import NAMED_SECTIONS, SECTIONS, TABLE, Row, StoreSettings, find_row
from wheelyard.settings.kinds import SECONDS, SIZE, SWITCH
from wheelyard.settings.records import (
    AccessSettings,
    ConnectionSettings,
    FreshnessSettings,
    IndexSettings,
    LdapSettings,
    LogSettings,
    NamesSettings,
    OidcSettings,
    PublishSettings,
    RedirectSettings,
    ServerSettings,
    StatsSettings,
    SyncSettings,
    TellingSettings,
    UploadSettings,
    UpstreamSettings,
)
from wheelyard.settings.table import shown_size


def test_every_field_of_every_record_is_a_row() -> None:
    """A field that nobody can set would be an option that does nothing."""
    records = (
        ServerSettings,
        ConnectionSettings,
        LogSettings,
        TellingSettings,
        StoreSettings,
        FreshnessSettings,
        UpstreamSettings,
        IndexSettings,
        NamesSettings,
        UploadSettings,
        AccessSettings,
        OidcSettings,
        LdapSettings,
        SyncSettings,
        PublishSettings,
        RedirectSettings,
        StatsSettings,
    )
    fields = [field.name for record in records for field in dataclasses.fields(record)]
    computed = {"name", "doors"}

    given = [name for name in fields if name not in computed]
    assert sorted(row.name for row in TABLE) == sorted(given)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.key)
def test_row_says_all_that_a_reader_needs(row: Row) -> None:
    """A sentence, a unit where there is one, and the names under which it can be given."""
    assert row.words.text.endswith(".")
    assert row.section in SECTIONS
    assert row.variable.startswith(f"WHEELYARD__{row.section.upper()}__")
    assert (row.section in NAMED_SECTIONS) == ("NAME" in row.heading)
    assert row.kind.expected
    takes_value = bool(row.words.flag) and row.kind is not SWITCH
    assert takes_value == bool(row.words.metavar)
    if row.kind in {SECONDS, SIZE}:
        assert row.words.unit == ("seconds" if row.kind is SECONDS else "bytes")


def test_keys_and_flags_are_unique() -> None:
    """One name, one setting."""
    flags = [row.words.flag for row in TABLE if row.words.flag]

    assert len({row.key for row in TABLE}) == len(TABLE)
    assert len(set(flags)) == len(flags)


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("server.host", "127.0.0.1"),
        ("server.port", "8765"),
        ("server.uds", ""),
        ("server.drain_seconds", "30"),
        ("store.data", "the platform's user data directory"),
        ("store.max_spool_bytes", "16 GiB"),
        ("upstream.forbidden_means_absent", "false"),
        ("upstream.urls", ""),
    ],
)
def test_default_is_shown_as_it_would_be_written(key: str, shown: str) -> None:
    """No Python in the reference."""
    assert find_row(key).shown_default == shown


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, "0"), (1000, "1000"), (1024, "1 KiB"), (3 * 1024**2, "3 MiB"), (1024**4, "1 TiB")],
)
def test_size_is_shown_in_the_largest_whole_unit(size: int, shown: str) -> None:
    """Exactly, or in bytes."""
    assert shown_size(size) == shown


def test_only_credentials_are_secrets() -> None:
    """Whoever adds a secret looks at this test, and then at what the logs may show."""
    assert [row.key for row in TABLE if row.secret] == [
        "server.outage_webhook_secret",
        "server.publish_webhook_secret",
        "upstream.credentials",
        "oidc.client_secret",
        "ldap.bind_password",
        "publish.purge_fastly_token",
    ]
