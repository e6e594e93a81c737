"""The process in which files of strangers are read: one question after the other, until no more.

The process has little memory, a limit of processor time for each question, may write no file, and
ends when the other end of its input is gone, however that ended.
"""

import contextlib
import resource
import traceback
from pathlib import Path
from typing import Final

import msgspec

from wheelyard.errors import BadInput
from wheelyard.names import Filename
from wheelyard.processes import answer_questions
from wheelyard.upload.claims import Claims
from wheelyard.upload.inspection import Inspected, InspectionRules, inspect_file

__all__ = [
    "NOT_ENOUGH_MEMORY",
    "Answer",
    "Failure",
    "Question",
    "Refusal",
    "Success",
    "answer",
    "main",
]

NOT_ENOUGH_MEMORY: Final = (
    "Invalid distribution file. Reading it takes more memory than any real distribution needs."
)


class Question(msgspec.Struct, frozen=True, array_like=True):
    """A file to look at; ``seconds`` of processor time are allowed for it."""

    path: str
    filename: str
    claims: Claims
    rules: InspectionRules
    seconds: int


class Refusal(msgspec.Struct, frozen=True, tag="refusal"):
    """Why the file is not accepted."""

    problems: tuple[str, ...]


class Failure(msgspec.Struct, frozen=True, tag="failure"):
    """Why the file could not be read at all: this is not its fault."""

    reason: str


class Success(msgspec.Struct, frozen=True, tag="success"):
    """What the file is."""

    inspected: Inspected


Answer = Refusal | Failure | Success


def main(memory_bytes: int) -> None:
    """Answer questions until there are no more."""
    _limit(memory_bytes)
    decoder = msgspec.msgpack.Decoder(Question)

    def answer_one(content: bytes) -> bytes:
        question = decoder.decode(content)
        _allow(question.seconds)
        return msgspec.msgpack.encode(answer(question))

    answer_questions(answer_one)


def _limit(memory_bytes: int) -> None:
    """Give up what reading an archive does not need."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError, ValueError):  # macOS knows no such limit
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))


def _allow(seconds: int) -> None:
    """Let the process run for so many more seconds of processor time, and then end it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = int(used.ru_utime + used.ru_stime) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def answer(question: Question) -> Answer:
    """Return the answer to one question; there is always one.

    An error that nobody thought of is a fault of ours, not of the file: it is told where the server
    tells such things, and the upload may be tried again.
    """
    filename = Filename(question.filename)
    try:
        found = inspect_file(Path(question.path), filename, question.claims, question.rules)
    except BadInput as error:
        return Refusal(error.problems)
    except MemoryError:
        return Refusal((NOT_ENOUGH_MEMORY,))
    except OSError as error:
        return Failure(f"{type(error).__name__}: {error.strerror}")
    except Exception as error:  # noqa: BLE001  # whatever a stranger's file may bring about
        traceback.print_exc()
        return Failure(f"it failed with {type(error).__name__}; the log of the server has more")
    return Success(found)
