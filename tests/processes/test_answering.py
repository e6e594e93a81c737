"""Being a worker process."""

import subprocess
import sys

import pytest

from wheelyard.processes.answering import LENGTH_BYTES

PROGRAM = f"""
import sys
sys.path[:] = {sys.path!r}
from wheelyard.processes.answering import answer_questions
answer_questions(lambda question: question[::-1])
"""


def framed(*contents: bytes) -> bytes:
    """Return messages as they are sent."""
    return b"".join(len(each).to_bytes(LENGTH_BYTES, "big") + each for each in contents)


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        (b"", b""),
        (framed(b"abc", b"de"), framed(b"cba", b"ed")),
        (framed(b"abc") + b"\0\0", framed(b"cba")),
    ],
    ids=["nothing", "two", "cut-short"],
)
def test_every_question_is_answered_until_there_are_no_more(asked: bytes, answered: bytes) -> None:
    """In order; who asks may be gone at any moment."""
    ended = subprocess.run(
        [sys.executable, "-I", "-c", PROGRAM], input=asked, capture_output=True, check=True
    )

    assert (ended.stdout, ended.stderr) == (answered, b"")


@pytest.mark.parametrize("size", [1, 100_000])
def test_who_does_not_wait_for_an_answer_is_no_error(size: int) -> None:
    """The pipe is gone; nobody is left to be told."""
    with subprocess.Popen(
        [sys.executable, "-I", "-c", PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stdin is not None
        process.stdin.write(framed(b"x" * size))
        process.stdin.close()
        assert process.stderr is not None
        said = process.stderr.read()

    assert (process.returncode, said) == (0, b"")
