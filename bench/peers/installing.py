"""Environments for peers that are Python programs, each with the versions of its lock file."""

import datetime as dt
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.errors import CannotRunError
from bench.places import BENCH, PEER_ENVIRONMENTS
from environment import index_settings

__all__ = ["LOCKED", "install_locked", "write_locks"]

LOCKS = BENCH / "peers"
COOL_DOWN_DAYS = 7

LOCKED = {
    "devpi": ("devpi-server==6.20.3",),
    "proxpi": ("proxpi==1.3.1", "gunicorn==27.0.1"),
    "pypiserver": ("pypiserver==2.4.2", "gunicorn==27.0.1"),
    "bandersnatch-6": ("bandersnatch==6.8.0",),
    "bandersnatch-8": ("bandersnatch==8.2.0",),
    "dumb-pypi": ("dumb-pypi==1.15.0",),
}
"""What each peer is; its lock file says what else it needs."""

PYTHONS = {"bandersnatch-8": "3.12"}
"""Which Python a peer needs that does not run on that of this clone."""

HEADER = """\
# Written by `python -m bench lock`; do not edit. What {name} needs, so that every run measures the
# same program. Names, versions and hashes only.
"""


def install_locked(name: str) -> Path:
    """Return the folder of programs of a peer, having installed its lock if that was not done.

    Raises:
        CannotRunError: it cannot be installed here.
    """
    folder, lock = PEER_ENVIRONMENTS / name, LOCKS / f"{name}.txt"
    stamp = folder / "lock.sha256"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text("ascii") != digest:
        python = folder / "bin" / "python"
        _run_uv("venv", "--quiet", "--clear", "--python", _find_python(name), str(folder))
        _run_uv(
            *("pip", "install", "--quiet", "--compile-bytecode", "--python", str(python)),
            *("--require-hashes", "-r", str(lock)),
        )
        stamp.write_text(digest, "ascii")
    return folder / "bin"


def _find_python(name: str) -> str:
    """Return the Python that a peer runs on: this one, unless that is too old for it.

    Raises:
        CannotRunError: this machine has none.
    """
    least = PYTHONS.get(name)
    if least is None:
        return sys.executable
    managed = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    places = (*managed.glob(f"versions/{least}.*/bin/python"), shutil.which(f"python{least}"))
    found = next(filter(None, places), None)
    if found is None:
        raise CannotRunError(f"needs Python {least}, which this machine does not have")
    return str(found)


def write_locks() -> None:
    """Resolve every peer again, from versions that are at least a week old."""
    cutoff = dt.datetime.now(dt.UTC) - dt.timedelta(days=COOL_DOWN_DAYS)
    for name, requirements in LOCKED.items():
        with tempfile.TemporaryDirectory() as scratch:
            wanted, lock = Path(scratch, "wanted.txt"), Path(scratch, "lock.txt")
            wanted.write_text("\n".join(requirements), "utf-8")
            _run_uv(
                *("pip", "compile", "--quiet", "--universal"),
                *("--python-version", PYTHONS.get(name, "3.11")),
                *("--generate-hashes", "--no-header", "--no-annotate"),
                *("--exclude-newer", cutoff.isoformat(timespec="seconds")),
                *("--output-file", str(lock), str(wanted)),
            )
            text = HEADER.format(name=name) + lock.read_text("utf-8")
            LOCKS.joinpath(f"{name}.txt").write_text(text, "utf-8")


def _run_uv(*arguments: str) -> None:
    command: Sequence[str] = [sys.executable, "-m", "uv", *arguments]
    settings = {**os.environ, "UV_NO_CONFIG": "1", **index_settings([sys.executable, "-m", "pip"])}
    answer = subprocess.run(command, capture_output=True, text=True, check=False, env=settings)
    if answer.returncode != 0:
        said = answer.stderr.strip().splitlines() or ["uv failed"]
        raise CannotRunError(f"cannot be installed: {said[-1].strip()}")
