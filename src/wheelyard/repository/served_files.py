"""What the files of a served directory are: each read once, by one process, and remembered.

A file is looked into when it was left alone for a moment. One that turns out not to be whole is
looked into again after each change, after longer and longer moments, so that a slow copy costs
little and still shows within a second of its end.
"""

import os
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Final

from wheelyard.blobs import DiskThreads, InPlaceFiles, Stamp, WaitingRoom
from wheelyard.catalog import Catalog, ServedRow
from wheelyard.clock import Clock
from wheelyard.errors import BadInput, Refused, Unavailable
from wheelyard.names import Sha256
from wheelyard.repository.flights import FlightDeck, Flights
from wheelyard.repository.served_archive import has_telling_end, look_inside
from wheelyard.repository.served_walk import Lying
from wheelyard.transport import Beneath

__all__ = ["FileReader", "Found", "ReaderParts"]

_QUIET_SECONDS: Final = 0.1
_MOST_QUIET_SECONDS: Final = 0.8
_SETTLED_SECONDS: Final = 2.0
"""How long a file must be left alone whose end does not tell that it is whole."""

_CHUNK_BYTES: Final = 1024**2
_LONGEST_SECONDS: Final = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Found:
    """What a file was when it looked like ``stamp``: a row, or the reason why it is none.

    ``failures`` counts how often it was not whole.
    """

    stamp: Stamp
    row: ServedRow | None = None
    reason: str = ""
    failures: int = 0


@dataclass(frozen=True, slots=True)
class ReaderParts:
    """What the files of a directory are read with."""

    directory: Path
    catalog: Catalog
    deck: FlightDeck
    clock: Clock

    @property
    def disk(self) -> DiskThreads:
        """Where the disk is asked."""
        return self.deck.disk


class FileReader:
    """Reads the files of one directory."""

    def __init__(self, parts: ReaderParts) -> None:
        """Know nothing yet."""
        self._parts = parts
        self._directory = str(parts.directory)
        self._beneath = Beneath(parts.directory)
        self._rows: dict[str, ServedRow] = {}
        self._found: dict[str, Found] = {}
        self._distrusted: set[tuple[str, Stamp]] = set()
        # A large file takes as long as it takes; a client that waits has its own patience.
        deck = replace(parts.deck, deadline_seconds=_LONGEST_SECONDS, waiting=WaitingRoom())
        self._flights: Flights[Mapping[str, Found]] = Flights(deck, "served")
        self.bytes = InPlaceFiles(parts.disk)

    @property
    def knows_any(self) -> bool:
        """Whether there was any file when somebody looked last."""
        return bool(self._rows)

    async def load(self) -> None:
        """Remember what earlier starts have read."""
        self._rows = dict(await self._parts.catalog.served.of_directory(self._directory))

    def known(self, lying: Lying) -> Found | None:
        """Return what ``lying`` is, if it was read as it looks now."""
        found = self._found.get(lying.path)
        if found is not None and found.stamp == lying.stamp:
            return found
        row = self._rows.get(lying.path)
        if row is None or row.stamp != _text(lying.stamp):
            return None
        found = self._found[lying.path] = Found(lying.stamp, row)
        return found

    def is_quiet(self, lying: Lying) -> bool:
        """Say whether ``lying`` was left alone for long enough to be worth a look."""
        age = self._parts.clock.now() - lying.changed_at
        if not has_telling_end(lying.filename):
            return not 0 <= age < _SETTLED_SECONDS
        failures = before.failures if (before := self._found.get(lying.path)) else 0
        return not 0 <= age < min(_QUIET_SECONDS * 2**failures, _MOST_QUIET_SECONDS)

    async def read(self, key: str, files: Sequence[Lying]) -> None:
        """Have those of ``files`` read that were not; one process does it, and all know it.

        Raises:
            Unavailable: the catalog cannot be asked.
        """
        flight = self._flights.join(key, lambda: self._read(files))
        await flight.done.wait()
        self._found.update(flight.result())

    def doubt(self, lying: Lying) -> None:
        """Forget what ``lying`` was: it turned out to be something else."""
        self._found.pop(lying.path, None)
        self._rows.pop(lying.path, None)
        self._distrusted.add((lying.path, lying.stamp))

    async def forget_others(self, there: AbstractSet[str]) -> None:
        """Forget every file that is not ``there``, which are paths."""
        self._distrusted = {pair for pair in self._distrusted if pair[0] in there}
        self._found = {path: found for path, found in self._found.items() if path in there}
        if gone := [path for path in self._rows if path not in there]:
            for path in gone:
                del self._rows[path]
            with suppress(Unavailable):  # what is left of them does no harm
                await self._parts.catalog.served.forget(self._directory, gone)

    def open(self, lying: Lying) -> int:
        """Return a descriptor of the file at ``lying``; touches the disk.

        Raises:
            OSError: it is not there, or cannot be read.
            Refused: it leads out of the directory.
        """
        return self._beneath.open(lying.path)

    async def _read(self, files: Sequence[Lying]) -> Mapping[str, Found]:
        """Return what ``files`` are, by path; what another process has read is not read again."""
        wanted = [lying for lying in files if self.known(lying) is None]
        served = self._parts.catalog.served
        self._rows.update(await served.find(self._directory, [lying.path for lying in wanted]))
        found: dict[str, Found] = {}
        for lying in wanted:
            row = None if self._is_distrusted(lying) else self._rows.get(lying.path)
            if row is not None and row.stamp == _text(lying.stamp):
                found[lying.path] = Found(lying.stamp, row)
            else:
                found[lying.path] = await self._parts.disk.run(partial(self._look, lying))
        new = [each.row for each in found.values() if each.row is not None]
        with suppress(Unavailable):  # it is only for the next start
            await served.save([row for row in new if self._rows.get(row.path) != row])
        self._rows.update({row.path: row for row in new})
        return found

    def _is_distrusted(self, lying: Lying) -> bool:
        """Say whether what is written down of ``lying`` was found to be wrong."""
        return (lying.path, lying.stamp) in self._distrusted

    def _look(self, lying: Lying) -> Found:
        """Return what ``lying`` is; reads all of it."""
        try:
            descriptor = self._beneath.open(lying.path)
        except Refused:
            return Found(lying.stamp, reason="it leads out of the directory")
        except OSError as error:
            return Found(lying.stamp, reason=_reason(error))
        try:
            return self._look_into(descriptor, lying)
        except BadInput as error:
            before = self._found.get(lying.path)
            failures = before.failures + 1 if before is not None else 1
            return Found(lying.stamp, reason=str(error), failures=failures)
        except OSError as error:
            return Found(lying.stamp, reason=_reason(error))
        finally:
            os.close(descriptor)

    def _look_into(self, descriptor: int, lying: Lying) -> Found:
        """Return what the open file is, if it is still the one that was found.

        Raises:
            BadInput: it is not whole, or was changed meanwhile.
        """
        inside = look_inside(descriptor, lying.filename)
        digest = _digest(descriptor)
        if Stamp.of(os.fstat(descriptor)) != lying.stamp:
            raise BadInput("it is being changed")
        self.bytes.note(digest, lying.stamp)
        row = ServedRow(
            directory=self._directory,
            path=lying.path,
            stamp=_text(lying.stamp),
            sha256=digest,
            size=lying.stamp.size,
            requires_python=inside.requires_python,
            metadata_sha256=inside.metadata_sha256,
        )
        return Found(lying.stamp, row)


def _digest(descriptor: int) -> Sha256:
    """Return the SHA-256 of the open file."""
    hasher, position = sha256(), 0
    while chunk := os.pread(descriptor, _CHUNK_BYTES, position):
        hasher.update(chunk)
        position += len(chunk)
    return Sha256(hasher.hexdigest())


def _text(stamp: Stamp) -> str:
    """Return ``stamp`` as it is written down."""
    return "-".join(str(number) for number in stamp)


def _reason(error: OSError) -> str:
    """Return why the disk does not give a file."""
    return f"the disk says: {(error.strerror or str(error)).lower()}"
