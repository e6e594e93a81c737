"""An index in memory, a requirements file in a folder, and what uv itself makes of them.

::

    index = PackageIndex(make_wheel("demo", "1.0"))
    closure = await close([written(tmp_path, "demo")], [LINUX], index)
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

import uv

from support.fakes import BytesBlob
from support.packages import Package, normalize
from wheelyard.blobs import Blob
from wheelyard.closure import Closure, Target, parse_target
from wheelyard.errors import Absent, WheelyardError
from wheelyard.model import File, FileRef, Project, ProjectEntry, ProjectList
from wheelyard.names import Filename, ProjectName

__all__ = [
    "LINUX",
    "MACOS",
    "WINDOWS",
    "PackageIndex",
    "chosen",
    "file_of",
    "page_of",
    "try_uv_resolution",
    "uv_resolution",
    "written",
]

LINUX = parse_target("3.11", "linux")
WINDOWS = parse_target("3.11", "windows")
MACOS = parse_target("3.12", "macos")

_PATIENCE_SECONDS = 180


def file_of(package: Package, *, yanked: bool | str = False) -> File:
    """Return what a page says of a package."""
    return File(
        filename=Filename(package.filename),
        url=f"https://files.index.example/{package.filename}",
        hashes=(("sha256", package.sha256),),
        size=package.size,
        requires_python=package.requires_python,
        core_metadata=(("sha256", sha256(package.metadata).hexdigest()),)
        if package.metadata
        else None,
        yanked=yanked,
    )


def page_of(*packages: Package, yanked: Iterable[str] = ()) -> Project:
    """Return the page of a project with these packages; `yanked` are file names."""
    files = tuple(file_of(one, yanked=one.filename in {*yanked}) for one in packages)
    return Project(ProjectName(normalize(packages[0].name)), files)


class PackageIndex:
    """A repository over packages in memory. It notes what was asked, and can fail for a name."""

    def __init__(self, *packages: Package, yanked: Iterable[str] = ()) -> None:
        """Have these packages; `yanked` are file names."""
        self.packages = packages
        self.yanked = frozenset(yanked)
        self.failing: dict[str, WheelyardError] = {}
        self.asked: list[str] = []

    async def projects(self) -> ProjectList:
        """Return the names of all projects."""
        names = sorted({normalize(one.name) for one in self.packages})
        return ProjectList(tuple(ProjectEntry(name) for name in names))

    async def project(self, name: ProjectName) -> Project:
        """Return the page of one project."""
        self.asked.append(name)
        if name in self.failing:
            raise self.failing[name]
        found = [one for one in self.packages if normalize(one.name) == name]
        if not found:
            raise Absent(f"The project `{name}`")
        return page_of(*found, yanked=self.yanked)

    async def file(self, ref: FileRef) -> Blob:
        """Return the bytes of a file."""
        self.asked.append(ref.file.filename)
        content = self._package(ref).content
        return BytesBlob(content, size=len(content))

    async def metadata(self, ref: FileRef) -> Blob:
        """Return the metadata of a wheel."""
        self.asked.append(f"{ref.file.filename}.metadata")
        return BytesBlob(self._package(ref).metadata or b"")

    def _package(self, ref: FileRef) -> Package:
        """Return the package that is asked for."""
        if ref.file.filename in self.failing:
            raise self.failing[ref.file.filename]
        return next(one for one in self.packages if one.filename == ref.file.filename)


def written(folder: Path, text: str, name: str = "requirements.txt") -> Path:
    """Write a file for a reader; return its path."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def chosen(closure: Closure, target: Target, *, is_build: bool = False) -> dict[str, str]:
    """Return the version of each project that is needed on a target."""
    return {
        one.name: one.version
        for one in closure.needed
        if target in one.targets and one.is_build == is_build
    }


def uv_resolution(
    path: Path, index_url: str, python: str, platform: str, *options: str
) -> dict[str, str]:
    """Return what `uv pip compile` makes of a file for a platform; sdists are built on the way."""
    done = _run_uv(path, index_url, python, platform, *options)
    assert done.returncode == 0, done.stderr
    return _parsed(done.stdout)


def try_uv_resolution(
    path: Path, index_url: str, python: str, platform: str, *options: str
) -> dict[str, str] | None:
    """Return what `uv pip compile` makes of a file; None if nothing satisfies it."""
    done = _run_uv(path, index_url, python, platform, *options)
    if done.returncode == 0:
        return _parsed(done.stdout)
    assert "No solution found" in done.stderr, done.stderr
    return None


def _parsed(output: str) -> dict[str, str]:
    """Return the versions that uv wrote, by project."""
    pairs = (line.partition("==") for line in output.splitlines() if "==" in line)
    return {normalize(name): version for name, _, version in pairs}


def _run_uv(
    path: Path, index_url: str, python: str, platform: str, *options: str
) -> subprocess.CompletedProcess[str]:
    """Run `uv pip compile` as somebody would who knows nothing of us."""
    with tempfile.TemporaryDirectory() as cache:
        where = ["--python", sys.executable, "--python-version", python]
        where += ["--python-platform", platform, "--default-index", index_url]
        quiet = ["--no-config", "--no-header", "--no-annotate", "--cache-dir", cache]
        return subprocess.run(
            [uv.find_uv_bin(), "pip", "compile", path, *where, *quiet, *options],
            capture_output=True,
            text=True,
            check=False,
            env={"HOME": cache, "PATH": os.defpath},
            timeout=_PATIENCE_SECONDS,
        )
