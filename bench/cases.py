"""What is measured: cases as records, and three modes that choose among them."""

from dataclasses import dataclass, replace
from typing import Literal

__all__ = [
    "FULL",
    "MODES",
    "QUICK",
    "SMOKE",
    "ColdCase",
    "FileCase",
    "Format",
    "HostedCase",
    "Mode",
    "PageCase",
    "RootCase",
    "UploadCase",
    "WarmCase",
]

Format = Literal["json", "html"]

KIB = 1024
MIB = 1024 * KIB

JSON_TYPE = "application/vnd.pypi.simple.v1+json"

# What pip 26.3 sends for a page, except that it always accepts gzip. It asks for revalidation,
# which is addressed to its own cache and must cost a server nothing.
PIP_ACCEPT = f"{JSON_TYPE}, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01"
PIP_AGENT = (
    'pip/26.3 {"ci":null,"cpu":"x86_64","distro":{"id":"bookworm","libc":{"lib":"glibc",'
    '"version":"2.36"},"name":"Debian GNU/Linux","version":"12"},"implementation":{"name":'
    '"CPython","version":"3.11.7"},"installer":{"name":"pip","version":"26.3"},"openssl_version":'
    '"OpenSSL 3.0.17 1 Jul 2026","python":"3.11.7","system":{"name":"Linux","release":"6.1.0"}}'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageCase:
    """A page that the server holds, asked for again and again on kept connections."""

    files: int
    format: Format = "json"
    compressed: bool = True
    connections: int = 16

    def __str__(self) -> str:
        encoding = "gzip" if self.compressed else "identity"
        return f"{self.files:,} files, {self.format} {encoding}, c={self.connections}"

    @property
    def project(self) -> str:
        """Return the project whose page it is."""
        return f"bench-page-{self.files}"

    @property
    def headers(self) -> dict[str, str]:
        """Return what an installer sends: pip's words, or for HTML those of an old one."""
        return {
            "User-Agent": PIP_AGENT,
            "Accept": PIP_ACCEPT if self.format == "json" else "text/html",
            "Accept-Encoding": "gzip, deflate" if self.compressed else "identity",
            "Cache-Control": "max-age=0",
        }

    @property
    def content_type(self) -> str:
        """Return the content type that the answer must have."""
        return JSON_TYPE if self.format == "json" else "text/html"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCase:
    """A file that the server holds, asked for again and again on kept connections."""

    size: int
    connections: int

    def __str__(self) -> str:
        return f"{render_size(self.size)}, c={self.connections}"

    @property
    def project(self) -> str:
        """Return the project that has this one file."""
        return f"bench-file-{self.size}"

    @property
    def headers(self) -> dict[str, str]:
        """Return what pip sends for a file."""
        return {"User-Agent": PIP_AGENT, "Accept": "*/*", "Accept-Encoding": "identity"}


WarmCase = PageCase | FileCase


@dataclass(frozen=True, slots=True, kw_only=True)
class ColdCase:
    """A file that the server does not hold: for one client, then for a herd of them at once."""

    size: int = 50 * MIB
    clients: int = 50
    latency_seconds: float = 0.02
    bytes_per_second: int | None = None
    rounds: int = 3
    herd_rounds: int = 1

    def __str__(self) -> str:
        speed = self.bytes_per_second
        return "as fast as it goes" if speed is None else f"at {speed / 1e6:.0f} MB/s"


@dataclass(frozen=True, slots=True, kw_only=True)
class RootCase:
    """The list of all projects, fetched once and then held over a restart."""

    names: int = 700_000
    rounds: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadCase:
    """New files, spread over many projects, from several clients at once on kept connections."""

    uploads: int = 800
    size: int = 50 * KIB
    clients: int = 8
    projects: int = 100
    rounds: int = 3

    def __str__(self) -> str:
        return f"wheels of {render_size(self.size)}, c={self.clients}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostedCase:
    """Projects that were uploaded, with one small file each: few of them, then many."""

    projects: tuple[int, ...] = (100, 10_000)
    size: int = 2 * KIB
    clients: int = 8
    rounds: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorCase:
    """An index to be mirrored, of projects with four files of 2 KiB each.

    Every `every`th project changes in the end. `simulated`: it is made up while it is asked, and
    only our own program is measured.
    """

    projects: int
    has_files: bool = False
    latency_seconds: float = 0.0
    every: int = 100
    simulated: bool = False
    releases: int = 2

    def __str__(self) -> str:
        what = "with files" if self.has_files else "metadata only"
        where = f", {self.latency_seconds * 1000:.0f} ms away" if self.latency_seconds else ""
        return f"{self.projects:,} projects, {what}{where}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishCase:
    """An index to be published, of projects with two files of 2 KiB for each of their releases.

    Every `every`th project changes in the end.
    """

    projects: int = 10_000
    releases: int = 5
    every: int = 100

    def __str__(self) -> str:
        return f"{self.projects:,} projects of {2 * self.releases} files"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """How much is measured: `rounds` of whole `seconds` for each case that is warm.

    Only `servers` are measured unless somebody asks for others; none named are all. `exact` looks
    at the status of every answer, which slows the load and not the server.
    """

    name: str
    seconds: int
    rounds: int
    pages: tuple[PageCase, ...]
    files: tuple[FileCase, ...]
    cold: tuple[ColdCase, ...]
    root: RootCase
    uploads: UploadCase = UploadCase()
    hosted: HostedCase = HostedCase()
    mirror: tuple[MirrorCase, ...] = ()
    publish: PublishCase = PublishCase()
    servers: tuple[str, ...] = ()
    exact: bool = False


def render_size(size: int) -> str:
    """Return a number of bytes in the unit that suits it."""
    return f"{size // MIB} MiB" if size >= MIB else f"{size // KIB} KiB"


_SMALL = (
    PageCase(files=20),
    PageCase(files=20, compressed=False),
    PageCase(files=20, format="html"),
    PageCase(files=20, format="html", compressed=False),
)
_LARGE = tuple(replace(case, files=3000) for case in _SMALL)
_CROWDED = tuple(replace(case, connections=64) for case in _SMALL[:2])
_FILES = (
    FileCase(size=50 * KIB, connections=16),
    FileCase(size=5 * MIB, connections=8),
    FileCase(size=100 * MIB, connections=4),
)
# Those that are there without an installation from elsewhere; one of the others takes 40 s for a
# single herd.
_INSTALLED = ("wheelyard", "nginx static", "nginx cache")
_FAR_SECONDS = 0.02
LARGE = (
    MirrorCase(projects=100_000),
    MirrorCase(projects=700_000, every=1_000, simulated=True),
)
"""What takes a quarter of an hour and more, for who asks for it."""
_METERED = ColdCase(bytes_per_second=25_000_000)

FULL = Mode(
    name="full",
    seconds=2,
    rounds=3,
    pages=_SMALL + _CROWDED + _LARGE,
    files=_FILES,
    cold=(_METERED, ColdCase()),
    root=RootCase(),
    mirror=(
        MirrorCase(projects=2_000),
        MirrorCase(projects=2_000, has_files=True),
        MirrorCase(projects=2_000, latency_seconds=_FAR_SECONDS),
        MirrorCase(projects=2_000, has_files=True, latency_seconds=_FAR_SECONDS),
        MirrorCase(projects=10_000),
        MirrorCase(projects=10_000, has_files=True),
    ),
)
QUICK = Mode(
    name="quick",
    seconds=1,
    rounds=2,
    pages=(_SMALL[0], _LARGE[0]),
    files=_FILES[:2],
    cold=(replace(_METERED, rounds=1),),
    root=RootCase(),
    uploads=UploadCase(uploads=400, rounds=2),
    hosted=HostedCase(projects=(100, 1_000)),
    mirror=(MirrorCase(projects=1_000), MirrorCase(projects=300, has_files=True)),
    publish=PublishCase(projects=500),
    servers=(*_INSTALLED, "bandersnatch 6", "dumb-pypi"),
)
SMOKE = Mode(
    name="smoke",
    seconds=1,
    rounds=1,
    pages=(_SMALL[0], replace(_SMALL[2], files=300, compressed=False)),
    files=(_FILES[0],),
    cold=(ColdCase(size=2 * MIB, clients=8, rounds=1),),
    root=RootCase(names=2_000, rounds=2),
    uploads=UploadCase(uploads=16, projects=4, rounds=1),
    hosted=HostedCase(projects=(4, 16), rounds=1),
    mirror=(MirrorCase(projects=30, has_files=True, latency_seconds=0.001, every=10),),
    publish=PublishCase(projects=20, every=10),
    servers=_INSTALLED,
    exact=True,
)
MODES = {mode.name: mode for mode in (FULL, QUICK, SMOKE)}
