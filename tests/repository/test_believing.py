"""Believing: losses are said twice, older answers count for nothing for a week."""

import logging
from dataclasses import dataclass, field, replace

import pytest

from support.fakes import DOOR, FakeKeeper
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent, Unavailable, WheelyardError
from wheelyard.repository.base import Kept, Loaded, Unchanged, Validators
from wheelyard.repository.believing import Believing, Losses

pytestmark = pytest.mark.anyio

GONE = Absent("`x`")
DOWN = Unavailable("`x`", "refused: nobody listens there")
LOSSES: Losses[str] = Losses(
    is_loss=lambda before, after: len(after) < len(before) and after != "taken down",
    is_takedown=lambda after: after == "taken down",
    same_reading=lambda first, second: first == second,
    is_behind=lambda before, after: before != after and before.startswith(after),
)
OTHER = "https://other.example/simple/"


def news(text: str, serial: int | None = None, door: str = DOOR) -> Loaded[str]:
    """Return an answer of a door."""
    return Loaded(text, Validators(door), serial=serial)


@dataclass(slots=True)
class Scene:
    """Something held, and a door that answers in turn."""

    clock: FrozenClock
    keeper: FakeKeeper
    believing: Believing[str]
    held: list[Kept[str]] = field(default_factory=list)

    async def hear(self, *answers: Loaded[str] | Unchanged | WheelyardError) -> str:
        """Return what is believed of these answers."""
        self.keeper.answers = [*answers]
        answer = await self.believing.ask("x", self.held[0] if self.held else None)
        assert not self.keeper.answers
        return answer.value if isinstance(answer, Loaded) else "unchanged"


@pytest.fixture
def scene(clock: FrozenClock) -> Scene:
    """Return a scene in which a long text is held, with a serial."""
    keeper = FakeKeeper(clock)
    kept = Kept("long text", Validators(DOOR), clock.now(), clock.now(), None, serial=7)
    return Scene(clock, keeper, Believing(keeper, clock, LOSSES), [kept])


async def test_first_answer_is_believed_as_it_is(scene: Scene) -> None:
    """Where nothing is held there is nothing to lose."""
    scene.held.clear()

    assert await scene.hear(news("")) == ""

    assert scene.keeper.asked_again == []


async def test_what_is_no_loss_is_news_at_once(scene: Scene) -> None:
    """A second reading is for losses only: it costs a connection."""
    assert await scene.hear(news("a longer text")) == "a longer text"
    assert await scene.hear(Unchanged(DOOR)) == "unchanged"

    assert scene.keeper.asked_again == []


async def test_loss_that_is_read_twice_is_believed(scene: Scene) -> None:
    """Upstream deleted it, and says so however it is asked."""
    assert await scene.hear(news("less"), news("less")) == "less"

    assert scene.keeper.asked_again == ["x"]


async def test_absence_that_is_read_twice_is_believed(scene: Scene) -> None:
    """A project that was deleted is gone."""
    with pytest.raises(Absent):
        await scene.hear(GONE, GONE)

    assert scene.keeper.asked_again == ["x"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(news("less"), news("long text"), id="recovered"),
        pytest.param(news("less"), news("shorter"), id="another loss"),
        pytest.param(news("less"), GONE, id="less, then nothing"),
        pytest.param(GONE, news("less"), id="nothing, then less"),
        pytest.param(GONE, news("long text"), id="absent once"),
        pytest.param(news("less"), Unchanged(DOOR), id="unchanged"),
    ],
)
async def test_readings_that_differ_are_not_believed(
    scene: Scene,
    first: Loaded[str] | WheelyardError,
    second: Loaded[str] | Unchanged | WheelyardError,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """F12, F25: an upstream that contradicts itself is asked again in a minute."""
    with pytest.raises(Unavailable) as caught:
        await scene.hear(first, second)

    assert caught.value.reason == "the upstream contradicts itself"
    assert caught.value.retry_seconds == 60
    assert "`x` is not believed" in caplog.text


async def test_second_reading_that_fails_says_why(scene: Scene) -> None:
    """An outage between two readings is an outage, and confirms nothing."""
    with pytest.raises(Unavailable) as caught:
        await scene.hear(news("less"), DOWN)

    assert caught.value is DOWN


@pytest.mark.parametrize("first", [news("less"), GONE])
async def test_takedown_is_believed_whenever_it_is_said(
    scene: Scene, first: Loaded[str] | WheelyardError
) -> None:
    """F29: nothing delays what is said to be dangerous."""
    assert await scene.hear(news("taken down")) == "taken down"
    assert await scene.hear(first, news("taken down")) == "taken down"


async def test_absence_needs_two_readings_where_nothing_else_is_a_loss(clock: FrozenClock) -> None:
    """Documents can shrink as they like, but not vanish by accident."""
    keeper = FakeKeeper(clock)
    kept = Kept("long text", Validators(DOOR), clock.now(), clock.now(), None)
    scene = Scene(clock, keeper, Believing(keeper, clock, None), [kept])

    assert await scene.hear(news("")) == ""
    with pytest.raises(Unavailable):
        await scene.hear(GONE, news("long text"))


async def test_what_must_not_be_forgotten_is_kept(scene: Scene) -> None:
    """A digest, for one, when the next door states none."""
    remembering = replace(LOSSES, remembering=lambda before, after: f"{after} ({before})")
    believing = Believing(scene.keeper, scene.clock, remembering)
    scene.keeper.answers = [news("longer text", serial=8)]

    answer = await believing.ask("x", scene.held[0])

    assert isinstance(answer, Loaded)
    assert answer.value == "longer text (long text)"


# --- older answers -------------------------------------------------------------------------------


async def test_older_answer_of_the_same_door_is_none(scene: Scene) -> None:
    """F27, T08: a lagging mirror takes nothing away."""
    with pytest.raises(Unavailable, match="6 after 7"):
        await scene.hear(news("another text", serial=6), news("another text", serial=6))


@pytest.mark.parametrize(
    "answer",
    [
        news("another text", serial=7),
        news("another text", serial=None),
    ],
)
async def test_answer_that_is_not_known_to_be_older_is_believed(
    scene: Scene, answer: Loaded[str]
) -> None:
    """F28: a serial that is missing freezes nothing."""
    assert await scene.hear(answer) == "another text"


async def test_older_answer_of_another_door_is_none(scene: Scene) -> None:
    """A-22: the index does not go back in time, whichever of its doors is asked."""
    older = news("another text", serial=6, door=OTHER)

    with pytest.raises(Unavailable, match="6 after 7"):
        await scene.hear(older, older)


async def test_older_answer_has_another_door_asked(scene: Scene) -> None:
    """A mirror that lags costs a question, and no freshness."""
    answer = await scene.hear(news("long text", serial=6), news("newer text", serial=8, door=OTHER))

    assert answer == "newer text"
    assert scene.keeper.asked_again == ["x"]


async def test_page_of_another_door_without_a_serial_is_told_by_what_it_lacks(scene: Scene) -> None:
    """Where no count can be compared, less of the same is older."""
    behind = news("long", door=OTHER)

    with pytest.raises(Unavailable, match="lacks what"):
        await scene.hear(behind, behind)


async def test_takedown_is_never_older(scene: Scene) -> None:
    """Nothing may delay it, whatever door says it first."""
    assert await scene.hear(news("taken down", serial=1, door=OTHER)) == "taken down"


async def test_serials_that_begin_anew_are_believed_after_a_week(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """An index that was set up again is not stale for ever; a thousand replays are not enough."""
    for _ in range(1_000):
        with pytest.raises(Unavailable):
            await scene.hear(news("another text", serial=1), DOWN)
        scene.clock.forward(7 * 86.4)
    scene.clock.forward(1)

    assert await scene.hear(news("another text", serial=1), DOWN) == "another text"

    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert "1 after 7" in record.getMessage()


async def test_one_older_answer_long_after_the_last_is_not_believed(scene: Scene) -> None:
    """A page that nobody asked for is old too; that says nothing about the upstream."""
    scene.clock.forward(1_000_000)

    with pytest.raises(Unavailable):
        await scene.hear(news("another text", serial=1), DOWN)


@pytest.mark.parametrize("between", [news("long text", serial=7), Unchanged(DOOR)])
async def test_a_current_answer_ends_the_week(
    scene: Scene, between: Loaded[str] | Unchanged
) -> None:
    """One lagging machine among several never takes the index back."""
    with pytest.raises(Unavailable):
        await scene.hear(news("another text", serial=1), DOWN)
    scene.clock.forward(600_000)
    await scene.hear(between)
    scene.clock.forward(600_000)

    with pytest.raises(Unavailable):
        await scene.hear(news("another text", serial=1), DOWN)
