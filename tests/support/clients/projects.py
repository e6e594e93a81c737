"""What clients that work on a project have in common: a folder, a lock and an environment in it."""

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from support.clients.installed import Result
from support.clients.sandbox import Outcome

__all__ = ["Installer", "Locked", "Locker", "packages_of", "render_project"]


class Installer(Protocol):
    """A client that can install from an index."""

    def install(self, requirements: Sequence[str], index_url: str, target: Path) -> Result:
        """Install into a folder that belongs to the client, and say what is there now."""


@dataclass(frozen=True, slots=True)
class Locked(Outcome):
    """How locking ended, and the text of the lock; empty where there is none."""

    text: str = field(repr=False, default="")

    @property
    def sha256s(self) -> frozenset[str]:
        """Return every SHA-256 in the lock, 64 lower-case hex digits each."""
        return frozenset(re.findall(r"\bsha256[:=]([0-9a-f]{64})\b", self.text))

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
