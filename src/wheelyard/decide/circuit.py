"""Whether an upstream is asked at all, after it has failed.

A *closed* circuit lets every question pass. It opens after three failures in a row, and after one
that cost a client's patience or in which the upstream asked for peace. An *open* circuit lets one
question a second pass as a probe; everybody else is told at once. The first probe that is answered
makes it *half-open*, three in a row close it again.

Three failures of one and the same thing show that this thing is broken, and nothing about its
neighbours: they count once, unless nothing at all can be had (no connection, no certificate).

Where there is no other door to ask, things that fail while others were answered within the last
second do not open it: an upstream of which every third answer fails is in use, and to refuse what
it may well answer would use up the patience of clients that ask again three times (A-16).

Where there is another door to ask, one that has come back and failed again within ten minutes is
on trial before it is preferred again: 10 seconds, then 20, up to two minutes. Where there is none,
being careful would only keep answers from people.

``now`` may jump: a moment in the future counts as long ago, so that a clock that is set back never
keeps an upstream closed.
Source: RFC 9110, 10.2.3 (``Retry-After``).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from wheelyard.clock import Instant

__all__ = [
    "Circuit",
    "Failure",
    "Rules",
    "State",
    "note_answer",
    "note_asked",
    "note_failure",
    "seconds_until_asked",
    "worst",
]


_LONG_AGO: Final = Instant(0.0)
_SAME_MOMENT_SECONDS: Final = 0.02
"""Answers that come by the thousand are not each written down."""


class State(StrEnum):
    """Whether questions pass."""

    CLOSED = "closed"
    HALF_OPEN = "half-open"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Rules:
    """When a circuit opens and closes. ``is_alone``: there is no other door to ask meanwhile."""

    failures: int = 3
    probes: int = 3
    probe_seconds: float = 1.0
    trial_seconds: float = 5.0
    longest_trial_seconds: float = 120.0
    relapse_seconds: float = 600.0
    longest_wait_seconds: float = 600.0
    is_alone: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """A question that got no answer, and why.

    ``thing`` is what was asked for, if others may be had all the same; else empty. ``is_costly``
    says that finding out took as long as a client waits. ``retry_seconds`` is how long the upstream
    asked to be left alone once it is out of service; ``is_at_once`` if from now on.
    """

    reason: str
    thing: str = ""
    is_costly: bool = False
    retry_seconds: float = 0.0
    is_at_once: bool = False


@dataclass(frozen=True, slots=True)
class Circuit:
    """What is remembered of an upstream's failures.

    ``period`` grows with every change of state: what was asked in one period says nothing about the
    next. ``failed`` are the things that failed in a row, ``answered`` the probes that did not.
    The next question passes ``wait_seconds`` after ``asked_at``. ``failing_since`` and ``reason``
    are about the present outage, ``relapses`` about how often there was one of late;
    ``answered_at`` is when a question was last answered while the circuit was closed.
    """

    state: State = State.CLOSED
    period: int = 0
    failed: tuple[str, ...] = ()
    answered: int = 0
    asked_at: Instant = _LONG_AGO
    wait_seconds: float = 0.0
    reason: str = ""
    failing_since: Instant = _LONG_AGO
    returned_at: Instant = _LONG_AGO
    closed_at: Instant | None = None
    answered_at: Instant = _LONG_AGO
    relapses: int = 0


def seconds_until_asked(circuit: Circuit, now: Instant) -> float:
    """Return for how long no question may pass; 0 if one may pass now."""
    if circuit.state is State.CLOSED:
        return 0.0
    elapsed = now - circuit.asked_at
    return max(0.0, circuit.wait_seconds - elapsed) if elapsed >= 0 else 0.0


def note_asked(circuit: Circuit, now: Instant, rules: Rules) -> Circuit:
    """Return the circuit after a question has passed: the next probe has to wait for a while."""
    if circuit.state is State.CLOSED:
        return circuit
    return replace(circuit, asked_at=now, wait_seconds=rules.probe_seconds)


def note_answer(circuit: Circuit, period: int, now: Instant, rules: Rules) -> Circuit:
    """Return the circuit after a question that had passed in ``period`` was answered."""
    if period != circuit.period:
        return circuit
    if circuit.state is State.CLOSED:
        if not circuit.failed and 0 <= now - circuit.answered_at < _SAME_MOMENT_SECONDS:
            return circuit
        return replace(circuit, failed=(), answered_at=now)
    if circuit.state is State.OPEN:
        circuit = replace(
            circuit,
            state=State.HALF_OPEN,
            period=circuit.period + 1,
            answered=0,
            returned_at=now,
        )
    answered = circuit.answered + 1
    if answered >= rules.probes and _is_trial_over(circuit, now, rules):
        return Circuit(period=circuit.period + 1, closed_at=now, relapses=circuit.relapses)
    wait = 0.0 if rules.is_alone else circuit.wait_seconds
    return replace(circuit, answered=answered, wait_seconds=wait)


def note_failure(
    circuit: Circuit, period: int, failure: Failure, now: Instant, rules: Rules
) -> Circuit:
    """Return the circuit after a question that had passed in ``period`` failed."""
    if period != circuit.period:
        return circuit
    if circuit.state is State.OPEN:
        return _kept_open(circuit, failure, now, rules)
    if circuit.state is State.HALF_OPEN:
        return _opened(circuit, failure, now, rules)
    failed = circuit.failed
    if not failure.thing or failure.thing not in failed:
        failed = (*failed, failure.thing)
    is_row = len(failed) >= rules.failures and not _is_in_use(circuit, failure, now, rules)
    if is_row or failure.is_costly or failure.is_at_once:
        return _opened(circuit, failure, now, rules)
    return replace(circuit, failed=failed[-rules.failures :])


def worst(states: Iterable[State]) -> State:
    """Return the state that matters most to somebody who looks at several; at least one."""
    return max(states, key=(State.CLOSED, State.HALF_OPEN, State.OPEN).index)


def _is_in_use(circuit: Circuit, failure: Failure, now: Instant, rules: Rules) -> bool:
    """Say whether the only door there is has just answered for other things than the failed one."""
    just_now = 0 <= now - circuit.answered_at < rules.probe_seconds
    return rules.is_alone and bool(failure.thing) and just_now


def _opened(circuit: Circuit, failure: Failure, now: Instant, rules: Rules) -> Circuit:
    """Return the circuit open: for the first time, or again."""
    is_new = circuit.state is State.CLOSED
    is_relapse = not is_new or (
        circuit.closed_at is not None and 0 <= now - circuit.closed_at < rules.relapse_seconds
    )
    return Circuit(
        state=State.OPEN,
        period=circuit.period + 1,
        asked_at=now,
        wait_seconds=_wait_seconds(failure, rules),
        reason=failure.reason,
        failing_since=now if is_new else circuit.failing_since,
        relapses=circuit.relapses + 1 if is_relapse else 0,
    )


def _kept_open(circuit: Circuit, failure: Failure, now: Instant, rules: Rules) -> Circuit:
    """Return the circuit after a probe failed; a longer rest that was asked for is given."""
    if _wait_seconds(failure, rules) <= rules.probe_seconds:
        return replace(circuit, reason=failure.reason)
    wait = max(_wait_seconds(failure, rules), seconds_until_asked(circuit, now))
    return replace(circuit, reason=failure.reason, asked_at=now, wait_seconds=wait)


def _wait_seconds(failure: Failure, rules: Rules) -> float:
    """Return how long nobody asks after ``failure``."""
    return max(rules.probe_seconds, min(failure.retry_seconds, rules.longest_wait_seconds))


def _is_trial_over(circuit: Circuit, now: Instant, rules: Rules) -> bool:
    """Say whether a door that has come back may be preferred again."""
    if rules.is_alone or not circuit.relapses:
        return True
    doublings = min(circuit.relapses, 30)
    trial = min(rules.trial_seconds * 2**doublings, rules.longest_trial_seconds)
    return not 0 <= now - circuit.returned_at < trial
