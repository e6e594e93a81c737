"""Served: a directory of archives, as the owner of the names in it.

The directory is its user's: nothing in it is copied, changed or locked, and what it says now is
what is true. Two rules keep it from doing harm:

* A name that has a file here, even one that cannot be given out, is never anybody else's. While the
  directory cannot be read, nobody knows which names those are, so nothing is said to be absent.
* A digest on a page is what a file was when it was read. If it changes, who asks for the old bytes
  gets an error, and the page tells the new ones.
"""

import logging
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Final

import anyio

from wheelyard.blobs import Blob, InMemory, Place, Stamp
from wheelyard.errors import Absent, BadInput, Refused, Unavailable
from wheelyard.model import File, FileRef, Knowledge, Project, ProjectEntry, ProjectList
from wheelyard.names import Filename, ProjectName
from wheelyard.repository.served_archive import read_wheel_metadata
from wheelyard.repository.served_files import FileReader, Found, ReaderParts
from wheelyard.repository.served_pages import RETRY_SECONDS, changed, listed
from wheelyard.repository.served_walk import Lying, Walk, is_as_it_was, walk
from wheelyard.transport import Watch

__all__ = ["Served"]

_LOG = logging.getLogger(__name__)

_FRESH_SECONDS: Final = 3_600.0
"""How long a rendered page may stand ready; each change is told and takes it down."""

_LOOK_SECONDS: Final = 30.0
"""How often everything is looked at although nobody told of a change."""

_LOOK_SOON_SECONDS: Final = 0.1
_SLICE: Final = 32
"""How many files are read before their pages are told."""

_MOMENT_SECONDS: Final = 0.15

Expire = Callable[[Iterable[ProjectName]], None]
"""Has the pages of projects rendered anew, and the list if there are new or fewer names."""


def _nobody(_: Iterable[ProjectName]) -> None:
    """Tell nobody: no page was rendered yet."""


@dataclass(slots=True)
class _State:
    """What was seen last. ``trouble`` is why nothing can be said."""

    found: Walk | None = None
    trouble: str = ""
    told: dict[str, str] = field(default_factory=dict)
    """By path, what the log says about files that are not served."""


class Served:
    """The projects of one directory; ``start`` it, then ``run`` it in a task of its own."""

    def __init__(self, parts: ReaderParts, ignored: Path, *, owner: str = "directory:main") -> None:
        """Serve ``parts.directory`` as ``owner``, but for what is in ``ignored``."""
        self.owner = owner
        self._parts = parts
        self._directory = parts.directory
        self._ignored = ignored
        self._reader = FileReader(parts)
        self._state = _State()
        self._memory = InMemory()
        self._watch = Watch(parts.directory, ignored)
        self._work = anyio.Event()
        self._pages: dict[ProjectName, tuple[tuple[File, ...], int]] = {}
        self._revision = 1
        self._expire: Expire = _nobody

    async def start(self) -> None:
        """Look for the first time; afterwards every name is known, and its owner asked."""
        await self._reader.load()
        await self._look()
        if (found := self._state.found) is not None and not self._state.trouble:
            count = sum(len(files) for files in found.projects.values())
            _LOG.info("`%s` is served; files: %d.", self._directory, count)

    async def run(self, expire: Expire) -> None:
        """Follow the directory until cancelled; ``expire`` is told whose pages changed."""
        self._expire = expire
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._watch.run)
            tasks.start_soon(self._read_behind)
            while True:
                started = anyio.current_time()
                await self._look()
                self._work.set()
                # A look at a large directory must not be all that we do.
                await anyio.sleep(anyio.current_time() - started)
                restless = any(True for _ in self._unread(quiet=False))
                await self._watch.changed(_LOOK_SOON_SECONDS if restless else _LOOK_SECONDS)

    def has(self, name: ProjectName) -> bool:
        """Say whether there is a file of that project, whole or not.

        Raises:
            Unavailable: the directory cannot be read; nobody knows whose the name is.
        """
        return name in self._seen().names

    async def projects(self) -> ProjectList:
        """Return the names that have a file here; see ``Repository``.

        Its revision is that of everything: it grows with that of any page.
        """
        entries = tuple(ProjectEntry(name) for name in sorted(self._seen().names))
        return ProjectList(entries, known=self._known(self._revision))

    async def project(self, name: ProjectName) -> Project:
        """Return the files of ``name`` that are whole; see ``Repository``.

        Raises:
            Absent: there is no file of that project.
            Unavailable: the directory cannot be read, or none of the project's files.
        """
        files = await self._files_of(name)
        shown = tuple(listed(lying, found) for lying, found in files)
        known_as = self._pages.get(name)
        if known_as is None or known_as[0] != shown:
            known_as = self._pages[name] = (shown, self._next_revision())
        return Project(name, shown, known=self._known(known_as[1]))

    async def file(self, ref: FileRef) -> Blob:
        """Return the bytes where they lie; see ``Repository``.

        Raises:
            Unavailable: they are no longer what the page said. It is never said that they are
                absent: whoever asks has seen them listed.
        """
        lying, found = await self._at(ref)
        row = found.row
        if row is None:
            raise changed(ref.file.filename)
        place = Place(
            f"`{lying.filename}`",
            row.sha256,
            lying.stamp,
            partial(self._reader.open, lying),
            partial(self._doubt, lying),
        )
        return await self._reader.bytes.find(place)

    async def metadata(self, ref: FileRef) -> Blob:
        """Return the core metadata out of the wheel; see ``Repository``."""
        digest = ref.file.metadata_sha256
        if digest is None:
            raise Absent(f"`{ref.file.filename}.metadata`")
        if (blob := self._memory.find(digest)) is not None:
            return blob
        lying, _ = await self._at(ref)
        content = await self._parts.disk.run(self._metadata_now, lying)
        if content is None or sha256(content).hexdigest() != digest:
            self._doubt(lying)
            raise changed(f"{ref.file.filename}.metadata")
        kept = self._memory.find(self._memory.put(content))
        if kept is None:
            raise changed(f"{ref.file.filename}.metadata")
        return kept

    async def provenance(self, name: ProjectName, filename: Filename) -> Blob:
        """Raise ``Absent``: nobody says where files come from that lie in a directory."""
        raise Absent(f"The provenance of `{filename}` of `{name}`")

    def _metadata_now(self, lying: Lying) -> bytes | None:
        """Return the metadata of the wheel at ``lying`` if that is still what it was."""
        try:
            descriptor = self._reader.open(lying)
        except (OSError, Refused):
            return None
        try:
            content = read_wheel_metadata(descriptor, lying.filename)
            return content if Stamp.of(os.fstat(descriptor)) == lying.stamp else None
        except (OSError, BadInput):
            return None
        finally:
            os.close(descriptor)

    async def _at(self, ref: FileRef) -> tuple[Lying, Found]:
        """Return where the bytes are that ``ref`` means."""
        for lying, found in await self._files_of(ref.project):
            if lying.filename == ref.file.filename:
                if found.row is not None and found.row.sha256 == ref.file.sha256:
                    return lying, found
                break
        raise changed(ref.file.filename)

    def _seen(self) -> Walk:
        """Return what was seen last.

        Raises:
            Unavailable: the directory cannot be read now.
        """
        if self._state.found is None or self._state.trouble:
            reason = self._state.trouble or "nobody has looked yet"
            raise Unavailable(f"`{self._directory}`", reason, retry_seconds=RETRY_SECONDS)
        return self._state.found

    async def _files_of(self, name: ProjectName) -> list[tuple[Lying, Found]]:
        """Return the whole files of a project, each name once; who asks waits for their reading.

        Raises:
            Absent: there is no file of that project.
            Unavailable: there is one, and none can be given out.
        """
        if name not in self._seen().names:
            await self._look_again()
        files = await self._whole_files(name)
        if not files and any(self._reader.known(each) is None for each in self._lying(name)):
            # It was put there this very moment; who did so may be the one who asks.
            await anyio.sleep(_MOMENT_SECONDS)
            await self._look()
            files = await self._whole_files(name)
        if not files:
            reason = "its file in the directory that is served is not complete, or cannot be read"
            raise Unavailable(f"`{name}`", reason, retry_seconds=RETRY_SECONDS)
        return files

    async def _whole_files(self, name: ProjectName) -> list[tuple[Lying, Found]]:
        """Return the whole files of a project, each name once.

        Raises:
            Absent: there is no file of that project.
        """
        if name not in self._seen().names:
            raise Absent(f"`{name}`")
        lying = self._lying(name)
        if any(self._reader.known(each) is None and self._reader.is_quiet(each) for each in lying):
            await self._reader.read(f"{self._directory}/{name}", lying)
            self._tell_reasons(lying)
        files: dict[Filename, tuple[Lying, Found]] = {}
        for each in lying:
            found = self._reader.known(each)
            if found is not None and found.row is not None:
                files.setdefault(each.filename, (each, found))
        return list(files.values())

    def _lying(self, name: ProjectName) -> Sequence[Lying]:
        """Return what was seen of the files of a project."""
        return self._seen().projects.get(name, ())

    def _unread(self, *, quiet: bool) -> Iterable[Lying]:
        """Yield the files that were not read yet and are (or are not) left alone."""
        seen = self._state.found
        for files in seen.projects.values() if seen else ():
            for lying in files:
                if self._reader.known(lying) is None and self._reader.is_quiet(lying) == quiet:
                    yield lying

    async def _read_behind(self) -> None:
        """Read what nobody has asked for yet, what changed last first."""
        while True:
            unread = sorted(self._unread(quiet=True), key=lambda each: -each.changed_at)
            if not unread:
                await self._work.wait()
            self._work = anyio.Event()
            for start in range(0, len(unread), _SLICE):
                await self._read_some(unread[start : start + _SLICE])
                if self._work.is_set():  # something newer may have come
                    break

    async def _read_some(self, some: Sequence[Lying]) -> None:
        """Read some files, and tell whose pages have them now."""
        try:
            await self._reader.read(f"{self._directory}: {some[0].path}", some)
        except Unavailable:
            await anyio.sleep(RETRY_SECONDS)
        self._tell_reasons(some)
        self._tell({lying.project for lying in some})

    async def _look_again(self) -> None:
        """Look if something was added a moment ago: its name must not be asked for elsewhere."""
        try:
            if await self._parts.disk.run(is_as_it_was, self._seen()):
                return
        except OSError:
            pass
        await self._look()
        self._watch.nudge()

    async def _look(self) -> None:
        """See what is there now, and tell whose pages are other ones."""
        before = self._state.found
        found = await self._walk()
        if isinstance(found, str):
            self._note_trouble(found)
            return
        was_troubled, self._state.trouble = bool(self._state.trouble), ""
        self._state.found = found
        paths = {lying.path for files in found.projects.values() for lying in files}
        await self._reader.forget_others(paths)
        there = paths | found.skipped.keys()
        self._state.told = {path: why for path, why in self._state.told.items() if path in there}
        self._tell_reasons(())
        if other := _changed_names(before, found) | (found.names if was_troubled else set()):
            self._pages = {name: page for name, page in self._pages.items() if name in found.names}
            self._tell(other)

    async def _walk(self) -> Walk | str:
        """Return what is there, or why nobody can tell."""
        try:
            found = await self._parts.disk.run(walk, self._directory, self._ignored)
        except FileNotFoundError:
            return "the directory is not there"
        except OSError as error:
            return f"the directory cannot be read: {(error.strerror or str(error)).lower()}"
        if found.is_empty and self._is_suspicious(found):
            return "the directory is empty, so what belongs there may not be mounted"
        return found

    def _is_suspicious(self, found: Walk) -> bool:
        """Say whether an empty directory may be one in which something is not mounted."""
        before = self._state.found
        if before is None:
            return self._reader.knows_any
        return bool(before.names) and before.identity != found.identity

    def _note_trouble(self, reason: str) -> None:
        """Say, and answer, that nothing can be said."""
        if self._state.trouble == reason:
            return
        self._state.trouble = reason
        _LOG.error(
            "`%s` cannot be served: %s. Until it is back every name is answered 503, because it "
            "may be one of those in it.",
            self._directory,
            reason,
        )
        self._tell(self._state.found.names if self._state.found else ())

    def _doubt(self, lying: Lying) -> None:
        """Have a file read again that is not what it was."""
        self._reader.doubt(lying)
        self._watch.nudge()

    def _tell_reasons(self, files: Iterable[Lying]) -> None:
        """Say once why some of ``files``, or what is none at all, are not served."""
        seen, told = self._state.found, self._state.told
        reasons = dict(seen.skipped) if seen else {}
        for lying in files:
            found = self._reader.known(lying)
            if found is not None and found.reason:
                reasons[lying.path] = found.reason
        for path, reason in reasons.items():
            if told.get(path) != reason:
                told[path] = reason
                _LOG.warning("`%s` is not served: %s.", path, reason.rstrip("."))

    def _tell(self, names: Iterable[ProjectName]) -> None:
        """Tell whose pages may be other ones now."""
        self._revision += 1
        self._expire(names)

    def _next_revision(self) -> int:
        """Return a number that no page had before."""
        self._revision += 1
        return self._revision

    def _known(self, revision: int) -> Knowledge:
        """Return how we know what we say: it is seen as soon as it changes."""
        now = self._parts.clock.now()
        return Knowledge(now, now + _FRESH_SECONDS, revision, how="own")


def _changed_names(before: Walk | None, after: Walk) -> set[ProjectName]:
    """Return the projects of which something else is there now."""
    if before is None:
        return set(after.names)
    names = before.names ^ after.names
    both = before.names & after.names
    other = {name for name in both if before.projects.get(name) != after.projects.get(name)}
    return {*names, *other}
