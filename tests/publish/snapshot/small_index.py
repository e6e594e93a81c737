"""A small index made by hand, of which it is known what every query has to bring.

It has an archived project, one in quarantine, pre-releases, yanked files, an extra, wheels for
one system, and sdists of which nobody knows what they require.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from wheelyard.blobs import Blob, MemoryBlob
from wheelyard.clock import Instant
from wheelyard.errors import Absent, WheelyardError
from wheelyard.model import File, FileRef, Project, ProjectEntry, ProjectList, ProjectStatus
from wheelyard.names import Filename, ProjectName, Sha256, normalise
from wheelyard.publish.snapshot import SnapshotAbout, SnapshotDraft, SnapshotReport, open_draft
from wheelyard.publish.snapshot.rows import DayCounts

__all__ = [
    "ABOUT",
    "DAYS",
    "FAST",
    "Shown",
    "drafted",
    "make_snapshot",
    "metadata",
    "page",
    "sdist",
    "small_index",
    "wheel",
]

ABOUT = SnapshotAbout("main", 42, Instant(1_790_000_000.0))
DAYS = (
    DayCounts("2026-01-01", "5 2", {"flask": (3, 2)}),
    DayCounts("2026-01-02", "12 1", {"click": (7, 1), "flask": (1, 0), "not-shown": (4, 0)}),
)
UPLOADED = "2026-01-31T12:00:00.123456Z"


def metadata(name: str, *lines: str) -> bytes:
    """Return core metadata with these headers beside the usual ones."""
    usual = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0"]
    people = ["Author-email: Ann <ann@people.example>", "Maintainer: Bob"]
    return "\n".join([*usual, *people, *lines, "", "A text."]).encode()


def _file(filename: str, content: bytes, facts: Mapping[str, object]) -> File:
    known: dict[str, object] = {"upload_time": UPLOADED, **facts}
    digest = sha256(content + filename.encode()).hexdigest()
    return File(
        Filename(filename),
        url="",
        hashes=(("sha256", digest),),
        size=len(content) + len(filename),
        **known,  # type: ignore[arg-type]  # any fact
    )


def wheel(stem: str, described: bytes | None = None, **facts: object) -> File:
    """Return a wheel; `stem` is its name without the suffix, or without tags `py3-none-any`."""
    name = f"{stem}.whl" if stem.count("-") > 1 else f"{stem}-py3-none-any.whl"
    if described is not None:
        facts["core_metadata"] = (("sha256", sha256(described).hexdigest()),)
    return _file(name, described or b"", facts)


def sdist(stem: str, **facts: object) -> File:
    """Return a source archive."""
    return _file(f"{stem}.tar.gz", b"source", facts)


def page(name: str, *files: File, status: ProjectStatus = ProjectStatus()) -> Project:  # noqa: B008 - a frozen record
    """Return a page."""
    return Project(ProjectName(normalise(name)), files, status=status)


@dataclass(slots=True)
class Shown:
    """A repository in memory: pages, metadata by digest, and what cannot be read of them."""

    pages: dict[ProjectName, Project] = field(default_factory=dict)
    written: dict[ProjectName, str] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    failing: dict[str, WheelyardError] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def put(self, name: str, *files: File, status: str = "active", reason: str = "") -> None:
        """Have a page, of whose wheels `hold` has the metadata."""
        told = ProjectStatus(status, reason or None)  # type: ignore[arg-type]  # any status
        project = page(name, *files, status=told)
        self.pages[project.name] = project
        self.written[project.name] = name

    def hold(self, *contents: bytes) -> None:
        """Have metadata."""
        self.contents |= {sha256(content).hexdigest(): content for content in contents}

    async def projects(self) -> ProjectList:
        """Return them all."""
        return ProjectList(tuple(ProjectEntry(self.written[name]) for name in self.pages))

    async def project(self, name: ProjectName) -> Project:
        """Return one."""
        if name not in self.pages:
            raise Absent(f"`{name}`")
        return self.pages[name]

    async def file(self, ref: FileRef) -> Blob:
        """Raise: nobody needs files for a snapshot."""
        raise AssertionError(ref)

    async def metadata(self, ref: FileRef) -> Blob:
        """Return the metadata of a file."""
        self.asked.append(ref.file.filename)
        if ref.file.filename in self.failing:
            raise self.failing[ref.file.filename]
        digest = ref.file.metadata_sha256 or ""
        return MemoryBlob(self.contents[digest], Sha256(digest))


FLASK_1 = metadata("Flask", "Requires-Dist: click>=7")
FLASK_2 = metadata(
    "Flask",
    "Summary: A framework",
    "License-Expression: BSD-3-Clause",
    "Requires-Dist: click (>=8.0)",
    "Requires-Dist: Werk.Zeug[Watch]<4,>=2",
    'Requires-Dist: asgiref>=3.2; extra == "Async"',
    "Requires-Dist: not a requirement",
    "Classifier: Framework :: Flask",
    "Classifier: Programming Language :: Python :: 3",
    "Classifier: Framework :: Flask",
)
CLICK = metadata("click", "License: MIT", "Classifier: Framework :: Flask :: Extension")
FAST = metadata("fast", 'Requires-Dist: click ; sys_platform == "win32"')
MANYLINUX = "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64"


def small_index() -> Shown:
    """Return the index."""
    shown = Shown()
    shown.hold(FLASK_1, FLASK_2, CLICK, FAST)
    shown.put(
        "Flask",
        wheel("flask-1.0", FLASK_1),
        sdist("flask-1.0"),
        wheel("flask-2.0", FLASK_2, requires_python=">=3.8", upload_time="2026-02-01T00:00:00Z"),
        wheel("flask-3.0rc1", FLASK_2, requires_python=">=3.12"),
    )
    shown.put(
        "click",
        wheel("click-7.0-py2.py3-none-any", CLICK, requires_python=">=2.7,!=3.0.*"),
        wheel("click-8.0", CLICK, requires_python=">=3.7"),
        wheel("click-8.1", CLICK, requires_python=">=3.7", yanked="broken"),
    )
    shown.put(
        "fast",
        wheel(f"fast-1.0-{MANYLINUX}", FAST),
        wheel("fast-1.1-cp312-cp312-win_amd64", FAST),
    )
    shown.put("old.stuff", sdist("old.stuff-0.1", requires_python="<3"), status="archived")
    shown.put("early", wheel("early-1.0a1"), wheel("early-1.0a2"))
    shown.put("withdrawn", wheel("withdrawn-1.0", yanked=True))
    shown.put("hostile", wheel("hostile-6.6"), status="quarantined", reason="malware")
    return shown


@asynccontextmanager
async def drafted(shown: Shown, working: Path) -> AsyncIterator[SnapshotDraft]:
    """Yield a draft that was told everything that is shown."""
    async with open_draft(working, shown) as draft:
        for name in sorted(shown.pages):
            await draft.add(shown.pages[name], shown.written[name])
        await draft.keep_only(shown.pages.keys())
        yield draft


async def make_snapshot(
    shown: Shown,
    path: Path,
    working: Path | None = None,
    days: Iterable[DayCounts] = DAYS,
    about: SnapshotAbout = ABOUT,
) -> SnapshotReport:
    """Write a snapshot of everything that is shown; from scratch if no working copy is named."""
    scratch = path.with_name(f"{path.name}.working")
    async with drafted(shown, working or scratch) as draft:
        for day in days:
            await draft.put_day(day)
        report = await draft.finish(path, about, "mark")
    scratch.unlink(missing_ok=True)
    return report
