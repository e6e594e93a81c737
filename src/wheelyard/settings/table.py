"""The one table of settings, and what follows from it: keys, environment names, flags."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args, get_type_hints

from wheelyard.settings.kinds import SECRET, SIZE, Kind
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
    StoreSettings,
    SyncSettings,
    TellingSettings,
    UploadSettings,
    UpstreamSettings,
    Words,
)

__all__ = ["NAMED_SECTIONS", "SECTIONS", "TABLE", "Row", "find_row", "shown_size"]

SECTIONS = (
    *("server", "store", "freshness", "upstream"),
    *("index", "names", "upload", "access", "oidc", "ldap", "sync", "publish", "redirect", "stats"),
)
"""The sections of the configuration file, in the order of the reference page."""

NAMED_SECTIONS = frozenset({"upstream", "index", "oidc", "sync", "publish"})
"""Sections of which there are several, each with a name of its own: ``[upstream.NAME]``."""

_RECORDS = (
    ("server", ServerSettings),
    ("server", ConnectionSettings),
    ("server", LogSettings),
    ("server", TellingSettings),
    ("store", StoreSettings),
    ("freshness", FreshnessSettings),
    ("upstream", UpstreamSettings),
    ("index", IndexSettings),
    ("names", NamesSettings),
    ("upload", UploadSettings),
    ("access", AccessSettings),
    ("oidc", OidcSettings),
    ("ldap", LdapSettings),
    ("sync", SyncSettings),
    ("publish", PublishSettings),
    ("redirect", RedirectSettings),
    ("stats", StatsSettings),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One setting: where it stands, what it may be, and what people read about it."""

    section: str
    name: str
    kind: Kind
    default: object
    words: Words

    @property
    def key(self) -> str:
        """The setting's name in messages and documents: ``server.port``."""
        return f"{self.section}.{self.name}"

    @property
    def heading(self) -> str:
        """The section's heading in a configuration file: ``[upstream.NAME]``."""
        return f"[{self.section}.NAME]" if self.section in NAMED_SECTIONS else f"[{self.section}]"

    @property
    def variable(self) -> str:
        """The environment variable that overrides the configuration file."""
        name = "NAME__" if self.section in NAMED_SECTIONS else ""
        return f"WHEELYARD__{self.section.upper()}__{name}{self.name.upper()}"

    @property
    def shown_default(self) -> str:
        """What people read as the default; empty if the setting simply is not there."""
        match self.default:
            case _ if self.words.shown_default:
                return self.words.shown_default
            case None | () | "":
                return ""
            case bool() as switch:
                return "true" if switch else "false"
            case int() as size if self.kind is SIZE:
                return shown_size(size)
            case float() as seconds:
                return f"{seconds:g}"
            case other:
                return str(other)

    @property
    def secret(self) -> bool:
        """Whether the value is a secret, given by reference and never shown."""
        return self.kind is SECRET


def shown_size(size: int) -> str:
    """Return a number of bytes in the largest unit that it is a multiple of."""
    for power, unit in ((4, "TiB"), (3, "GiB"), (2, "MiB"), (1, "KiB")):
        if size and size % 1024**power == 0:
            return f"{size // 1024**power} {unit}"
    return str(size)


def _rows() -> Iterator[Row]:
    """Yield the declared settings of every record, in their order."""
    for section, record in _RECORDS:
        hints = get_type_hints(record, include_extras=True)
        for declared in dataclasses.fields(record):
            match get_args(hints[declared.name]):
                case (_, Kind() as kind, Words() as words):
                    missing = declared.default is dataclasses.MISSING
                    default = None if missing else declared.default
                    yield Row(section, declared.name, kind, default, words)
                case _:  # a field that is computed, not given
                    continue


TABLE = tuple(_rows())


def find_row(key: str) -> Row:
    """Return the row whose ``key`` is ``section.name``."""
    return next(row for row in TABLE if row.key == key)
