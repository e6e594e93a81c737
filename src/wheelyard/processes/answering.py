"""Being a worker process: questions on standard input, answers on standard output.

Each message has its length before it.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Callable
from typing import BinaryIO, Final

__all__ = ["LENGTH_BYTES", "answer_questions"]

LENGTH_BYTES: Final = 4


def answer_questions(answer: Callable[[bytes], bytes]) -> None:
    """Be a worker: answer what comes on standard input until nothing more can come."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    questions = os.fdopen(os.dup(sys.stdin.fileno()), "rb")
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    with contextlib.suppress(BrokenPipeError), questions, answers:  # to close them writes, too
        while question := _read(questions):
            content = answer(question)
            answers.write(len(content).to_bytes(LENGTH_BYTES, "big") + content)
            answers.flush()


def _read(stream: BinaryIO) -> bytes:
    """Return the next message; empty at the end."""
    length = int.from_bytes(stream.read(LENGTH_BYTES), "big")
    return stream.read(length)
