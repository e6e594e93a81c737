"""What the clients that publish have in common: what is published, where to, and by whom."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from support.clients.sandbox import Outcome
from support.packages import Package, make_sdist, make_wheel

__all__ = ["Account", "Publisher", "Release", "release_of"]


@dataclass(frozen=True, slots=True)
class Account:
    """Where files are sent, and as whom; with a token the user is `__token__`."""

    url: str
    password: str = field(repr=False)
    user: str = "__token__"


@dataclass(frozen=True, slots=True)
class Release:
    """The archives of one version of one project."""

    name: str
    version: str
    packages: tuple[Package, ...]

    @property
    def filenames(self) -> frozenset[str]:
        """Return the names of its files."""
        return frozenset(package.filename for package in self.packages)

    def write(self, project: Path) -> list[Path]:
        """Write the archives into `dist` of a project's folder, where clients look for them."""
        folder = project / "dist"
        folder.mkdir(parents=True, exist_ok=True)
        paths = [folder / package.filename for package in self.packages]
        for path, package in zip(paths, self.packages, strict=True):
            path.write_bytes(package.content)
        return paths


class Publisher(Protocol):
    """A client that can publish.

    `project` is a folder that belongs to the client, which finds the release in `dist` below it.
    """

    def publish(
        self, release: Release, account: Account, project: Path, options: Sequence[str] = ()
    ) -> Outcome:
        """Send every file of a release; `options` are the client's own."""


def release_of(
    name: str, version: str, *, payload: str = "", requires: Sequence[str] = ()
) -> Release:
    """Return a wheel and an sdist; another `payload` makes other bytes under the same names."""
    module = name.replace("-", "_")
    modules = {f"{module}/__init__.py": f'version = "{version}"\npayload = "{payload}"\n'}
    archives = (make_wheel, make_sdist)
    made = tuple(make(name, version, modules=modules, requires=requires) for make in archives)
    return Release(name, version, made)
