"""What clients have in common; above all those that work on a project with a lock."""

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from support.clients.installed import Result
from support.clients.sandbox import Outcome, Sandbox

__all__ = ["Installer", "Locked", "Locker", "OneCommand", "packages_of", "render_project"]


class Installer(Protocol):
    """A client that can install from an index."""

    def install(self, requirements: Sequence[str], index_url: str, target: Path) -> Result:
        """Install into a folder that belongs to the client, and say what is there now."""


class OneCommand(Installer, Protocol):
    """A client that installs with one command, which a test may start, and end before its time."""

    @property
    def sandbox(self) -> Sandbox:
        """Return where it runs."""

    def command_to_install(
        self, requirements: Sequence[str], index_url: str, target: Path
    ) -> list[str | Path]:
        """Return the command line of an installation, for whoever starts it himself."""


@dataclass(frozen=True, slots=True)
class Locked(Outcome):
    """How locking ended, and the text of the lock; empty where there is none."""

    text: str = field(repr=False, default="")

    @property
    def sha256s(self) -> frozenset[str]:
        """Return the SHA-256 of each file in the lock, 64 lower-case hex digits each."""
        # pdm's lock has a hash of the project, too.
        found = re.findall(r'(?<!content_hash = ")\bsha256[:=]([0-9a-f]{64})\b', self.text)
        return frozenset(found)

    @classmethod
    def of(cls, outcome: Outcome, lock: Path) -> "Locked":
        """Return an outcome together with the lock that it made."""
        text = lock.read_text("utf-8") if lock.exists() else ""
        return cls(outcome.command, outcome.exit_code, outcome.output, outcome.seconds, text)


class Locker(Installer, Protocol):
    """A client that keeps a project's dependencies in a lock."""

    def lock(self, requirements: Sequence[str], index_url: str, project: Path) -> Locked:
        """Resolve, and write the lock into the project's folder."""

    def install_locked(self, index_url: str, project: Path) -> Result:
        """Install what the lock says, without resolving again."""


def packages_of(environment: Path) -> Path:
    """Return where a virtual environment of this Python keeps what is installed."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return environment / "lib" / version / "site-packages"


def render_project(requirements: Sequence[str], tables: Mapping[str, Mapping[str, str]]) -> str:
    """Return a `pyproject.toml` of an application; `tables` are the client's own.

    A name in double brackets is an element of an array; values are TOML as they stand.
    """
    listed = ", ".join(f'"{each}"' for each in requirements)
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    project = {
        "name": '"application"',
        "version": '"1.0"',
        "requires-python": f'"=={python}.*"',
        "dependencies": f"[{listed}]",
    }
    return "".join(
        f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in words.items()) + "\n"
        for name, words in {"project": project, **tables}.items()
    )
