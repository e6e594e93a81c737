"""Processes of ours that do one thing for us, again and again: a question, an answer.

``asking.py`` is this side, ``answering.py`` the other one, which imports next to nothing, because
it may have little memory. May import: the words and the standard library.
"""

from typing import TYPE_CHECKING

from wheelyard.late import late
from wheelyard.processes.answering import answer_questions

if TYPE_CHECKING:  # for laziness, not for a cycle: a worker has no use for it
    from wheelyard.processes.asking import DEAD, WorkerProcess

__all__ = ["DEAD", "WorkerProcess", "answer_questions"]

_LATE = {
    "DEAD": "wheelyard.processes.asking",
    "WorkerProcess": "wheelyard.processes.asking",
}

if not TYPE_CHECKING:  # a type checker that saw it would believe in every name
    __getattr__ = late(__name__, _LATE)
