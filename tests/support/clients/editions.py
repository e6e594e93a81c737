"""Which releases of which clients the tests run, and where each one's lock file is.

A lock names versions and hashes and no address. `relock.py` writes them all again from the
requirements that stand here.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from support.clients.interpreters import find_interpreter

__all__ = [
    "BANDERSNATCH",
    "BANDERSNATCH_8",
    "BUILDOUT",
    "DEVPI",
    "EASY_INSTALL",
    "EDITIONS",
    "FLIT",
    "HATCH",
    "LOCKS",
    "OTHER_INDEXES",
    "PDM",
    "PIP2PI",
    "PIPENV",
    "PIPS",
    "PIP_20",
    "PIP_22",
    "PIP_26",
    "POETRY",
    "PYPISERVER",
    "TWINES",
    "TWINE_6",
    "TWINE_7",
    "VIRTUALENV",
    "Edition",
]

LOCKS = Path(__file__).parent / "locks"


@dataclass(frozen=True, slots=True)
class Edition:
    """One release of one client, with whatever else it needs in order to start."""

    name: str
    version: str
    beside: tuple[str, ...] = ()
    """Further requirements: what the client's own metadata leave too open."""
    python_below: tuple[int, int] | None = None
    """The first Python on which this release no longer starts."""
    python_from: tuple[int, int] | None = None
    """The first Python on which this release starts, if it is not the first of ours."""

    def __str__(self) -> str:
        return f"{self.name}-{self.version}"

    @property
    def requirements(self) -> tuple[str, ...]:
        """Return what its environment is made of, before anybody resolved it."""
        return (f"{self.name}=={self.version}", *self.beside)

    @property
    def lock(self) -> Path:
        """Return the file that holds every version and hash of its environment."""
        return LOCKS / f"{self}.txt"

    @property
    def starts_here(self) -> bool:
        """Say whether this Python is old enough for it, and one of this machine new enough."""
        is_old = self.python_below is None or sys.version_info[:2] < self.python_below
        return is_old and find_interpreter(self.python_from) is not None


# Their vendored pkg_resources asks for a module that Python 3.12 no longer has.
_OLD = (3, 12)

PIP_26 = Edition("pip", "26.3")
PIP_22 = Edition("pip", "22.3.1", python_below=_OLD)
"""The one that a page with `dist-info-metadata` as an object makes crash."""
PIP_20 = Edition("pip", "20.3.4", python_below=_OLD)
"""HTML only, and the last before the backtracking resolver learned to hurry."""

PIPS = (
    PIP_26,
    Edition("pip", "25.3"),
    Edition("pip", "23.3.2"),
    Edition("pip", "23.1.2"),
    PIP_22,
    Edition("pip", "22.1.2", python_below=_OLD),
    PIP_20,
)

POETRY = Edition("poetry", "2.5.1")
PDM = Edition("pdm", "2.29.3", beside=("hishel>=1.2,<1.3", "unearth<0.19"))
"""With hishel 2 or unearth 0.19 it does not start."""
PIPENV = Edition("pipenv", "2026.10.3")
HATCH = Edition("hatch", "1.18.2")
VIRTUALENV = Edition("virtualenv", "21.15.6")
BUILDOUT = Edition("zc.buildout", "6.0.1", beside=("zc.recipe.egg",))
EASY_INSTALL = Edition("setuptools", "79.0.1")
"""The last that carries the code of easy_install, unchanged for years."""

TWINE_7 = Edition("twine", "7.0.0")
"""The first whose `--skip-existing` is for PyPI only."""
TWINE_6 = Edition("twine", "6.1.0")
"""An older one, which skips what any index has."""
TWINES = (TWINE_7, TWINE_6)
FLIT = Edition("flit", "4.2.0")

BANDERSNATCH = Edition("bandersnatch", "6.8.0")
"""The last that starts on every Python that we do, and the last that asks by XML-RPC."""
BANDERSNATCH_8 = Edition("bandersnatch", "8.2.0", python_from=(3, 12))
"""Asks for the root list alone, and mirrors core metadata."""
DEVPI = Edition("devpi-server", "6.20.3")
PIP2PI = Edition("pip2pi", "0.8.2", beside=("setuptools<81",))
"""It asks for pkg_resources, which newer releases of setuptools no longer have."""
PYPISERVER = Edition("pypiserver", "2.4.2")

OTHER_INDEXES = (BANDERSNATCH, BANDERSNATCH_8, DEVPI, PIP2PI, PYPISERVER)
"""Programs that make or run an index: doors, and no clients."""

EDITIONS = (
    *PIPS,
    *(POETRY, PDM, PIPENV, HATCH, VIRTUALENV, BUILDOUT, EASY_INSTALL),
    *(*TWINES, FLIT),
    *OTHER_INDEXES,
)
