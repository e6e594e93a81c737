"""Settings: everything a person can choose, read once into frozen records.

Start at ``records.py``, where every setting is declared together with the record it becomes a
part of; ``table.py`` is the table that follows from it, ``reader.py`` reads a file, the
environment and the flags.  Imports nothing of ours but words that are quick to
import, others late.
"""

from wheelyard.settings.addresses import HostAddress
from wheelyard.settings.consistency import closed_base, index_name_problem, named_upstreams
from wheelyard.settings.directories import directory_of, is_directory_url, parse_directory_url
from wheelyard.settings.doors import parse_doors, simple_url
from wheelyard.settings.filters import MIRRORED_STATUSES, ProjectRule, Since, TagPattern
from wheelyard.settings.hidden import HiddenUrl, HookUrl, Secret, hide_url
from wheelyard.settings.kinds import Network
from wheelyard.settings.patterns import NamePattern, Route, parse_pattern
from wheelyard.settings.reader import load_settings
from wheelyard.settings.records import (
    AccessSettings,
    ConnectionSettings,
    DoorSettings,
    FreshnessSettings,
    IndexSettings,
    LdapSettings,
    LogSettings,
    NamesSettings,
    OidcSettings,
    PublishSettings,
    RedirectSettings,
    ServerSettings,
    Settings,
    StatsSettings,
    StoreSettings,
    SyncSettings,
    TellingSettings,
    UploadSettings,
    UpstreamSettings,
)
from wheelyard.settings.sync_sense import start_problems, sync_problems
from wheelyard.settings.table import NAMED_SECTIONS, SECTIONS, TABLE, Row, find_row

__all__ = [
    "MIRRORED_STATUSES",
    "NAMED_SECTIONS",
    "SECTIONS",
    "TABLE",
    "AccessSettings",
    "ConnectionSettings",
    "DoorSettings",
    "FreshnessSettings",
    "HiddenUrl",
    "HookUrl",
    "HostAddress",
    "IndexSettings",
    "LdapSettings",
    "LogSettings",
    "NamePattern",
    "NamesSettings",
    "Network",
    "OidcSettings",
    "ProjectRule",
    "PublishSettings",
    "RedirectSettings",
    "Route",
    "Row",
    "Secret",
    "ServerSettings",
    "Settings",
    "Since",
    "StatsSettings",
    "StoreSettings",
    "SyncSettings",
    "TagPattern",
    "TellingSettings",
    "UploadSettings",
    "UpstreamSettings",
    "closed_base",
    "directory_of",
    "find_row",
    "hide_url",
    "index_name_problem",
    "is_directory_url",
    "load_settings",
    "named_upstreams",
    "parse_directory_url",
    "parse_doors",
    "parse_pattern",
    "simple_url",
    "start_problems",
    "sync_problems",
]
