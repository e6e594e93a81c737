"""Other Pythons of this machine, for clients that do not start on the one that runs the tests."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

__all__ = ["find_interpreter", "version_of"]

_NEWEST = 15
_PATIENCE_SECONDS = 180.0


@cache
def find_interpreter(least: tuple[int, int] | None) -> Path | None:
    """Return a Python of at least that version: this one if it is, else one of this machine."""
    for candidate in (Path(sys.executable), *_others()):
        if least is None or version_of(candidate) >= least:
            return candidate
    return None


@cache
def version_of(python: Path) -> tuple[int, int]:
    """Return the version of an interpreter; (0, 0) if it does not run, as a shim of pyenv's."""
    if python == Path(sys.executable):
        return sys.version_info[:2]
    question = "import ssl, sys, venv; print(*sys.version_info[:2])"
    try:
        answer = subprocess.run(
            [python, "-I", "-c", question],
            capture_output=True,
            text=True,
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
        major, minor = map(int, answer.stdout.split())
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return (0, 0)
    return (major, minor)


def _others() -> Iterator[Path]:
    """Yield the interpreters that have a name or a place of their own, the newest first."""
    for minor in range(_NEWEST, 10, -1):
        found = shutil.which(f"python3.{minor}")
        if found is not None:
            yield Path(found)
    managed = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(managed.glob("versions/3.*/bin/python"), reverse=True)
