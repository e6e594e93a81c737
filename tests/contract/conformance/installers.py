"""Real clients for the few statements that are about one of them."""

from support.clients.editions import Edition
from support.clients.pip import Pip
from support.clients.poetry import Poetry
from support.clients.roster import need
from support.clients.sandbox import Sandbox

__all__ = ["pip_or_skip", "poetry_or_skip"]


def pip_or_skip(edition: Edition, sandbox: Sandbox, *options: str) -> Pip:
    """Return a pip; the test is skipped where it neither starts nor can be had."""
    need(edition)
    return Pip(edition, sandbox, options)


def poetry_or_skip(edition: Edition, sandbox: Sandbox) -> Poetry:
    """Return poetry; the test is skipped where it cannot be had."""
    need(edition)
    return Poetry(sandbox)
