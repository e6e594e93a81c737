"""What the rest of the program sees of rows: frozen records, one per table.

The order of fields is the order in which queries select their columns.  Times are seconds since
the Unix epoch, sizes are bytes, digests are 64 lower-case hex digits.  An ``owner`` is a hosted
index or a group of doors: the one authority for a name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from wheelyard.clock import Instant
from wheelyard.names import Filename, ProjectName, Sha256

__all__ = [
    "Change",
    "Counts",
    "DocumentKey",
    "DocumentRow",
    "DoorRow",
    "HeldRow",
    "JournalRow",
    "LedgerRow",
    "MetadataRow",
    "OddPathRow",
    "OutageRow",
    "Outcome",
    "PageRow",
    "ReadinessRow",
    "Scope",
    "ServedRow",
    "SyncRunRow",
]


@dataclass(frozen=True, slots=True)
class DoorRow:
    """One of several equal upstreams of an index, as resolved at the first start.

    ``url`` carries no user-info once it is recorded. ``options`` may name a secret (a file, an
    environment variable) but never hold one.
    """

    name: str
    url: str
    options: Mapping[str, object] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class PageRow:
    """A project page of an owner, as last read. ``model`` is the caller's own encoding.

    ``revision`` is the journal's serial of the last change; ``save`` fills it in.
    """

    owner: str
    project: ProjectName
    url: str
    fetched_at: Instant
    checked_at: Instant
    lifetime_seconds: float | None = None
    etag: str | None = None
    last_modified: str | None = None
    serial: int | None = None
    revision: int = 0
    model: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class DocumentKey:
    """Which document: of whom, of which kind, and about what.

    An empty ``name`` stands for the only document of its kind, such as the list of projects.
    """

    owner: str
    kind: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """An upstream document kept whole: the list of projects, JSON API answers, provenance.

    The first three fields are its key. ``headers`` are those worth passing on, names in lower case.
    """

    owner: str
    kind: str
    name: str
    url: str
    fetched_at: Instant
    checked_at: Instant
    lifetime_seconds: float | None = None
    etag: str | None = None
    last_modified: str | None = None
    serial: int | None = None
    content_type: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """Evidence: this name was bound to these bytes, for ever.

    ``source`` says who vouched for the digest (a door's name, ``upload``). ``first_use`` marks a
    digest that nobody stated and that we recorded on first use.
    """

    owner: str
    project: ProjectName
    filename: Filename
    sha256: Sha256
    size: int
    first_seen: Instant
    source: str
    first_use: bool = False
    generation: int = 1


@dataclass(frozen=True, slots=True)
class HeldRow:
    """A file whose bytes are in the store. The same bytes may be held under several names.

    ``unlisted_at`` is when its page was first seen not to list it any more.
    """

    sha256: Sha256
    owner: str
    project: ProjectName
    filename: Filename
    size: int
    stored_at: Instant
    last_used_at: Instant
    unlisted_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened, before it has a serial. ``kind`` is dotted: ``page.changed``."""

    kind: str
    owner: str = ""
    project: str = ""
    detail: Mapping[str, object] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class JournalRow:
    """One change. Serials grow, and never repeat."""

    serial: int
    at: Instant
    kind: str
    owner: str
    project: str
    detail: Mapping[str, object] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class MetadataRow:
    """The core metadata of a wheel, known by digest.

    ``source`` is ``upstream`` (its own file), ``ranged`` (read out of the wheel at a distance)
    or ``wheel`` (read out of the held wheel).
    """

    wheel_sha256: Sha256
    metadata_sha256: Sha256
    size: int
    source: str
    recorded_at: Instant


@dataclass(frozen=True, slots=True)
class OddPathRow:
    """Where a file belongs whose URL path does not reveal its project."""

    owner: str
    path: str
    project: ProjectName
    filename: Filename


@dataclass(frozen=True, slots=True)
class OutageRow:
    """A time in which a door did not answer. ``ended_at`` is None while it lasts.

    ``url`` is the door's, without user-info. ``cause`` is a transport's ``Fault`` or a class of
    status (``5xx``), ``last_error`` the same as a sentence. ``stale_answers`` are those given from
    an old copy meanwhile, ``failed_answers`` those that could not be given. ``id`` is the
    catalog's; ``begin`` fills it in.
    """

    upstream: str
    url: str
    started_at: Instant
    ended_at: Instant | None = None
    cause: str = ""
    last_error: str = ""
    stale_answers: int = 0
    failed_answers: int = 0
    id: int = 0


@dataclass(frozen=True, slots=True)
class ReadinessRow:
    """What ``ready`` came to for one target. ``report`` is the whole of it, for programs.

    ``wanted`` and ``missing`` count files.
    """

    name: str
    target: str
    checked_at: Instant
    wanted: int
    missing: int
    report: Mapping[str, object] = field(default_factory=dict, hash=False)

    @property
    def is_ready(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing


@dataclass(frozen=True, slots=True)
class ServedRow:
    """What the file at ``path`` below ``directory`` was when it looked like ``stamp``."""

    directory: str
    path: str
    stamp: str
    sha256: Sha256
    size: int
    requires_python: str | None = None
    metadata_sha256: Sha256 | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How much is here: rows of pages and ledger, distinct held blobs and their bytes."""

    pages: int
    ledger: int
    held: int
    held_bytes: int
    serial: int


Scope = Literal["all", "configured", "given"]
"""What a run was for: every project, what the configuration says, or what a command named."""

Outcome = Literal["running", "done", "partial", "failed", "stopped"]
"""What a run came to: everything wanted is here; some of it is not; nothing could be asked;
somebody stopped it. A run that was killed stays ``running``."""


@dataclass(frozen=True, slots=True)
class SyncRunRow:
    """One run that filled an index ahead of need.

    ``report_json`` is of the room that ran it; empty while it runs.
    """

    id: int
    index_name: str
    started_at: Instant
    ended_at: Instant | None
    scope: Scope
    outcome: Outcome
    report_json: str
