"""When an upstream is asked and when it is left alone, by cases and by what always holds."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.clock import Instant
from wheelyard.decide import circuit
from wheelyard.decide.circuit import (
    Circuit,
    Failure,
    Rules,
    State,
    note_answer,
    note_asked,
    note_failure,
    seconds_until_asked,
)

NOW = 1_790_000_000.0
ALONE = Rules(is_alone=True)
ONE_OF_SEVERAL = Rules()
REFUSED = Failure("refused: nobody listens there")
SILENT = Failure("silent: no answer", is_costly=True)


@dataclass(slots=True)
class Upstream:
    """An upstream that is asked through a circuit, on a clock of its own."""

    rules: Rules = field(default_factory=lambda: ALONE)
    circuit: Circuit = field(default_factory=Circuit)
    now: float = NOW
    asked_at: list[float] = field(default_factory=list)

    @property
    def instant(self) -> Instant:
        """The present moment."""
        return Instant(self.now)

    @property
    def left_seconds(self) -> float:
        """For how long nobody may ask."""
        return seconds_until_asked(self.circuit, self.instant)

    def begin(self) -> int | None:
        """Ask, if that is allowed now; return the period of the question."""
        if self.left_seconds > 0:
            return None
        self.circuit = note_asked(self.circuit, self.instant, self.rules)
        self.asked_at.append(self.now)
        return self.circuit.period

    def answer(self, period: int | None = None) -> None:
        """Have a question of ``period``, or a new one, answered."""
        period = self.begin() if period is None else period
        assert period is not None
        self.circuit = note_answer(self.circuit, period, self.instant, self.rules)

    def fail(self, failure: Failure = REFUSED, period: int | None = None) -> None:
        """Have a question of ``period``, or a new one, fail."""
        period = self.begin() if period is None else period
        assert period is not None
        self.circuit = note_failure(self.circuit, period, failure, self.instant, self.rules)

    def come_back(self) -> None:
        """Answer a probe each second until the circuit is closed."""
        while self.circuit.state is not State.CLOSED:
            self.now += max(1.0, self.left_seconds)
            self.answer()


def opened(rules: Rules = ALONE) -> Upstream:
    """Return an upstream that has just failed for too long."""
    upstream = Upstream(rules)
    upstream.fail(SILENT)
    return upstream


def test_third_failure_in_a_row_opens() -> None:
    """Two may happen to anybody."""
    upstream, states = Upstream(), list[State]()
    for _ in range(3):
        upstream.fail()
        states.append(upstream.circuit.state)

    assert states == [State.CLOSED, State.CLOSED, State.OPEN]


def test_answer_between_failures_begins_a_new_row() -> None:
    """An upstream that answers every third time is slow to use, but in use."""
    upstream = Upstream()
    for _ in range(5):
        upstream.fail()
        upstream.fail()
        upstream.answer()

    assert upstream.circuit.state is State.CLOSED


def test_failure_that_cost_patience_opens_at_once() -> None:
    """A black hole: the next client must not wait like the first."""
    upstream = Upstream()

    upstream.fail(SILENT)

    assert upstream.circuit.state is State.OPEN


def test_one_broken_page_leaves_its_neighbours_alone() -> None:
    """However often it is asked for: it says nothing about the others."""
    upstream = Upstream()
    for _ in range(10):
        upstream.fail(Failure("status 500", thing="`flask`"))
    before = upstream.circuit.state

    upstream.fail(Failure("status 500", thing="`click`"))
    upstream.fail(Failure("status 500", thing="`jinja2`"))

    assert before is State.CLOSED
    assert upstream.circuit.state is State.OPEN


def test_only_door_that_has_just_answered_is_in_use() -> None:
    """A-16: three things in a row fail by chance where every third answer fails."""
    upstream, states = Upstream(ALONE), list[State]()
    upstream.answer()
    for seconds in (0, 0, 0, 1):
        upstream.now += seconds
        upstream.fail(Failure("status 500", thing=f"page {len(states)}"))
        states.append(upstream.circuit.state)

    assert states == [State.CLOSED] * 3 + [State.OPEN]


@pytest.mark.parametrize(("asked", "given_seconds"), [(30, 30), (900, 600), (0.1, 1)])
def test_peace_that_was_asked_for_is_given(asked: float, given_seconds: float) -> None:
    """For as long as the upstream says, at most ten minutes. Source: RFC 9110, 10.2.3."""
    upstream = Upstream()

    upstream.fail(Failure("status 429", retry_seconds=asked, is_at_once=True))

    assert upstream.left_seconds == given_seconds


def test_peace_is_given_once_the_circuit_opens() -> None:
    """A single page with a `Retry-After` does not close the whole index to us."""
    upstream = Upstream()

    left = []
    for name in ("a", "b", "c"):
        upstream.fail(Failure("status 503", thing=name, retry_seconds=30))
        left.append(upstream.left_seconds)

    assert left == [0, 0, 30]


def test_probe_that_is_asked_for_peace_gives_it() -> None:
    """An upstream on its way back may say how long it still takes."""
    upstream = opened()
    upstream.now += 1
    upstream.fail(Failure("status 503", thing="a", retry_seconds=20))

    assert upstream.left_seconds == 20


def test_open_circuit_lets_one_question_a_second_pass() -> None:
    """Whoever asks between two probes is told at once."""
    upstream = opened()
    for _ in range(100):
        upstream.now += 0.1
        if upstream.begin() is not None:
            upstream.fail(REFUSED, upstream.circuit.period)

    gaps = [
        after - before
        for before, after in zip(upstream.asked_at, upstream.asked_at[1:], strict=False)
    ]

    assert len(gaps) >= 9
    assert min(gaps) >= 1


def test_probe_that_hangs_does_not_keep_the_next_from_trying() -> None:
    """The upstream may have come back while the first probe still waits."""
    upstream = opened()
    upstream.now += 1
    hanging = upstream.begin()
    upstream.now += 1

    upstream.answer()
    upstream.fail(SILENT, hanging)

    assert upstream.circuit.state is State.HALF_OPEN


def test_three_answered_probes_close() -> None:
    """Full service."""
    upstream = opened()

    states = []
    for _ in range(3):
        upstream.now += 1
        upstream.answer()
        states.append(upstream.circuit.state)

    assert states == [State.HALF_OPEN, State.HALF_OPEN, State.CLOSED]


def test_only_door_is_used_as_soon_as_it_answers() -> None:
    """Nobody else could be asked meanwhile: one question at a time, without a pause."""
    upstream = opened()
    upstream.now += 1
    upstream.answer()

    first, second = upstream.begin(), upstream.begin()

    assert first is not None
    assert second is None


def test_one_of_several_doors_is_probed_once_a_second_until_it_is_trusted() -> None:
    """The other doors serve meanwhile."""
    upstream = opened(ONE_OF_SEVERAL)
    upstream.now += 1
    upstream.answer()

    assert upstream.left_seconds == 1


def test_failed_probe_after_an_answered_one_opens_again() -> None:
    """Three in a row are three in a row; the outage is the same one."""
    upstream = opened()
    upstream.now += 1
    upstream.answer()
    upstream.fail()

    assert upstream.circuit.state is State.OPEN
    assert upstream.circuit.failing_since == NOW
    assert upstream.left_seconds == 1


def test_questions_of_before_the_outage_say_nothing_about_the_return() -> None:
    """Forty requests that were on their way when it began are not forty more failures."""
    upstream = Upstream()
    pending = [upstream.begin() for _ in range(40)]
    for period in pending:
        upstream.fail(SILENT, period)
    upstream.now += 1
    upstream.answer()

    upstream.fail(SILENT, pending[0])

    assert upstream.circuit.state is State.HALF_OPEN
    assert upstream.circuit.relapses == 0


def test_door_that_flaps_is_on_trial_for_longer_each_time() -> None:
    """2 seconds more for three probes; then 10, 20, 40, 80, and never more than 120."""
    upstream = Upstream(ONE_OF_SEVERAL)
    trials = []
    for _ in range(7):
        upstream.fail(SILENT)
        upstream.now += 1
        upstream.answer()
        returned_at = upstream.now
        upstream.come_back()
        trials.append(upstream.now - returned_at)

    assert trials == [2, 10, 20, 40, 80, 120, 120]


def test_failure_of_ten_minutes_ago_is_forgiven() -> None:
    """Twice in a day is not flapping."""
    upstream = opened(ONE_OF_SEVERAL)
    upstream.come_back()
    upstream.now += 600

    upstream.fail(SILENT)

    assert upstream.circuit.relapses == 0


def test_only_door_is_never_on_trial() -> None:
    """Three probes are enough, however often it failed."""
    upstream = Upstream(ALONE)
    for _ in range(7):
        upstream.fail(SILENT)
        upstream.now += 1
        for _ in range(3):
            upstream.answer()

    assert upstream.circuit.state is State.CLOSED


def test_worst_of_several_is_what_people_see() -> None:
    """One worker may know of an outage before the other."""
    assert circuit.worst([State.CLOSED, State.OPEN, State.HALF_OPEN]) is State.OPEN
    assert circuit.worst([State.CLOSED, State.HALF_OPEN]) is State.HALF_OPEN
    assert circuit.worst([State.CLOSED]) is State.CLOSED


FAILURES = st.builds(
    Failure,
    reason=st.just("x"),
    thing=st.sampled_from(["", "a", "b"]),
    is_costly=st.booleans(),
    retry_seconds=st.sampled_from([0.0, 5.0, 900.0]),
    is_at_once=st.booleans(),
)
STEPS = st.lists(
    st.tuples(st.sampled_from([0.0, 0.4, 1.0, 7.0, 700.0, -5.0]), st.none() | FAILURES),
    max_size=40,
)
RULES = st.sampled_from([ALONE, ONE_OF_SEVERAL])


def lived(rules: Rules, steps: list[tuple[float, Failure | None]]) -> Upstream:
    """Return an upstream after ``steps``: some time, then a question with its outcome."""
    upstream = Upstream(rules)
    for seconds, failure in steps:
        upstream.now += seconds
        period = upstream.begin()
        if period is None:
            continue
        if failure is None:
            upstream.answer(period)
        else:
            upstream.fail(failure, period)
    return upstream


@given(rules=RULES, steps=STEPS)
def test_nobody_is_kept_out_for_longer_than_ten_minutes(
    rules: Rules, steps: list[tuple[float, Failure | None]]
) -> None:
    """Whatever the upstream asked for, and whatever the clock did."""
    upstream = lived(rules, steps)

    assert 0 <= upstream.left_seconds <= rules.longest_wait_seconds


@given(rules=RULES, steps=STEPS)
def test_closed_circuit_stops_nobody(
    rules: Rules, steps: list[tuple[float, Failure | None]]
) -> None:
    """And an open one says since when, and why."""
    upstream = lived(rules, steps)

    if upstream.circuit.state is State.CLOSED:
        assert upstream.left_seconds == 0
    else:
        assert upstream.circuit.reason
        assert upstream.circuit.failing_since > 0


@given(steps=STEPS)
def test_only_door_that_answers_is_back_within_five_seconds(
    steps: list[tuple[float, Failure | None]],
) -> None:
    """G8, whatever came before; a rest that the upstream asked for comes first."""
    upstream = lived(ALONE, steps)
    upstream.now += upstream.left_seconds
    returned_at = upstream.now

    upstream.come_back()

    assert upstream.now - returned_at <= 5


@given(steps=STEPS)
def test_any_door_that_answers_is_preferred_within_two_minutes(
    steps: list[tuple[float, Failure | None]],
) -> None:
    """However it flapped before."""
    upstream = lived(ONE_OF_SEVERAL, steps)
    upstream.now += upstream.left_seconds
    returned_at = upstream.now

    upstream.come_back()

    assert upstream.now - returned_at <= ONE_OF_SEVERAL.longest_trial_seconds + 2


@given(rules=RULES, steps=STEPS, outcome=st.none() | FAILURES)
def test_answer_of_another_period_changes_nothing(
    rules: Rules, steps: list[tuple[float, Failure | None]], outcome: Failure | None
) -> None:
    """What was asked before the last change of state is about a time that is over."""
    upstream = lived(rules, steps)
    before, late = upstream.circuit, upstream.circuit.period - 1

    if outcome is None:
        upstream.answer(late)
    else:
        upstream.fail(outcome, late)

    assert upstream.circuit == before
