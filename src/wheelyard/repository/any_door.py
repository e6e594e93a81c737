"""One file, read from whichever door gives its bytes."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import anyio

from wheelyard.blobs import Blob, reading
from wheelyard.errors import Absent, Corrupt, Unavailable, WheelyardError
from wheelyard.model import FileRef
from wheelyard.names import Sha256
from wheelyard.repository.base import Door
from wheelyard.repository.remote_wheel import HasTail

__all__ = ["AnyDoorBlob", "first_byte"]

_LONGEST_SILENCE_SECONDS: Final = 10.0
"""With another door to go to, none is waited for longer than this, whatever its own deadline."""


@dataclass(slots=True)
class AnyDoorBlob:
    """A file read from whichever door gives it, going on at the byte where one broke off.

    Whatever is wrong with one door's answer (also "it is not here": the page says that it is) is a
    reason to ask the next. Whether the halves fit together is for the digest to say. If it says no,
    ``move_on`` has the next attempt begin at another door, and leaves out a door that gave the
    wrong bytes alone.
    """

    ref: FileRef
    doors: Sequence[Door]
    size: int | None = None
    sha256: Sha256 | None = None
    _first: int = 0
    _wrong: set[int] = field(default_factory=set)
    _gave: set[int] = field(default_factory=set)
    _led: set[int] = field(default_factory=set)
    """The doors that an attempt began at, since one was last found to be wrong."""

    def move_on(self) -> bool:
        """Begin at another door from now on; see ``HasAlternatives``."""
        if len(self._gave) == 1:
            self._wrong |= self._gave
            self._led.clear()
        self._led.add(self._first)
        self._gave.clear()
        first = next((number for number in self._order() if number not in self._led), None)
        if first is None:
            return False
        self._first = first
        self.size = None
        return True

    async def read_tail(self, byte_count: int) -> bytes:
        """Return the last bytes from the first door that answers ranges."""
        causes: list[WheelyardError] = []
        for number in self._order():
            try:
                blob = await self.doors[number].file(self.ref)
                if isinstance(blob, HasTail):
                    tail = await blob.read_tail(byte_count)
                    self._check_size(blob)
                    return tail
            except WheelyardError as error:
                causes.append(error)
        raise self._failure(causes)

    async def read(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """Yield the bytes; see ``Blob``."""
        position = start
        causes: list[WheelyardError] = []
        for number, is_last in self._turns():
            try:
                blob = await self.doors[number].file(self.ref)
                async with reading(blob, position, stop) as chunks:
                    while chunk := await self._next(chunks, is_last=is_last):
                        self._check_size(blob)
                        self._gave.add(number)
                        position += len(chunk)
                        yield chunk
                self._check_end(blob, position, stop)
            except WheelyardError as error:
                causes.append(error)
            else:
                return
        raise self._failure(causes)

    async def _next(self, chunks: AsyncIterator[bytes], *, is_last: bool) -> bytes:
        """Return the next chunk; nothing at the end.

        Raises:
            Unavailable: none came, and there is another door to go to.
        """
        if is_last:
            return await anext(chunks, b"")
        with anyio.move_on_after(_LONGEST_SILENCE_SECONDS):
            return await anext(chunks, b"")
        reason = f"nothing came for {_LONGEST_SILENCE_SECONDS:g} s"
        raise Unavailable(f"`{self.ref.file.filename}`", reason)

    def _check_size(self, blob: Blob) -> None:
        """Take the length from the first door if the page states none; else they must agree.

        Raises:
            Corrupt: this door has a file of another length, which is another file.
        """
        expected = self.size if self.ref.file.size is None else self.ref.file.size
        if blob.size is None or expected in {None, blob.size}:
            self.size = expected if blob.size is None else blob.size
            return
        what, actual = f"`{self.ref.file.filename}`", f"{blob.size} bytes"
        raise Corrupt(what, expected=f"{expected} bytes", actual=actual)

    def _check_end(self, blob: Blob, position: int, stop: int | None) -> None:
        """Raise if a door ended well and too early."""
        self._check_size(blob)
        end = self.size if stop is None else stop
        if end is not None and position < end:
            reason = f"a door ended it at {position} of {end} bytes"
            raise Unavailable(f"`{self.ref.file.filename}`", reason)

    def _failure(self, causes: list[WheelyardError]) -> WheelyardError:
        """Return why no door gave it: "it is not here" only if all of them say so."""
        if causes and (len(causes) == 1 or all(isinstance(cause, Absent) for cause in causes)):
            return causes[0]
        return Unavailable(f"`{self.ref.file.filename}`", causes=causes)

    def _turns(self) -> list[tuple[int, bool]]:
        """Return the doors in the order in which they are asked now, and which one is the last."""
        order = self._order()
        return [(number, number == order[-1]) for number in order]

    def _order(self) -> list[int]:
        """Return the doors in the order in which they are asked now."""
        numbers = range(len(self.doors))
        turned = [*numbers[self._first :], *numbers[: self._first]]
        return [number for number in turned if number not in self._wrong]


async def first_byte(door: Door, ref: FileRef) -> None:
    """Ask ``door`` for the first byte of a file: whether it gives files at all."""
    async with reading(await door.file(ref), 0, 1) as chunks:
        async for _ in chunks:
            return
