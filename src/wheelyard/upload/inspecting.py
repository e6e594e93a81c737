"""Inspections in processes of their own, so that no file can take the server's memory or time.

A few worker processes are kept and used again; each looks at one file at a time.  One that dies,
takes too long or is left in the middle is ended and replaced at the next need.  A worker reads from
a pipe that only this process holds, so it ends with the server even if the server is killed.
"""

import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import anyio
import msgspec

from wheelyard.errors import BadInput, Unavailable
from wheelyard.names import Filename
from wheelyard.processes import DEAD, WorkerProcess
from wheelyard.upload.archives.limits import MEBIBYTE, not_a_distribution
from wheelyard.upload.claims import Claims
from wheelyard.upload.inspection import Inspected, InspectionRules
from wheelyard.upload.inspection_worker import (
    NOT_ENOUGH_MEMORY,
    Answer,
    Failure,
    Question,
    Refusal,
    Success,
)

__all__ = ["Inspector", "InspectorLimits"]

_TRIES: Final = 2
_MAX_ANSWER: Final = 32 * MEBIBYTE
_DECODER: Final = msgspec.msgpack.Decoder[Answer](Answer)
_WORKER: Final = "wheelyard.upload.inspection_worker"


@dataclass(frozen=True, slots=True)
class InspectorLimits:
    """What inspections may take.

    ``seconds`` of processor time for any file and one more per ``bytes_per_second`` of its size;
    twice that on the wall, because a machine may be busy.
    """

    processes: int = 2
    memory_bytes: int = 512 * MEBIBYTE
    seconds: int = 20
    bytes_per_second: int = 20 * MEBIBYTE


class Inspector:
    """Looks into uploaded files. Use it as an async context manager, or call ``aclose``."""

    def __init__(
        self, rules: InspectionRules | None = None, limits: InspectorLimits | None = None
    ) -> None:
        self._rules = rules or InspectionRules()
        self._limits = limits or InspectorLimits()
        self._turns = anyio.Semaphore(self._limits.processes)
        self._idle: list[WorkerProcess] = []

    async def inspect(
        self,
        path: Path,
        filename: Filename,
        claims: Claims | None = None,
        *,
        strict: bool | None = None,
        size: int | None = None,
    ) -> Inspected:
        """Return what the file at ``path`` is, which is to be served as ``filename``.

        ``claims`` are compared with what the file says; ``strict`` is for this file alone. Who
        knows the ``size`` of the file says it: else it is looked up.

        Raises:
            BadInput: with everything for which it must not be served, or because looking at it
                takes more time or memory than for any real distribution.
            Unavailable: it could not be read at all.
        """
        if size is None:
            size = (await anyio.Path(path).stat()).st_size
        rules = self._rules
        if strict is not None:
            rules = msgspec.structs.replace(rules, strict=strict)
        seconds = self._limits.seconds + size // self._limits.bytes_per_second
        question = Question(str(path), filename, claims or Claims(), rules, seconds)
        async with self._turns:
            answer = await self._ask(question)
        match answer:
            case Success(inspected):
                return inspected
            case Refusal(problems):
                raise BadInput(*problems)
            case Failure(reason):
                raise Unavailable(f"The inspection of {filename}", reason)

    async def _ask(self, question: Question) -> Answer:
        """Return a worker's answer; a worker that gives none is ended.

        One that dies of anything but its limit of time may have been killed from outside, so the
        file gets a second one.
        """
        for _ in range(_TRIES):
            worker = self._idle.pop() if self._idle else await self._start()
            is_sound = False
            try:
                with anyio.fail_after(2 * question.seconds):
                    content = await worker.ask(msgspec.msgpack.encode(question), _MAX_ANSWER)
                is_sound = True
            except TimeoutError:
                return _too_long(question)
            except DEAD:
                if await worker.end() == -signal.SIGXCPU:
                    return _too_long(question)
            else:
                answer: Answer = _DECODER.decode(content)
                return answer
            finally:
                if is_sound:
                    self._idle.append(worker)
                else:
                    await worker.end()
        return Refusal((NOT_ENOUGH_MEMORY,))

    async def _start(self) -> WorkerProcess:
        """Return a new worker."""
        return await WorkerProcess.start(_WORKER, self._limits.memory_bytes)

    async def aclose(self) -> None:
        """End all workers."""
        workers, self._idle = self._idle, []
        for worker in workers:
            await worker.end()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


def _too_long(question: Question) -> Refusal:
    """Return the refusal of a file that nobody can read in time."""
    reason = f"Reading it takes more than {question.seconds} seconds"
    return Refusal((str(not_a_distribution(reason)),))
