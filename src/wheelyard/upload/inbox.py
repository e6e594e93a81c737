"""The inbox: a directory whose files are published as if they were uploaded.

People and programs put files there with ``scp``, ``rsync``, ``sftp`` or ``cp``; none of them tells
when a file is whole. So a file is taken when it did not change for a moment and its end is there.
One whose end does not come is rejected when it has stood still for long enough.

A file leaves the inbox only after what became of it is durable: published, or rejected with its
reason beside it. A crash in between has it published again, which changes nothing.
"""

import errno
import logging
import os
import pwd
import stat
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import anyio

from wheelyard.blobs import Digests, DiskThreads, Incoming, IncomingParts, KeyLocks, Stamp
from wheelyard.catalog import Actor
from wheelyard.errors import BadInput, Conflict, Refused, Unavailable, WheelyardError
from wheelyard.names import Filename, is_archive
from wheelyard.repository.served_archive import look_inside
from wheelyard.transport import Watch
from wheelyard.upload.pipeline import Candidate, Destination, Pipeline

__all__ = ["Inbox", "InboxParts"]

_LOG = logging.getLogger(__name__)

_QUIET_SECONDS: Final = 0.5
_SOON_SECONDS: Final = 0.25
_LOOK_SECONDS: Final = 10.0
_MOST_PUT_OFF_SECONDS: Final = 30.0
_CHUNK_BYTES: Final = 1024**2
_AT_ONCE: Final = 4
_REJECTED: Final = "rejected"
_PUBLISHED: Final = "published"
_OPEN: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


@dataclass(frozen=True, slots=True)
class InboxParts:
    """One inbox: its directory, where its files go, and what they are taken with.

    ``still_seconds`` is for how long a file may stand still that is not whole.
    """

    directory: Path
    destination: Destination
    pipeline: Pipeline
    incoming: IncomingParts
    locks: KeyLocks
    still_seconds: float = 30.0

    @property
    def disk(self) -> DiskThreads:
        """Where the disk is asked."""
        return self.incoming.disk


@dataclass(slots=True)
class _Waiting:
    """A file in the inbox: since when it looks like ``stamp``, and when to try it again."""

    stamp: Stamp
    since: float
    not_before: float = 0.0
    failures: int = 0
    told: str = ""


@dataclass(slots=True)
class Inbox:
    """Publishes what is put into one directory; several processes may do so at once."""

    parts: InboxParts
    _waiting: dict[str, _Waiting] = field(default_factory=dict)
    _busy: set[str] = field(default_factory=set)
    _told: str = ""

    async def run(self) -> None:
        """Publish until cancelled."""
        watch = Watch(self.parts.directory)
        turns = anyio.CapacityLimiter(_AT_ONCE)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watch.run)
            while True:
                for name in await self._ready():
                    self._busy.add(name)
                    tasks.start_soon(self._take, name, turns)
                is_restless = bool(self._waiting)
                await watch.changed(_SOON_SECONDS if is_restless else _LOOK_SECONDS)

    async def _ready(self) -> Sequence[str]:
        """Return the names of the files that may be whole and are not being taken."""
        try:
            found = await self.parts.disk.run(_list, self.parts.directory)
        except OSError as error:
            self._tell(f"cannot be read: {(error.strerror or str(error)).lower()}")
            return ()
        self._told = ""
        now = anyio.current_time()
        self._waiting = {
            name: known
            if (known := self._waiting.get(name)) is not None and known.stamp == stamp
            else _Waiting(stamp, now)
            for name, stamp in found.items()
        }
        return [
            name
            for name, each in self._waiting.items()
            if name not in self._busy
            and now - each.since >= _QUIET_SECONDS
            and now >= each.not_before
        ]

    async def _take(self, name: str, turns: anyio.CapacityLimiter) -> None:
        """Publish or reject one file, unless another process is about to."""
        key = f"inbox:{self.parts.directory}/{name}"
        try:
            async with turns:
                lock = await self.parts.disk.run(self.parts.locks.try_lock, key)
                if lock is None:
                    return
                try:
                    await self._decide(name)
                finally:
                    with anyio.CancelScope(shield=True):
                        await self.parts.disk.run(lock.release)
        except FileNotFoundError:
            return  # whoever put it there has taken it away
        except OSError as error:
            self._put_off(name, f"the disk says: {(error.strerror or str(error)).lower()}")
        except Unavailable as error:
            self._put_off(name, str(error))
        finally:
            self._busy.discard(name)

    async def _decide(self, name: str) -> None:
        """Publish one file, or reject it.

        Raises:
            Unavailable, OSError: neither can be done now.
        """
        waiting = self._waiting.get(name)
        if waiting is None:
            return
        try:
            descriptor, person = await self.parts.disk.run(_open, self.parts.directory / name)
        except BadInput as error:
            await self._reject(name, waiting, error)
            return
        try:
            is_done = await self._publish(name, waiting, descriptor, person)
        except (BadInput, Conflict, Refused) as error:
            await self._reject(name, waiting, error)
        else:
            if is_done:
                await self.parts.disk.run(_put_away, self.parts.directory, name, waiting.stamp)
        finally:
            os.close(descriptor)

    async def _publish(self, name: str, waiting: _Waiting, descriptor: int, person: str) -> bool:
        """Publish the open file; say whether that is done, and not to be tried again later."""
        disk, most = self.parts.disk, self.parts.pipeline.parts.rules.max_file_bytes
        if most and waiting.stamp.size > most:
            raise BadInput(f"It has {waiting.stamp.size} bytes, and {most} is the most allowed.")
        missing = await disk.run(_why_not_whole, descriptor, name)
        if missing:
            if anyio.current_time() - waiting.since < self.parts.still_seconds:
                waiting.not_before = waiting.since + self.parts.still_seconds
                return False
            raise BadInput(f"{missing}; nothing was added for {self.parts.still_seconds:g} s.")
        async with Incoming(self.parts.incoming) as incoming:
            digests = await self._copy(descriptor, incoming)
            if await disk.run(_stamp_of, descriptor) != waiting.stamp:
                return False  # it was being written after all
            candidate = Candidate(incoming, digests, name)
            actor = Actor(person, "inbox")
            done = await self.parts.pipeline.publish(candidate, self.parts.destination, actor)
        _LOG.info(
            "`%s` from the inbox: %s.",
            name,
            "it was there already" if done.published.outcome == "same" else "published",
        )
        return True

    async def _copy(self, descriptor: int, incoming: Incoming) -> Digests:
        """Copy the open file, hashing it on the way."""
        position = 0
        read = partial(os.pread, descriptor, _CHUNK_BYTES)
        while chunk := await self.parts.disk.run(read, position):
            await incoming.write(chunk)
            position += len(chunk)
        return await incoming.finish()

    async def _reject(self, name: str, waiting: _Waiting, error: WheelyardError) -> None:
        """Move a file away, with the reason beside it."""
        problems = error.problems if isinstance(error, BadInput) else (str(error),)
        _LOG.warning("`%s` from the inbox is rejected: %s", name, " ".join(problems))
        await self.parts.disk.run(
            _reject_now, self.parts.directory, name, waiting.stamp, _reason(name, problems)
        )

    def _put_off(self, name: str, reason: str) -> None:
        """Try a file again later, and say once why."""
        waiting = self._waiting.get(name)
        if waiting is None:
            return
        waiting.failures += 1
        seconds = min(_MOST_PUT_OFF_SECONDS, 2.0 ** (waiting.failures - 1))
        waiting.not_before = anyio.current_time() + seconds
        if waiting.told != reason:
            waiting.told = reason
            _LOG.error("`%s` stays in the inbox and is tried again: %s", name, reason)

    def _tell(self, reason: str) -> None:
        """Say once what is wrong with the inbox itself."""
        if self._told != reason:
            self._told = reason
            _LOG.error("The inbox `%s` %s; it is tried again.", self.parts.directory, reason)


def _list(directory: Path) -> Mapping[str, Stamp]:
    """Return the files in the inbox that have the name of an archive.

    Others are somebody's notes, or what a program has not finished and will rename: leave them.
    """
    found = {}
    with os.scandir(directory) as entries:
        for entry in entries:
            if entry.name.startswith(".") or not is_archive(entry.name):
                continue
            with suppress(FileNotFoundError):
                status = entry.stat(follow_symlinks=False)
                if not stat.S_ISDIR(status.st_mode):
                    found[entry.name] = Stamp.of(status)
    return found


def _open(path: Path) -> tuple[int, str]:
    """Return a descriptor of a regular file, and who owns it.

    Raises:
        BadInput: it is something else.
    """
    try:
        descriptor = os.open(path, _OPEN)
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENXIO}:
            raise BadInput("It is no regular file: put the file itself into the inbox.") from error
        raise
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise BadInput("It is no regular file: put the file itself into the inbox.")
    try:
        return descriptor, pwd.getpwuid(status.st_uid).pw_name
    except KeyError:
        return descriptor, f"uid {status.st_uid}"


def _stamp_of(descriptor: int) -> Stamp:
    """Return what the open file looks like now."""
    return Stamp.of(os.fstat(descriptor))


def _why_not_whole(descriptor: int, name: str) -> str:
    """Return what is missing of the open file; empty if its end is there."""
    try:
        look_inside(descriptor, Filename(name))
    except BadInput as error:
        return str(error)
    return ""


def _reason(name: str, problems: Sequence[str]) -> str:
    """Return what stands beside a rejected file."""
    lines = "".join(f"- {problem}\n" for problem in problems)
    return f"{name} was not published:\n\n{lines}\nCorrect it, and put it into the inbox again.\n"


def _is_still(path: Path, stamp: Stamp) -> bool:
    """Say whether the file has not been changed or replaced since it was read."""
    try:
        return Stamp.of(path.lstat()) == stamp
    except FileNotFoundError:
        return False


def _put_away(directory: Path, name: str, stamp: Stamp) -> None:
    """Take a published file out of the inbox: into ``published`` if there is such a directory."""
    path = directory / name
    if not _is_still(path, stamp):
        return
    published = directory / _PUBLISHED
    if published.is_dir():
        path.replace(published / name)
    else:
        path.unlink(missing_ok=True)


def _reject_now(directory: Path, name: str, stamp: Stamp, reason: str) -> None:
    """Write the reason, then move the file: never the other way round."""
    path, rejected = directory / name, directory / _REJECTED
    if not _is_still(path, stamp):
        return
    rejected.mkdir(exist_ok=True)
    text = rejected / f"{name[:200]}.reason.txt"
    draft = rejected / f".{text.name}"
    draft.write_text(reason, "utf-8", errors="backslashreplace")
    draft.replace(text)
    path.replace(rejected / name)
