"""Programs that fill a mirror: how each is installed, configured and run once."""

import importlib.metadata
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bench.peers import Wheelyard
from bench.peers.installing import install_locked
from bench.places import ROOT

__all__ = ["MIRRORS", "Bandersnatch", "Mirror", "MirrorRun", "WheelyardSync"]

_CONFIGURATION = """\
[mirror]
directory = {directory}
master = {master}
json = false
release-files = {files}
cleanup = false
api-method = simple
allow-non-https = true
timeout = 60
global-timeout = 18000
workers = 3
verifiers = 3
hash-index = false
simple-format = ALL
stop-on-error = false
storage-backend = filesystem
compare-method = hash
"""
"""Its own defaults, but for the scheme of the address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorRun:
    """A command that fills, or renews, a mirror."""

    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


class Mirror(Protocol):
    """A program that fills a mirror."""

    @property
    def name(self) -> str:
        """Return the name in the table."""

    def prepare(self) -> str:
        """Install the program if need be, and return its version.

        Raises:
            CannotRunError: it cannot be had on this machine.
        """

    def run(self, folder: Path, base_url: str, *, has_files: bool) -> MirrorRun:
        """Write what configures it into `folder`, where the mirror is too; return its command."""


class WheelyardSync:
    """`wheelyard sync` of this clone."""

    name = "wheelyard"

    def prepare(self) -> str:
        """Return the version of this clone."""
        return Wheelyard().prepare()

    def run(self, folder: Path, base_url: str, *, has_files: bool) -> MirrorRun:
        """Return its command; no configuration of this machine is read."""
        options = ("--all",) if has_files else ("--all", "--metadata-only")
        data = ("--data", str(folder / "data"), "--upstream", f"{base_url}/simple/")
        return MirrorRun(
            command=(sys.executable, "-m", "wheelyard", "sync", *options, *data),
            environment={
                "PYTHONPATH": str(ROOT / "src"),
                "HOME": str(folder),
                "XDG_CONFIG_HOME": str(folder),
            },
        )


@dataclass(frozen=True, slots=True)
class Bandersnatch:
    """`bandersnatch mirror` with its defaults."""

    name: str
    lock: str

    def prepare(self) -> str:
        """Install it, and return its version."""
        programs = install_locked(self.lock)
        folders = [str(path) for path in programs.parent.glob("lib/python*/site-packages")]
        found = importlib.metadata.distributions(name="bandersnatch", path=folders)
        return next((each.version for each in found), "unknown")

    def run(self, folder: Path, base_url: str, *, has_files: bool) -> MirrorRun:
        """Write its configuration, and return its command."""
        text = _CONFIGURATION.format(
            directory=folder / "tree", master=base_url, files=str(has_files).lower()
        )
        file = folder / "bandersnatch.conf"
        file.write_text(text, "utf-8")
        program = str(install_locked(self.lock) / "bandersnatch")
        return MirrorRun(command=(program, "--config", str(file), "mirror"))


MIRRORS: tuple[Mirror, ...] = (
    WheelyardSync(),
    Bandersnatch("bandersnatch 6", "bandersnatch-6"),
    Bandersnatch("bandersnatch 8", "bandersnatch-8"),
)
