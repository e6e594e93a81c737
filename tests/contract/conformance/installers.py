"""Real clients for the few statements that are about one of them."""

import pytest

from support.clients.editions import Edition
from support.clients.environments import UnreachableIndexError, prepared
from support.clients.pip import Pip
from support.clients.poetry import Poetry
from support.clients.sandbox import Sandbox

__all__ = ["pip_or_skip", "poetry_or_skip"]


def pip_or_skip(edition: Edition, sandbox: Sandbox, *options: str) -> Pip:
    """Return a pip; the test is skipped where it neither starts nor can be had."""
    if not edition.starts_here:
        pytest.skip(f"{edition} needs an older Python")
    _have(edition)
    return Pip(edition, sandbox, options)


def poetry_or_skip(edition: Edition, sandbox: Sandbox) -> Poetry:
    """Return poetry; the test is skipped where it cannot be had."""
    _have(edition)
    return Poetry(sandbox)


def _have(edition: Edition) -> None:
    """Make the environment of a client, unless no index can be reached from this machine."""
    try:
        prepared(edition)
    except UnreachableIndexError as error:
        pytest.skip(str(error))
