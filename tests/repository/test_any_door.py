"""AnyDoorBlob: whichever door gives the bytes, the digest says whether they are right."""

from collections.abc import AsyncIterator

import anyio
import pytest

from support.fakes import BytesBlob, FakeDoor, RangedBlob, make_file
from wheelyard.blobs import Blob
from wheelyard.errors import Absent, Corrupt, Refused, Unavailable, WheelyardError
from wheelyard.model import FileRef
from wheelyard.names import ProjectName
from wheelyard.repository import any_door
from wheelyard.repository.any_door import AnyDoorBlob, first_byte

pytestmark = pytest.mark.anyio

FILE = make_file("flask-1.0-py3-none-any.whl", b"0123456789", size=None)
REF = FileRef(ProjectName("flask"), FILE)
SIZED = FileRef(REF.project, make_file(FILE.filename, b"0123456789"))


async def test_file_goes_on_at_the_byte_where_a_door_broke_off() -> None:
    """A reader does not notice that the second half came through another door."""
    blobs = [BytesBlob(b"0123456789", breaks_after=4), BytesBlob(b"0123456789")]
    doors = [_DoorOf(blob) for blob in blobs]

    content = b"".join([chunk async for chunk in AnyDoorBlob(REF, doors).read()])

    assert content == b"0123456789"
    assert blobs[1].reads == [4]


async def test_file_that_no_door_has_whole_is_unavailable() -> None:
    """A broken file never ends as if it were whole."""
    doors = [_DoorOf(BytesBlob(b"0123456789", breaks_after=4)) for _ in range(2)]

    with pytest.raises(Unavailable):
        async for _ in AnyDoorBlob(REF, doors).read():
            pass


async def test_wrong_bytes_are_fetched_from_the_next_door() -> None:
    """A door that gave wrong bytes is not asked for them again."""
    blobs = [BytesBlob(b"wrong"), BytesBlob(b"right")]
    file = AnyDoorBlob(REF, [_DoorOf(blob) for blob in blobs])
    assert await _content(file) == b"wrong"

    assert file.move_on()

    assert await _content(file) == b"right"
    assert len(blobs[0].reads) == 1


async def test_last_door_has_no_alternative() -> None:
    """When every door was first once, the file is wrong everywhere."""
    file = AnyDoorBlob(REF, [_DoorOf(BytesBlob(b"wrong")) for _ in range(2)])
    await _content(file)
    assert file.move_on()
    await _content(file)

    assert not file.move_on()


async def test_halves_that_do_not_fit_blame_neither_door() -> None:
    """Either half may be the wrong one: the next attempt begins elsewhere, both may be asked."""
    broken, whole = BytesBlob(b"0123456789", breaks_after=4), BytesBlob(b"abcdefghij")
    file = AnyDoorBlob(REF, [_DoorOf(broken), _DoorOf(whole)])
    assert await _content(file) == b"0123efghij"

    assert file.move_on()

    assert await _content(file) == b"abcdefghij"


async def test_door_that_broke_off_is_tried_again_once_another_is_found_wrong() -> None:
    """A broke off and B is wrong: alone, A may be right after all."""
    mended, wrong = BytesBlob(b"0123456789", breaks_after=4), BytesBlob(b"abcdefghij")
    file = AnyDoorBlob(REF, [_DoorOf(mended), _DoorOf(wrong)])
    assert await _content(file) == b"0123efghij"
    assert file.move_on()
    assert await _content(file) == b"abcdefghij"
    mended.breaks_after = None

    assert file.move_on()

    assert await _content(file) == b"0123456789"
    assert not file.move_on()


@pytest.mark.parametrize(
    "error",
    [
        Absent("a file"),
        Refused("a file", "no"),
        Unavailable("a file"),
        Corrupt("a file", expected="a", actual="b"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_whatever_one_door_says_the_next_may_have_the_file(error: WheelyardError) -> None:
    """The page that we trust lists it: no door's word takes it away."""
    file = AnyDoorBlob(SIZED, [FakeDoor(error=error), _DoorOf(BytesBlob(b"0123456789"))])

    assert await _content(file) == b"0123456789"


async def test_file_that_no_door_has_is_absent() -> None:
    """All of them say so: that is an answer."""
    file = AnyDoorBlob(SIZED, [FakeDoor(error=Absent("a file")) for _ in range(2)])

    with pytest.raises(Absent):
        await _content(file)


async def test_file_that_one_door_has_not_and_one_cannot_give_is_unavailable() -> None:
    """In doubt it is not absent."""
    file = AnyDoorBlob(SIZED, [FakeDoor(error=Absent("a file")), FakeDoor(down=True)])

    with pytest.raises(Unavailable) as caught:
        await _content(file)

    assert [type(cause) for cause in caught.value.causes] == [Absent, Unavailable]


async def test_door_with_a_file_of_another_length_gives_none_of_it() -> None:
    """F21: a login page in the middle of a wheel would spoil what was sent already."""
    blobs = [
        BytesBlob(b"0123456789", breaks_after=4),
        BytesBlob(b"<html>"),
        BytesBlob(b"0123456789"),
    ]
    file = AnyDoorBlob(SIZED, [_DoorOf(blob) for blob in blobs])

    assert await _content(file) == b"0123456789"
    assert file.size == 10


async def test_file_that_ends_well_and_too_early_goes_on_at_the_next_door() -> None:
    """F20: a clean end is none if the page says how long the file is."""
    short = BytesBlob(b"0123456789", breaks_after=None)
    file = AnyDoorBlob(SIZED, [_DoorOf(_Short(short.content)), _DoorOf(short)])

    assert await _content(file) == b"0123456789"
    assert short.reads == [4]


async def test_silent_door_is_left_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """F08: however patient its own client is; the last door is waited for."""
    monkeypatch.setattr(any_door, "_LONGEST_SILENCE_SECONDS", 0.0)
    file = AnyDoorBlob(SIZED, [_DoorOf(_Silent(b"")), _DoorOf(BytesBlob(b"0123456789"))])

    assert await _content(file) == b"0123456789"


async def test_end_is_read_from_the_first_door_that_gives_ranges() -> None:
    """And that has a file of the right length."""
    blobs = [RangedBlob(b"", gives_ranges=False), RangedBlob(b"other"), RangedBlob(b"0123456789")]
    file = AnyDoorBlob(SIZED, [_DoorOf(blob) for blob in blobs])

    assert await file.read_tail(3) == b"789"


async def test_first_byte_is_all_that_is_asked_for() -> None:
    """To see whether a door gives files again costs next to nothing."""
    blob = RangedBlob(b"0123456789")

    await first_byte(_DoorOf(blob), REF)

    assert blob.given == [(0, 1)]


async def _content(file: AnyDoorBlob) -> bytes:
    """Return all bytes of ``file``."""
    return b"".join([chunk async for chunk in file.read()])


class _DoorOf(FakeDoor):
    """A door that gives one blob."""

    def __init__(self, blob: Blob) -> None:
        super().__init__()
        self._blob = blob

    async def file(self, ref: FileRef) -> Blob:
        """Return the blob."""
        del ref
        return self._blob


class _Short(BytesBlob):
    """A source that ends after four bytes as if that were all, and does not say how long it is."""

    async def read(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """Yield four bytes."""
        del stop
        yield self.content[start:4]


class _Silent(BytesBlob):
    """A source of which nothing comes."""

    async def read(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """Wait for ever."""
        await anyio.sleep_forever()
        yield self.content[start:stop]
