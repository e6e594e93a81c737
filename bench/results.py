"""What was measured, as records; `report` makes tables of them."""

from dataclasses import dataclass, field

from bench.machine import Memory

__all__ = [
    "Cold",
    "Herd",
    "Hosted",
    "Mirrored",
    "Missing",
    "Rest",
    "Results",
    "Root",
    "Setting",
    "Uploaded",
    "Warm",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Warm:
    """A page or file that is held: medians over the rounds; `spread` is (max - min) / median.

    `errors` are answers that were not a whole 200, and connections that broke.
    """

    server: str
    kind: str
    case: str
    size: int
    requests: int
    requests_per_second: float
    p50_ms: float
    p99_ms: float
    processor_us: float
    spread: float
    foreign: float
    errors: int
    memory: Memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Herd:
    """Many clients at once for one file that is not held; seconds of the last one to finish.

    `growth` is how much more memory the server had at its highest, in bytes.
    """

    clients: int
    whole: int
    redirected: int
    seconds: float
    fetches: int
    fetched_bytes: int
    server_seconds: float
    growth: int
    foreign: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Cold:
    """A file that is not held, for one client; medians over the rounds."""

    server: str
    case: str
    size: int
    first_byte_seconds: float
    seconds: float
    whole: bool
    redirected: bool
    herd: Herd | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """The list of all projects.

    `first_seconds` is with nothing held, `restarted_seconds` the first answer after a restart,
    `warm_seconds` the median of those after that.
    """

    server: str
    case: str
    size: int
    start_seconds: float
    first_seconds: float
    restarted_seconds: float
    warm_seconds: float
    memory: Memory
    foreign: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded:
    """New files, uploaded by several clients at once: medians over the rounds."""

    server: str
    case: str
    uploads: int
    uploads_per_second: float
    p50_ms: float
    p99_ms: float
    processor_ms: float
    spread: float
    foreign: float
    errors: int
    memory: Memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosted:
    """What a server with so many projects of its own takes to answer: medians over the rounds.

    `after_upload_seconds` is of the first answer after one more upload; `warm_seconds` of those
    when nothing has changed.
    """

    server: str
    projects: int
    what: str
    size: int
    after_upload_seconds: float
    warm_seconds: float
    foreign: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirrored:
    """One run of a program that fills a mirror, from its start to its end.

    `projects` is for how many there was something new, `peak` its most memory, in bytes, `private`
    that without what is mapped of files, and `catalog_size` what the rows of ours take afterwards.
    """

    tool: str
    case: str
    step: str
    projects: int
    seconds: float
    processor_seconds: float
    peak: int
    private: int
    catalog_size: int
    foreign: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One run of a program that turns an index into files, from its start to its end.

    `projects` is for how many there was something new, `objects` how many files there are then;
    memory as in `Mirrored`.
    """

    tool: str
    case: str
    step: str
    projects: int
    seconds: float
    processor_seconds: float
    peak: int
    private: int
    objects: int
    foreign: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """A server that nobody has asked anything yet, and what its start has cost."""

    server: str
    start_seconds: float
    processor_seconds: float
    memory: Memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Why there is no figure."""

    server: str
    what: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """When, where and on what the figures were taken; `source` is whose bytes nginx static has."""

    mode: str
    day: str
    machine: str
    seconds: int = 0
    rounds: int = 0
    pinned: bool = True
    source: str = ""
    versions: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True, kw_only=True)
class Results:
    """Everything that one run found; it grows while the run goes on."""

    setting: Setting
    warm: list[Warm] = field(default_factory=list)
    cold: list[Cold] = field(default_factory=list)
    root: list[Root] = field(default_factory=list)
    uploaded: list[Uploaded] = field(default_factory=list)
    hosted: list[Hosted] = field(default_factory=list)
    mirrored: list[Mirrored] = field(default_factory=list)
    published: list[Published] = field(default_factory=list)
    rest: list[Rest] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
