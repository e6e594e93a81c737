"""One virtual environment per client, made on first use and kept for the next run.

They lie in `.cache/clients` and belong to a lock: a changed lock, or another Python, makes another
environment. Processes that want the same one at once wait for each other.
"""

import hashlib
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import uv

from environment import Environment, alone, failure_of, find_pip, index_settings
from support.clients.editions import PIP_26, Edition
from support.clients.interpreters import find_interpreter, version_of
from support.house import ROOT

__all__ = [
    "ClientEnvironment",
    "UnreachableIndexError",
    "index_of_this_machine",
    "prepared",
    "why_no_index_answers",
]

CACHE = ROOT / ".cache" / "clients"


class UnreachableIndexError(Exception):
    """This machine reaches no package index, so a client cannot be had; the message says why."""


@dataclass(frozen=True, slots=True)
class ClientEnvironment:
    """A virtual environment that holds one client and what it needs."""

    folder: Path
    version: tuple[int, int] = sys.version_info[:2]

    @property
    def python(self) -> Path:
        """Return the interpreter to run the client with."""
        return self.folder / "bin" / "python"

    @property
    def packages(self) -> Path:
        """Return where the client and what it needs are installed."""
        major, minor = self.version
        return self.folder / "lib" / f"python{major}.{minor}" / "site-packages"


def prepared(edition: Edition) -> ClientEnvironment:
    """Return the environment of a client, which is made if this machine has none yet.

    Raises:
        UnreachableIndexError: nothing could be installed because no index answers.
        RuntimeError: nothing could be installed although one does.
    """
    digest = hashlib.sha256(edition.lock.read_bytes()).hexdigest()[:12]
    python = find_interpreter(edition.python_from) or Path(sys.executable)
    major, minor = version_of(python)
    folder = CACHE / f"{edition}-py{major}{minor}-{digest}"
    environment = ClientEnvironment(folder, (major, minor))
    stamp = environment.folder / "complete"
    if stamp.exists():
        return environment
    with _alone(edition.lock):
        if not stamp.exists():
            _make(environment, edition.lock, python)
            stamp.touch()
    return environment


@cache
def why_no_index_answers() -> str:
    """Return why no package index can be reached from here, or nothing if one can.

    Tried once in a session, past all caches: uv looks for the newest pip of the tests, and then
    this machine's own pip does, which may know places that uv does not.
    """
    wanted = ["--no-deps", "--require-hashes", "-r", str(PIP_26.lock)]
    by_uv = [uv.find_uv_bin(), "pip", "install", "--quiet", "--no-cache"]
    by_pip = ["download", "--no-cache-dir", "--retries=1", "--timeout=15"]
    with tempfile.TemporaryDirectory() as folder:
        few_retries = {**_settings(), "UV_HTTP_RETRIES": "1"}
        said = failure_of([*by_uv, "--target", f"{folder}/uv", *wanted], few_retries)
        if not said:
            return ""
        pip = find_pip(Environment(ROOT, Path(sys.prefix), ROOT / "requirements"))
        if pip and not failure_of([*pip, *by_pip, "--dest", f"{folder}/pip", *wanted]):
            return ""
    return f"no package index answers: ...{' '.join(said.split())[-200:]}"


@cache
def index_of_this_machine() -> dict[str, str]:
    """Return the variables that send uv to where this machine's pip is configured to look."""
    here = Environment(ROOT, Path(sys.prefix), ROOT / "requirements")
    return index_settings(find_pip(here) or [])


def _make(environment: ClientEnvironment, lock: Path, base: Path) -> None:
    """Install a lock into a new environment, through uv or else through this machine's pip."""
    if why_no_index_answers():
        raise UnreachableIndexError(why_no_index_answers())
    folder, python = str(environment.folder), str(environment.python)
    tool = uv.find_uv_bin()
    locked = ["--require-hashes", "-r", str(lock)]
    made = failure_of([tool, "venv", "--quiet", "--clear", "--python", str(base), folder])
    if made:
        raise RuntimeError(made)
    failure = failure_of(
        [tool, "pip", "install", "--quiet", "--no-deps", "--compile-bytecode",
         "--python", python, *locked],
        _settings(),
    )  # fmt: skip
    pip = find_pip(Environment(ROOT, environment.folder, lock.parent)) if failure else None
    if pip is not None and not failure_of([*pip, "install", "--quiet", "--no-deps", *locked]):
        return
    if failure:
        raise RuntimeError(f"{lock.name} cannot be installed although an index answers: {failure}")


def _settings() -> dict[str, str]:
    return {**os.environ, "UV_NO_CONFIG": "1", **index_of_this_machine()}


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    CACHE.mkdir(parents=True, exist_ok=True)
    with alone(lock):
        yield
