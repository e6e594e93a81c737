"""Processes of ours that do one thing for us, again and again: a question, an answer.

``asking.py`` is this side, ``answering.py`` the other one, which imports next to nothing, because
it may have little memory. May import: the words and the standard library.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from wheelyard.processes.answering import answer_questions

if TYPE_CHECKING:  # for laziness, not for a cycle: a worker has no use for it
    from wheelyard.processes.asking import DEAD, WorkerProcess

__all__ = ["DEAD", "WorkerProcess", "answer_questions"]


def __getattr__(name: str) -> object:
    """Load what asks when it is first asked for."""
    if name not in {"DEAD", "WorkerProcess"}:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module("wheelyard.processes.asking"), name)
