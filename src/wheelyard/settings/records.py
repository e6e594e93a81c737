"""The records a component is built from, and with them every setting there is.

Each annotated field of a record *is* a row of the settings table: its name, kind, default, unit
and help stand here and nowhere else.  ``table.py`` turns the rows into keys, environment names,
flags and the reference page.  To add a setting, add a field and regenerate
``docs/reference/settings.md`` with ``python tools/reference.py``.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from wheelyard.settings import kinds
from wheelyard.settings.access import AccessSettings, OidcSettings
from wheelyard.settings.contact import CONTACT
from wheelyard.settings.hosting import IndexSettings, NamesSettings, UploadSettings
from wheelyard.settings.kinds import Network
from wheelyard.settings.ldap import LdapSettings
from wheelyard.settings.publish import PublishSettings
from wheelyard.settings.redirect import RedirectSettings
from wheelyard.settings.stats import StatsSettings
from wheelyard.settings.sync import SyncSettings
from wheelyard.settings.telling import TellingSettings
from wheelyard.settings.upstreams import DoorSettings, UpstreamSettings
from wheelyard.settings.words import Words

__all__ = [
    "AccessSettings",
    "ConnectionSettings",
    "DoorSettings",
    "FreshnessSettings",
    "IndexSettings",
    "LdapSettings",
    "LogSettings",
    "NamesSettings",
    "OidcSettings",
    "PublishSettings",
    "RedirectSettings",
    "ServerSettings",
    "Settings",
    "StatsSettings",
    "StoreSettings",
    "SyncSettings",
    "TellingSettings",
    "UploadSettings",
    "UpstreamSettings",
    "Words",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """Where the server listens and under which address the world sees it."""

    host: Annotated[
        str,
        kinds.TEXT,
        Words("Address to listen on.", flag="--host", metavar="ADDRESS"),
    ] = "127.0.0.1"
    port: Annotated[
        int,
        kinds.whole(0, kinds.MAX_PORT),
        Words("Port to listen on; 0 takes any free one.", flag="--port", metavar="PORT"),
    ] = 8765
    uds: Annotated[
        Path | None,
        kinds.PATH,
        Words("Unix socket to listen on, instead of a port.", flag="--uds", metavar="PATH"),
    ] = None
    workers: Annotated[
        int,
        kinds.whole(1, 256),
        Words("Processes that answer requests.", flag="--workers", metavar="NUMBER"),
    ] = 1
    base_url: Annotated[
        str,
        kinds.URL,
        Words(
            "Address under which clients reach the server, with the path if it is mounted below "
            "one.",
            shown_default="where the server listens",
        ),
    ] = ""
    files_url: Annotated[
        str,
        kinds.URL,
        Words(
            "Address that links to files start with, if they are served under another one.",
            shown_default="`base_url`",
        ),
    ] = ""
    upload_url: Annotated[
        str,
        kinds.URL,
        Words(
            "Address under which clients upload, if it is another one.",
            shown_default="`base_url`",
        ),
    ] = ""
    directory: Annotated[
        Path | None,
        kinds.PATH,
        Words(
            "Directory of wheels and source archives that the main index serves too, where they "
            "lie; the argument of `wheelyard serve`.",
            shown_default="none",
        ),
    ] = None
    read_only: Annotated[
        bool,
        kinds.SWITCH,
        Words("Take no uploads and no other changes by clients.", flag="--read-only"),
    ] = False
    trusted_proxies: Annotated[
        tuple[Network, ...],
        kinds.NETWORKS,
        Words("Peers whose `X-Forwarded-*` headers are believed."),
    ] = ()
    tls_cert: Annotated[
        Path | None,
        kinds.FILE,
        Words(
            "Certificate chain in PEM form; the server then speaks HTTPS.",
            flag="--tls-cert",
            metavar="FILE",
        ),
    ] = None
    tls_key: Annotated[
        Path | None,
        kinds.FILE,
        Words(
            "Private key of the certificate, in PEM form.",
            flag="--tls-key",
            metavar="FILE",
            shown_default="the key in `tls_cert`",
        ),
    ] = None
    contact: Annotated[
        str,
        CONTACT,
        Words(
            "Where the people behind an upstream reach you: a mail address, or that of a page. "
            "Every request to an upstream carries it in its `User-Agent`.",
            shown_default="none",
        ),
    ] = ""
    offline: Annotated[
        bool,
        kinds.SWITCH,
        Words("Ask nobody; what is held is all there is.", flag="--offline"),
    ] = False
    max_waiting_misses: Annotated[
        int,
        kinds.whole(0),
        Words(
            "Pages and other documents, and as many files, that one worker waits for while nothing "
            "of them is held; who asks for another one is told 503 at once. 0 means no limit.",
            "misses",
        ),
    ] = 1_000
    drain_seconds: Annotated[
        float,
        kinds.SECONDS,
        Words("How long running answers may take to finish after SIGTERM.", "seconds"),
    ] = 30.0
    notice_seconds: Annotated[
        float,
        kinds.SECONDS,
        Words(
            "How long new connections are still taken after SIGTERM, while readiness is refused "
            "already: set it to the interval at which your load balancer asks.",
            "seconds",
        ),
    ] = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionSettings:
    """What one client may cost before it is cut off."""

    header_seconds: Annotated[
        float,
        kinds.SECONDS,
        Words("Longest time that the headers of a request may take to arrive.", "seconds"),
    ] = 10.0
    body_seconds: Annotated[
        float,
        kinds.SECONDS,
        Words("Longest time in which the body of a request makes no progress.", "seconds"),
    ] = 10.0
    idle_seconds: Annotated[
        float,
        kinds.SECONDS,
        Words("How long a connection may stay open between two requests.", "seconds"),
    ] = 65.0
    write_stall_seconds: Annotated[
        float,
        kinds.SECONDS,
        Words("Longest time in which a client takes nothing of its answer.", "seconds"),
    ] = 12.0
    max_connections: Annotated[
        int,
        kinds.whole(0),
        Words("Connections that one worker keeps open; 0 means no limit.", "connections"),
    ] = 10_000
    max_connections_per_address: Annotated[
        int,
        kinds.whole(0),
        Words(
            "Connections that one worker keeps open to one address; 0 means no limit. This machine "
            "and trusted proxies are never limited.",
            "connections",
        ),
    ] = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSettings:
    """What is written about the work, and in which form."""

    access_log: Annotated[
        str,
        kinds.ACCESS_LOG,
        Words(
            "File that gets one line per request; `-` is standard output.",
            flag="--access-log",
            metavar="FILE",
            shown_default="none",
        ),
    ] = ""
    log_format: Annotated[
        Literal["auto", "text", "json"],
        kinds.choice("auto", "text", "json"),
        Words("Form of log lines; `auto` is text on a terminal and JSON elsewhere."),
    ] = "auto"
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        kinds.choice("debug", "info", "warning", "error"),
        Words("The least important lines that are written."),
    ] = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """Where everything is kept."""

    data: Annotated[
        Path,
        kinds.DIRECTORY,
        Words(
            "Directory for everything that is kept.",
            flag="--data",
            metavar="DIR",
            shown_default="the platform's user data directory",
        ),
    ]
    max_spool_bytes: Annotated[
        int,
        kinds.SIZE,
        Words("Room for downloads that are still running.", "bytes"),
    ] = 16 * 1024**3
    min_free_bytes: Annotated[
        int,
        kinds.SIZE,
        Words("Free space on the disk that no download may use up.", "bytes"),
    ] = 256 * 1024**2
    max_bytes: Annotated[
        int,
        kinds.SIZE,
        Words(
            "How much all files may take, in every index; beyond it the server removes what was "
            "not used for the longest time and can be fetched again. 0 means no limit.",
            "bytes",
        ),
    ] = 0
    keep_removed_days: Annotated[
        float,
        kinds.DAYS,
        Words(
            "How long `wheelyard gc` keeps files that were deleted, or that their upstream does "
            "not list any more.",
            "days",
        ),
    ] = 30.0
    scrub_days: Annotated[
        float,
        kinds.DAYS,
        Words(
            "In how many days the server reads everything that it holds, and heals what is "
            "damaged; 0 means never.",
            "days",
        ),
    ] = 28.0
    scrub_bytes_per_second: Annotated[
        int,
        kinds.SIZE,
        Words("How fast it may read for that; less while clients have it at work.", "bytes"),
    ] = 20 * 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshnessSettings:
    """How old an answer may be."""

    max_seconds: Annotated[
        float,
        kinds.SECONDS,
        Words("How long a page is used before its upstream is asked again.", "seconds"),
    ] = 600.0
    negative_seconds: Annotated[
        float,
        kinds.SECONDS,
        Words("How long the answer that there is no such project is used.", "seconds"),
    ] = 15.0
    patience_seconds: Annotated[
        float,
        kinds.SECONDS,
        Words("How long a client waits for an upstream before it gets the last copy.", "seconds"),
    ] = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything, read once; each component gets its own record out of this one.

    ``upstreams_from`` says who named the upstreams: without any, the doors are those recorded in
    the data directory, else those that this machine's pip uses.
    """

    server: ServerSettings
    connections: ConnectionSettings
    logs: LogSettings
    store: StoreSettings
    freshness: FreshnessSettings
    telling: TellingSettings = field(default_factory=TellingSettings)
    names: NamesSettings = field(default_factory=NamesSettings)
    upload: UploadSettings = field(default_factory=UploadSettings)
    access: AccessSettings = field(default_factory=AccessSettings)
    indexes: tuple[IndexSettings, ...] = ()
    oidc: tuple[OidcSettings, ...] = ()
    ldap: LdapSettings = field(default_factory=LdapSettings)
    syncs: tuple[SyncSettings, ...] = ()
    publishes: tuple[PublishSettings, ...] = ()
    redirect: RedirectSettings = field(default_factory=RedirectSettings)
    stats: StatsSettings = field(default_factory=StatsSettings)
    upstreams: tuple[UpstreamSettings, ...] = ()
    upstreams_from: Literal["flags", "configuration", "nothing"] = "nothing"
    config_file: Path | None = None

    @property
    def is_offline(self) -> bool:
        """Whether nobody may be asked."""
        return self.server.offline or any(upstream.offline for upstream in self.upstreams)
