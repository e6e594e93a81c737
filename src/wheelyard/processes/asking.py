"""Asking a worker process, and ending it.

A worker reads from a pipe that only this process holds, so it ends with this process even if that
is killed; it is in a session of its own, so that Ctrl-C reaches only this one, which ends it. It
finds modules where this process does, and nowhere else.
"""

import sys
from dataclasses import dataclass
from typing import Final, Self

import anyio
from anyio.abc import ByteSendStream, Process
from anyio.streams.buffered import BufferedByteReceiveStream

from wheelyard.errors import Unavailable
from wheelyard.processes.answering import LENGTH_BYTES

__all__ = ["DEAD", "WorkerProcess"]

_SECONDS_TO_END: Final = 5
_START: Final = "import sys; sys.path[:] = {path!r}; from {module} import main; main({arguments})"

DEAD: Final = (
    anyio.BrokenResourceError,
    anyio.ClosedResourceError,
    anyio.EndOfStream,
    anyio.IncompleteRead,
)
"""What it raises to ask a worker that is not there any more."""


@dataclass(slots=True)
class WorkerProcess:
    """One worker, and the two ends of it that are ours. Ask one question at a time."""

    process: Process
    questions: ByteSendStream
    answers: BufferedByteReceiveStream
    is_ending: bool = False

    @classmethod
    async def start(cls, module: str, *arguments: object) -> Self:
        """Start the function ``main`` of ``module`` with ``arguments``, which have a ``repr``.

        Raises:
            OSError: the system has no room for a process.
            Unavailable: it has no pipes.
        """
        text = ", ".join(repr(each) for each in arguments)
        path = [each for each in sys.path if each]  # never the folder that we happen to be in
        program = _START.format(path=path, module=module, arguments=text)
        process = await anyio.open_process(
            [sys.executable, "-I", "-c", program], stderr=None, start_new_session=True
        )
        if process.stdin is None or process.stdout is None:
            raise Unavailable(f"The process `{module}`", "it has no pipes")
        return cls(process, process.stdin, BufferedByteReceiveStream(process.stdout))

    async def ask(self, question: bytes, most_bytes: int) -> bytes:
        """Return the answer to ``question``, which is not empty, of up to ``most_bytes``.

        Who is cancelled meanwhile has to end the worker: its answer is still to come.

        Raises:
            DEAD: it ended before it answered.
        """
        try:
            await self.questions.send(len(question).to_bytes(LENGTH_BYTES, "big") + question)
            length = int.from_bytes(await self.answers.receive_exactly(LENGTH_BYTES), "big")
            if length <= most_bytes:
                return await self.answers.receive_exactly(length)
        except DEAD:
            self.is_ending = True
            raise
        raise anyio.BrokenResourceError

    async def end(self) -> int | None:
        """End the process, whatever it is doing; return how it ended."""
        with anyio.CancelScope(shield=True):
            if self.is_ending:
                # To signal a process that has ended takes its status from who waits for it.
                with anyio.move_on_after(_SECONDS_TO_END):
                    await self.process.wait()
            with anyio.move_on_after(_SECONDS_TO_END):
                if self.process.returncode is None:
                    self.process.kill()
                await self.process.wait()
                await self.process.aclose()
        return self.process.returncode

    async def finish(self) -> None:
        """Let the process end by itself, so that it cleans up; one that takes long is ended."""
        with anyio.CancelScope(shield=True):
            self.is_ending = True
            await self.questions.aclose()
            await self.end()
