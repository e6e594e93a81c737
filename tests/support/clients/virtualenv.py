"""virtualenv, which fetches the newest pip when it is told to."""

import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path

from support.clients.editions import VIRTUALENV
from support.clients.environments import prepared
from support.clients.installed import Result
from support.clients.projects import packages_of
from support.clients.sandbox import Sandbox
from support.packages import Package

__all__ = ["Virtualenv", "seed_wheels"]


@dataclass(frozen=True, slots=True)
class Virtualenv:
    """virtualenv; a folder becomes an environment."""

    sandbox: Sandbox

    def create(self, index_url: str, folder: Path, *options: str) -> Result:
        """Make an environment, its seeds fetched from the index if the options say so."""
        python, variables = prepared(VIRTUALENV).python, {"PIP_INDEX_URL": index_url}
        words = ("-m", "virtualenv", *options)
        outcome = self.sandbox.run(python, *words, folder, variables=variables)
        return Result.of(outcome, packages_of(folder))


def seed_wheels() -> list[Package]:
    """Return the newest real wheels of pip and setuptools that virtualenv has with it."""
    folder = prepared(VIRTUALENV).packages / "virtualenv" / "seed" / "wheels" / "embed"
    newest = {path.name.split("-")[0]: path for path in sorted(folder.glob("*.whl"))}
    return [_read_wheel(path) for path in newest.values()]


def _read_wheel(path: Path) -> Package:
    name, version, *_ = path.name.split("-")
    with zipfile.ZipFile(path) as archive:
        metadata = archive.read(f"{name}-{version}.dist-info/METADATA")
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return Package(path.name, name, version, content, digest, metadata, requires_python=">=3.9")
