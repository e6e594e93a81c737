"""What a client left behind: which projects, and which bytes."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import distributions
from pathlib import Path

from support.clients.sandbox import Outcome
from support.packages import normalize

__all__ = ["Result", "files_in", "projects_in"]

_OF_THE_CLIENT = frozenset(
    {".lock", "INSTALLER", "RECORD", "REQUESTED", "direct_url.json", "uv_build.json"}
)
"""Files that a client writes about itself."""


@dataclass(frozen=True, slots=True)
class Result(Outcome):
    """How an installation ended and what is installed now."""

    installed: Mapping[str, str] = field(default_factory=dict)
    """Version by normalised name, as the `.dist-info` folders have it."""
    files: Mapping[str, str] = field(default_factory=dict, repr=False)
    """SHA-256 by path, without what clients write about themselves."""

    @classmethod
    def of(cls, outcome: Outcome, folder: Path) -> "Result":
        """Return an outcome together with what lies in the folder of packages."""
        return cls(
            outcome.command,
            outcome.exit_code,
            outcome.output,
            outcome.seconds,
            projects_in(folder),
            files_in(folder),
        )


def projects_in(folder: Path) -> dict[str, str]:
    """Return the version of each project installed in a folder of packages."""
    return {normalize(each.name): each.version for each in distributions(path=[str(folder)])}


def files_in(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file that came out of an archive, by path."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(_from_archives(folder))
    }


def _from_archives(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        compiled = path.suffix == ".pyc"
        if path.is_file() and not compiled and path.name not in _OF_THE_CLIENT:
            yield path
