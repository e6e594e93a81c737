"""Settings: everything a person can choose, read once into frozen records.

Start at ``records.py``, where every setting is declared together with the record it becomes a
part of; ``table.py`` is the table that follows from it, ``reader.py`` reads a file, the
environment and the flags.  Imports nothing of ours but ``errors``.
"""

from wheelyard.settings.addresses import HostAddress
from wheelyard.settings.directories import directory_of, is_directory_url, parse_directory_url
from wheelyard.settings.doors import simple_url
from wheelyard.settings.hidden import HiddenUrl, HookUrl, Secret, hide_url
from wheelyard.settings.kinds import Network
from wheelyard.settings.reader import load_settings
from wheelyard.settings.records import (
    ConnectionSettings,
    DoorSettings,
    FreshnessSettings,
    LogSettings,
    ServerSettings,
    Settings,
    StoreSettings,
    TellingSettings,
    UpstreamSettings,
)
from wheelyard.settings.table import NAMED_SECTIONS, SECTIONS, TABLE, Row, find_row

__all__ = [
    "NAMED_SECTIONS",
    "SECTIONS",
    "TABLE",
    "ConnectionSettings",
    "DoorSettings",
    "FreshnessSettings",
    "HiddenUrl",
    "HookUrl",
    "HostAddress",
    "LogSettings",
    "Network",
    "Row",
    "Secret",
    "ServerSettings",
    "Settings",
    "StoreSettings",
    "TellingSettings",
    "UpstreamSettings",
    "directory_of",
    "find_row",
    "hide_url",
    "is_directory_url",
    "load_settings",
    "parse_directory_url",
    "simple_url",
]
