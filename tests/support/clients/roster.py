"""Every client that installs, so that a test can be written once for all of them."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

import pytest

from support.clients.buildout import Buildout
from support.clients.editions import (
    BUILDOUT,
    HATCH,
    PDM,
    PIP_20,
    PIP_26,
    PIPENV,
    PIPS,
    POETRY,
    Edition,
)
from support.clients.environments import UnreachableIndexError, prepared
from support.clients.hatch import Hatch
from support.clients.pdm import Pdm
from support.clients.pip import Pip
from support.clients.pipenv import Pipenv
from support.clients.poetry import Poetry
from support.clients.projects import Installer, Locker, OneCommand
from support.clients.sandbox import Sandbox
from support.clients.uv import Uv

__all__ = [
    "INSTALLERS",
    "LOCKERS",
    "NOT_INSTALLED",
    "OLDEST_PIP",
    "PIP_AND_UV",
    "PIP_EDITIONS",
    "Kind",
    "need",
]

NOT_INSTALLED = "no real client: "
"""How the reason of a test begins that was skipped because a client cannot be had."""

Client_co = TypeVar("Client_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Kind(Generic[Client_co]):
    """A client that is not started yet; `edition` is `None` for uv, which is always there."""

    name: str
    make: Callable[[Sandbox], Client_co]
    edition: Edition | None = None

    def __str__(self) -> str:
        return self.name if self.edition is None else str(self.edition)

    def start(self, sandbox: Sandbox) -> Client_co:
        """Return the client in a sandbox; the test is skipped where it cannot be had."""
        if self.edition is not None:
            need(self.edition)
        return self.make(sandbox)


def need(edition: Edition) -> None:
    """Skip the test where a client does not start, or cannot be had because no index answers.

    With ``WHEELYARD_TEST_CLIENTS=required`` in the environment, the latter is a failure.
    """
    if not edition.starts_here:
        pytest.skip(f"{edition} does not start on this Python")
    try:
        prepared(edition)
    except UnreachableIndexError as error:
        reason = f"{edition} is not installed, and {error}"
        if os.environ.get("WHEELYARD_TEST_CLIENTS") == "required":
            pytest.fail(reason)
        pytest.skip(f"{NOT_INSTALLED}{reason}")


_UV: Kind[Uv] = Kind("uv", Uv)

LOCKERS: tuple[Kind[Locker], ...] = (
    _UV,
    Kind("poetry", Poetry, POETRY),
    Kind("pdm", Pdm, PDM),
    Kind("pipenv", Pipenv, PIPENV),
)
"""The clients that keep a lock."""

PIP_EDITIONS: tuple[Kind[Pip], ...] = tuple(
    Kind("pip", partial(Pip, edition), edition) for edition in PIPS
)
"""Every pip that still starts."""

PIP_AND_UV: tuple[Kind[OneCommand], Kind[OneCommand]] = (
    Kind("pip", partial(Pip, PIP_26), PIP_26),
    _UV,
)
"""The two that nearly everybody uses, in their newest edition."""

OLDEST_PIP: Kind[Installer] = Kind("pip", partial(Pip, PIP_20), PIP_20)
"""The oldest pip that still starts: HTML only, without the newer ways to hurry."""

INSTALLERS: tuple[Kind[Installer], ...] = (
    *PIP_AND_UV,
    *LOCKERS[1:],
    Kind("hatch", Hatch, HATCH),
    Kind("buildout", Buildout, BUILDOUT),
)
"""One of each: whatever can be told to install something."""
