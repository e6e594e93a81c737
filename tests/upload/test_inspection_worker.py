"""The process that reads files of strangers: what it may import, and how it answers."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from support.packages import make_wheel
from wheelyard.processes.answering import LENGTH_BYTES
from wheelyard.upload import inspection_worker
from wheelyard.upload.claims import Claims
from wheelyard.upload.inspection import InspectionRules
from wheelyard.upload.inspection_worker import (
    NOT_ENOUGH_MEMORY,
    Answer,
    Failure,
    Question,
    Refusal,
    Success,
)

WHEEL = make_wheel("acme", "1.0")
PROGRAM = (
    f"import sys; sys.path[:] = {sys.path!r}; "
    "from wheelyard.upload.inspection_worker import main; main(1 << 29)"
)


def framed(question: Question) -> bytes:
    """Return a question as it is sent."""
    content = msgspec.msgpack.encode(question)
    return len(content).to_bytes(LENGTH_BYTES, "big") + content


def answers(*questions: Question) -> list[Answer]:
    """Return what a process answers before it ends by itself."""
    ended = subprocess.run(
        [sys.executable, "-I", "-c", PROGRAM],
        input=b"".join(map(framed, questions)),
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert ended.stderr == b""
    found, rest = [], ended.stdout
    while rest:
        stop = LENGTH_BYTES + int.from_bytes(rest[:LENGTH_BYTES], "big")
        found.append(msgspec.msgpack.decode(rest[LENGTH_BYTES:stop], type=Answer))
        rest = rest[stop:]
    return found


def question(path: Path, filename: str = WHEEL.filename) -> Question:
    """Return a question about a file."""
    return Question(str(path), filename, Claims(), InspectionRules(), 20)


def test_questions_are_answered_in_their_order(tmp_path: Path) -> None:
    """A file that is fine, one that is not, and one that cannot be read."""
    path = tmp_path / "blob"
    path.write_bytes(WHEEL.content)

    found = answers(question(path), question(path, "evil-1.0-py3-none-any.whl"), question(tmp_path))

    assert [type(answer) for answer in found] == [Success, Refusal, Failure]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), Refusal((NOT_ENOUGH_MEMORY,))),
        (OSError(5, "Input/output error"), Failure("OSError: Input/output error")),
        (
            RuntimeError("surprise"),
            Failure("it failed with RuntimeError; the log of the server has more"),
        ),
    ],
)
def test_every_error_is_an_answer(
    error: Exception, expected: Answer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What is our fault is not told as the file's, and costs no process."""

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(inspection_worker, "inspect_file", fail)

    assert inspection_worker.answer(question(tmp_path)) == expected


@pytest.mark.parametrize("module", ["asyncio", "anyio", "sqlalchemy", "starlette", "aiohttp"])
def test_process_imports_nothing_heavy(module: str) -> None:
    """It starts fast and needs little memory, because it knows only what reading needs."""
    program = (
        f"import sys; sys.path[:] = {sys.path!r}; import wheelyard.upload.inspection_worker; "
        f"print({module!r} in sys.modules)"
    )

    ended = subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True
    )

    assert ended.stdout == "False\n"
