"""How far the work is, for whoever looks: a line on a terminal, and nothing anywhere else."""

import sys
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from typing import TypeVar

__all__ = ["line_on_terminal"]

T = TypeVar("T")


def line_on_terminal(module: str, unseen: T, *about: object) -> AbstractContextManager[T]:
    """Return the ``progress_line`` of a module of this room, which is told what it is ``about``.

    It yields what to tell how the work goes on. Where standard error is no terminal that is
    ``unseen``, and the module is not imported: drawing takes longer to import than many runs take.
    """
    if not sys.stderr.isatty():
        return nullcontext(unseen)
    line = import_module(f"wheelyard.cli.{module}").progress_line(*about)
    assert isinstance(line, AbstractContextManager)  # noqa: S101 - a module of ours
    return line
