"""What one client may and must do: a record, read from the settings once."""

from dataclasses import dataclass, field
from pathlib import Path

from wheelyard.settings import HostAddress
from wheelyard.transport.credentials import Credentials
from wheelyard.transport.itself import Listening
from wheelyard.transport.proxies import Proxies

__all__ = ["Certificates", "ClientRules", "Deadlines", "Limits"]


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long each phase of a request may take, in seconds.

    ``total`` is for whole documents. A file has no total: it may be large, so a least rate is
    asked of it, measured only while we wait for the upstream (a slow reader is not its fault).
    """

    resolve: float = 2.0
    connect: float = 2.0
    first_byte: float = 5.0
    between_chunks: float = 10.0
    total: float = 60.0
    rate_window: float = 20.0
    queue: float = 10.0


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a client takes from an upstream, and how many connections it keeps.

    Documents and files have connections of their own, so that slow files never starve pages.
    """

    document_bytes: int = 64 * 1024 * 1024
    file_bytes: int = 64 * 1024 * 1024 * 1024
    header_bytes: int = 16 * 1024
    headers: int = 128
    redirects: int = 3
    document_connections: int = 64
    file_connections: int = 64
    least_bytes_per_second: int = 1024


@dataclass(frozen=True, slots=True)
class Certificates:
    """Files in PEM form: whom we believe, and who we are.

    ``ca`` (a file, or a directory of hashed names) is believed in addition to the system's
    authorities, or instead of them. The client certificate is shown to the upstream's own origin
    alone; ``client_key`` may be in the same file. Verification cannot be switched off.
    """

    ca: Path | None = None
    ca_replaces_system: bool = False
    client: Path | None = None
    client_key: Path | None = None


@dataclass(frozen=True, slots=True)
class ClientRules:
    """Everything that an ``HttpClient`` is told. ``origin`` is any URL of the upstream.

    ``name`` is the upstream's in the settings, for messages. ``allow_hosts`` as ``guard`` says.
    User information in ``origin`` counts as credentials, and ``netrc`` is looked up for its host,
    in this order after ``credentials``; they are sent to this origin and nowhere else.
    ``addresses`` say where hosts are, before any resolver is asked; TLS goes by the name as ever.
    A host at ``listening`` is ourselves, and not asked.
    ``contact`` goes into the User-Agent, ``via`` into the header of that name (RFC 9110, 7.6.3),
    by which a server recognises itself.
    """

    origin: str = field(repr=False)
    name: str = "NAME"
    allow_hosts: tuple[str, ...] | None = None
    addresses: tuple[HostAddress, ...] = ()
    listening: Listening | None = None
    certificates: Certificates = field(default_factory=Certificates)
    credentials: Credentials | None = None
    netrc: Path | None = None
    proxies: Proxies = field(default_factory=Proxies)
    deadlines: Deadlines = field(default_factory=Deadlines)
    limits: Limits = field(default_factory=Limits)
    contact: str | None = None
    via: str | None = None
