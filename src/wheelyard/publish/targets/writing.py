"""Many small objects for a directory, written by processes of their own.

To write one takes a few system calls and little else, so that threads only wait for each other
to be the one that runs. Processes do not, and leave this one free to look for what comes next. They
are started once it is clear that there is much to write; without them, or if one dies, this process
writes by itself.
"""

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import anyio
import msgspec

from wheelyard.errors import Unavailable
from wheelyard.processes import DEAD, WorkerProcess
from wheelyard.publish.targets.target import HeldObject
from wheelyard.publish.targets.writing_worker import Answer, Failed

__all__ = ["NO_WRITERS", "Writers", "WritersRules"]

_LOG = logging.getLogger(__name__)

_WORKER: Final = "wheelyard.publish.targets.writing_worker"
_MOST_ANSWER_BYTES: Final = 1024**2
_MOST_PROCESSES: Final = 2
_DECODER: Final = msgspec.msgpack.Decoder[Answer](Answer)


@dataclass(frozen=True, slots=True)
class WritersRules:
    """How many ``processes`` write, and ``after`` how many objects they are started.

    One keeps up with what this process can find to write; with a single processor there are none.
    """

    processes: int = min((os.cpu_count() or 1) - 1, _MOST_PROCESSES)
    after: int = 2_000


NO_WRITERS: Final = WritersRules(processes=0)


class Writers:
    """The processes that write into one directory; ``aclose`` ends them."""

    def __init__(self, root: Path, rules: WritersRules) -> None:
        """Start none yet."""
        self._root = root
        self._rules = rules
        self._written = 0
        self._idle: list[WorkerProcess] = []
        self._turns = anyio.Semaphore(rules.processes)
        self._is_used = rules.processes > 0

    async def write(self, objects: Sequence[HeldObject]) -> list[int | None] | None:
        """Have objects written, as ``TakesHeld.put_held`` says; None if nobody else is to do it.

        Raises:
            OSError: the disk does not take them.
        """
        self._written += len(objects)
        if self._written <= self._rules.after or not self._is_used:
            return None
        try:
            order = msgspec.msgpack.encode([(e.path, e.place, e.sha256) for e in objects])
        except UnicodeEncodeError:  # our store is in a folder whose name is no text
            return None
        async with self._turns:
            content = await self._ask(order)
        if content is None:
            return None
        answer: Answer = _DECODER.decode(content)
        if isinstance(answer, Failed):
            raise OSError(answer.code, os.strerror(answer.code))
        return answer.sizes

    async def _ask(self, order: bytes) -> bytes | None:
        """Return what a worker says; None, and none from now on, if it says nothing."""
        if not self._is_used:  # since we waited for our turn
            return None
        try:
            worker = self._idle.pop() if self._idle else await self._start()
        except (OSError, Unavailable) as error:
            self._give_up(str(error))
            return None
        is_sound = False
        try:
            content = await worker.ask(order, _MOST_ANSWER_BYTES)
            is_sound = True
        except DEAD:
            self._give_up("one of them ended")
            return None
        finally:
            if is_sound:
                self._idle.append(worker)
            else:
                await worker.finish()  # it removes its drafts, if it is still there
        return content

    async def _start(self) -> WorkerProcess:
        """Return a new worker."""
        return await WorkerProcess.start(_WORKER, str(self._root))

    async def aclose(self) -> None:
        """End all of them, once they have removed their drafts."""
        self._is_used = False
        workers, self._idle = self._idle, []
        for worker in workers:
            await worker.finish()

    def _give_up(self, reason: str) -> None:
        """Start no other one: this process can do it as well."""
        self._is_used = False
        _LOG.warning("files are written without further processes: %s", reason)
