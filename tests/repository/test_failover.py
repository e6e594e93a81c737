"""Failover: one column of the failure table, cell by cell."""

import pytest

from support.fakes import BytesBlob, FakeDoor, make_file, make_project
from wheelyard.errors import Absent, Corrupt, Refused, Unavailable
from wheelyard.model import FileRef
from wheelyard.names import ProjectName
from wheelyard.repository.base import Loaded
from wheelyard.repository.failover import AnyDoorBlob, Failover

pytestmark = pytest.mark.anyio

FLASK = ProjectName("flask")
PAGE = make_project("flask", make_file("flask-1.0-py3-none-any.whl"))
REF = FileRef(FLASK, PAGE.files[0])


async def test_next_door_answers_when_first_is_down() -> None:
    """An outage of one door is invisible to the caller."""
    failover = Failover([FakeDoor(down=True), FakeDoor({FLASK: PAGE})])

    answer = await failover.refresh_project(FLASK, None)

    assert isinstance(answer, Loaded)
    assert answer.value == PAGE


async def test_absent_is_an_answer() -> None:
    """A 404 stops the search: a lagging mirror must not revive the project."""
    second = FakeDoor({FLASK: PAGE})
    failover = Failover([FakeDoor(), second])

    with pytest.raises(Absent):
        await failover.refresh_project(FLASK, None)

    assert second.asked == []


async def test_corrupt_asks_the_next_door() -> None:
    """What cannot be trusted from one door is asked of another."""
    corrupt = Corrupt("`flask`", expected="a", actual="b")
    failover = Failover([FakeDoor(error=corrupt), FakeDoor({FLASK: PAGE})])

    answer = await failover.refresh_project(FLASK, None)

    assert isinstance(answer, Loaded)


async def test_refused_stops_the_search() -> None:
    """Policy is not something to get around by asking elsewhere."""
    second = FakeDoor({FLASK: PAGE})
    failover = Failover([FakeDoor(error=Refused("`flask`", "no")), second])

    with pytest.raises(Refused):
        await failover.refresh_project(FLASK, None)

    assert second.asked == []


async def test_every_door_down_reports_each_cause() -> None:
    """The operator sees one cause per door, in the order tried."""
    failover = Failover([FakeDoor(down=True), FakeDoor(down=True)])

    with pytest.raises(Unavailable) as caught:
        await failover.refresh_project(FLASK, None)

    assert len(caught.value.causes) == 2


async def test_second_opinion_is_another_doors() -> None:
    """A door is not asked whether it was right while there is somebody else to ask."""
    first, second = FakeDoor({FLASK: PAGE}), FakeDoor({FLASK: PAGE})
    failover = Failover([first, second])
    await failover.refresh_project(FLASK, None)

    await failover.refresh_project(FLASK, None, again=True)

    assert (first.asked, second.asked) == ([FLASK], [FLASK])
    assert second.asked_again == [FLASK]


async def test_second_opinion_on_an_absence_is_another_doors() -> None:
    """F12: "it is not here" is an answer too, so the door behind it is asked."""
    first, second = FakeDoor(), FakeDoor({FLASK: PAGE})
    failover = Failover([first, second])
    with pytest.raises(Absent):
        await failover.refresh_project(FLASK, None)

    assert isinstance(await failover.refresh_project(FLASK, None, again=True), Loaded)


async def test_second_opinion_is_the_same_doors_if_no_other_answers() -> None:
    """With every other door down it is asked again itself, on a new connection."""
    first, second = FakeDoor({FLASK: PAGE}), FakeDoor(down=True)
    failover = Failover([first, second])
    await failover.refresh_project(FLASK, None)

    answer = await failover.refresh_project(FLASK, None, again=True)

    assert isinstance(answer, Loaded)
    assert first.asked_again == second.asked_again == [FLASK]


async def test_second_opinion_on_a_later_doors_answer_begins_behind_it() -> None:
    """While the first door is down, the third checks what the second said."""
    doors = [FakeDoor(down=True), FakeDoor({FLASK: PAGE}), FakeDoor({FLASK: PAGE})]
    failover = Failover(doors)
    await failover.refresh_project(FLASK, None)

    await failover.refresh_project(FLASK, None, again=True)

    assert [door.asked_again for door in doors] == [[], [], [FLASK]]


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


async def _content(file: AnyDoorBlob) -> bytes:
    """Return all bytes of ``file``."""
    return b"".join([chunk async for chunk in file.read()])


class _DoorOf(FakeDoor):
    """A door that gives one blob."""

    def __init__(self, blob: BytesBlob) -> None:
        super().__init__()
        self._blob = blob

    async def file(self, ref: FileRef) -> BytesBlob:
        """Return the blob."""
        del ref
        return self._blob
