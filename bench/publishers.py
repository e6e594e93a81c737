"""Programs that turn an index into files: how each is installed, and run once."""

import importlib.metadata
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Protocol

import msgspec

from bench.mirrors import MirrorRun
from bench.peers import Wheelyard
from bench.peers.installing import install_locked
from bench.places import ROOT
from bench.synthetic import SyntheticProject

__all__ = ["PUBLISHERS", "DumbPypi", "Publisher", "WheelyardPublish"]


class Publisher(Protocol):
    """A program that turns an index into files."""

    @property
    def name(self) -> str:
        """Return the name in the table."""

    def prepare(self) -> str:
        """Install the program if need be, and return its version.

        Raises:
            CannotRunError: it cannot be had on this machine.
        """

    def run(self, folder: Path, projects: Iterable[SyntheticProject]) -> MirrorRun:
        """Return the command that publishes `projects` below `folder`.

        Our own store of them is in `data` there.
        """


class WheelyardPublish:
    """`wheelyard publish` of this clone: files, pages in six forms, manifest and database."""

    name = "wheelyard"

    def prepare(self) -> str:
        """Return the version of this clone."""
        return Wheelyard().prepare()

    def run(self, folder: Path, projects: Iterable[SyntheticProject]) -> MirrorRun:
        """Return its command; what is published is what is held."""
        del projects
        words = ("publish", str(folder / "tree"), "--data", str(folder / "data"))
        return MirrorRun(
            command=(sys.executable, "-m", "wheelyard", *words),
            environment={
                "PYTHONPATH": str(ROOT / "src"),
                "HOME": str(folder),
                "XDG_CONFIG_HOME": str(folder),
            },
        )


class _Package(msgspec.Struct, omit_defaults=True):
    """One line of its list of packages."""

    filename: str
    hash: str
    requires_python: str
    upload_timestamp: int
    core_metadata: str | None = None


@dataclass(slots=True)
class DumbPypi:
    """`dumb-pypi` from a list of packages: pages in HTML and JSON, and no files.

    Without the documents per release, as its help advises for many packages; from its second run
    on it is told what there was before, and makes only what has changed.
    """

    name: str = "dumb-pypi"

    def prepare(self) -> str:
        """Install it, and return its version."""
        programs = install_locked(self.name)
        folders = [str(path) for path in programs.parent.glob("lib/python*/site-packages")]
        found = importlib.metadata.distributions(name="dumb-pypi", path=folders)
        return next((each.version for each in found), "unknown")

    def run(self, folder: Path, projects: Iterable[SyntheticProject]) -> MirrorRun:
        """Write its list, and return its command."""
        listed, before = folder / "packages.json", folder / "packages.before.json"
        known: tuple[str, ...] = ()
        if listed.exists():
            listed.replace(before)
            known = ("--previous-package-list-json", str(before))
        with listed.open("wb") as lines:
            for project in projects:
                lines.writelines(_lines_of(project))
        program = str(install_locked(self.name) / "dumb-pypi")
        fixed = ("--no-per-release-json", "--no-generate-timestamp")
        places = ("--packages-url", "../../packages", "--output-dir", str(folder / "tree"))
        return MirrorRun(
            command=(program, "--package-list-json", str(listed), *known, *fixed, *places)
        )


def _lines_of(project: SyntheticProject) -> Iterable[bytes]:
    for file in project.files():
        stated = sha256(file.metadata).hexdigest() if file.filename.endswith(".whl") else None
        package = _Package(
            filename=file.filename,
            hash=f"sha256={sha256(file.content).hexdigest()}",
            requires_python=">=3.8",
            upload_timestamp=int(datetime.fromisoformat(file.uploaded_at).timestamp()),
            core_metadata=stated and f"sha256={stated}",
        )
        yield msgspec.json.encode(package) + b"\n"


PUBLISHERS: tuple[Publisher, ...] = (WheelyardPublish(), DumbPypi())
