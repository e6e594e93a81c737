"""The parent's side of several workers: start them, replace them, end them.

| event | what happens |
|---|---|
| SIGTERM, SIGINT | every worker is told to drain; the second time, to end at once |
| SIGHUP | the workers are replaced one by one, each once its successor serves |
| a worker dies | another is started: at once, or after a pause if it died young |
| every worker dies young, again and again | we give up: whoever started us should know |
| a worker that has to go does not | it is killed |
| we die | the pipes break, and the workers drain by themselves |

One bad worker never ends the others: an index that limps is better than one that is down.
Everything happens in ``_step``, one event after the other; there are no threads and no polling.
"""

import logging
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import FrameType

from wheelyard.errors import ConfigError, Unavailable

__all__ = ["Failed", "Order", "Rules", "Started", "Supervisor", "Team"]

LOGGER = logging.getLogger("wheelyard.server")


@dataclass(frozen=True, slots=True)
class Started:
    """A worker says: I serve."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A worker says: I cannot start, for this reason; ``is_setting`` makes it a ConfigError."""

    sentence: str
    is_setting: bool


class Order(Enum):
    """What a worker is told."""

    DRAIN = auto()
    CUT = auto()


@dataclass(frozen=True, slots=True)
class Rules:
    """How long to wait for workers, in seconds, and how often to try again.

    A worker that lived for less than ``healthy_seconds`` died young: each further time in a row
    doubles the pause before the next, from ``pause_seconds`` to ``max_pause_seconds``.
    """

    notice_seconds: float = 0.0
    drain_seconds: float = 30.0
    cut_seconds: float = 5.0
    healthy_seconds: float = 10.0
    pause_seconds: float = 0.1
    max_pause_seconds: float = 5.0
    young_deaths: int = 5

    def pause(self, deaths: int) -> float:
        """Return how long to wait after ``deaths`` young deaths in a row."""
        if deaths == 0:
            return 0.0
        return min(self.max_pause_seconds, self.pause_seconds * 2.0 ** min(deaths - 1, 30))


@dataclass(frozen=True, slots=True)
class Team:
    """What to supervise: ``hire`` starts worker number n, which speaks through the pipe.

    ``announce`` is called once all ``size`` workers serve, ``stop_listening`` when no connection
    shall be queued any more.
    """

    size: int
    hire: Callable[[int], tuple[BaseProcess, Connection]]
    announce: Callable[[], None]
    stop_listening: Callable[[], None]


@dataclass(slots=True, eq=False)
class _Member:
    number: int
    process: BaseProcess
    pipe: Connection
    born_at: float
    successor_of: "_Member | None" = None
    serves: bool = False
    leaves: bool = False
    failure: Failed | None = None
    kill_at: float = float("inf")

    def tell(self, order: Order, kill_at: float) -> None:
        self.leaves = True
        self.kill_at = min(self.kill_at, kill_at)
        try:
            self.pipe.send(order)
        except OSError:  # it is gone, or going
            return


class Supervisor:
    """Keeps a team of workers serving until a signal ends it; see the table above."""

    def __init__(self, team: Team, rules: Rules) -> None:
        self._team = team
        self._rules = rules
        self._members: list[_Member] = []
        self._in_place: dict[int, _Member] = {}
        self._deaths = dict.fromkeys(range(1, team.size + 1), 0)
        self._hire_at = dict.fromkeys(range(1, team.size + 1), 0.0)
        self._to_replace: list[int] = []
        self._signals: list[int] = []
        self._announced = False
        self._draining = False
        self._stop_listening_at = float("inf")

    def run(self) -> None:
        """Return when every worker has ended after a signal.

        Raises:
            ConfigError: a worker could not start because of a setting.
            Unavailable: the workers do not start, or do not stay alive.
        """
        with _wake_on_signals(self._signals) as bell:
            try:
                while self._members or not self._draining:
                    self._step(bell)
            finally:
                self._end_all()

    # Events

    def _step(self, bell: socket.socket) -> None:
        self._do_what_is_due(time.monotonic())
        by_sentinel = {member.process.sentinel: member for member in self._members}
        by_pipe = {member.pipe: member for member in self._members if not member.pipe.closed}
        ready = wait([bell, *by_sentinel, *by_pipe], self._seconds_until_due(time.monotonic()))
        if bell in ready:
            bell.recv(1024)
        while self._signals:
            self._on_signal(self._signals.pop(0))
        for item in ready:
            if isinstance(item, Connection):
                self._listen_to(by_pipe[item])
        for item in ready:
            if isinstance(item, int):
                self._on_death(by_sentinel[item])

    def _do_what_is_due(self, now: float) -> None:
        for number, moment in list(self._hire_at.items()):
            if moment <= now:
                del self._hire_at[number]
                self._in_place[number] = self._hire(number)
        for member in self._members:
            if member.kill_at <= now:
                LOGGER.warning("Worker %d did not end in time and is killed.", member.number)
                member.kill_at = float("inf")
                member.process.kill()
        if self._stop_listening_at <= now:
            self._stop_listening_at = float("inf")
            self._team.stop_listening()

    def _seconds_until_due(self, now: float) -> float | None:
        moments = [self._stop_listening_at, *self._hire_at.values()]
        moments += [member.kill_at for member in self._members]
        first = min(moments)
        return None if first == float("inf") else max(0.0, first - now)

    def _on_signal(self, number: int) -> None:
        now = time.monotonic()
        if number == signal.SIGHUP:
            if self._announced and not self._draining:
                LOGGER.info("Replacing the workers one by one.")
                self._to_replace = [n for n in self._in_place if n not in self._hire_at]
                self._replace_next()
        elif not self._draining:
            LOGGER.info("Draining: running requests are finished, new ones are refused.")
            self._draining = True
            self._hire_at.clear()
            self._to_replace.clear()
            self._stop_listening_at = now + self._rules.notice_seconds
            self._tell_all(Order.DRAIN, now + self._rules.drain_seconds)
        else:
            self._tell_all(Order.CUT, now + self._rules.cut_seconds)

    def _tell_all(self, order: Order, kill_at: float) -> None:
        for member in self._members:
            member.tell(order, kill_at)

    def _listen_to(self, member: _Member) -> None:
        try:
            while member.pipe.poll():
                self._on_message(member, member.pipe.recv())
        except (EOFError, OSError):
            member.pipe.close()  # its end will be noticed by its process

    def _on_message(self, member: _Member, message: Started | Failed) -> None:
        if isinstance(message, Failed):
            member.failure = message
            return
        member.serves = True
        if member.successor_of is not None:
            self._in_place[member.number] = member
            if member.successor_of in self._members:
                seconds = self._rules.drain_seconds
                member.successor_of.tell(Order.DRAIN, time.monotonic() + seconds)
            member.successor_of = None
            self._replace_next()
        if not self._announced and all(each.serves for each in self._members):
            self._announced = True
            self._team.announce()

    def _on_death(self, member: _Member) -> None:
        if not member.pipe.closed:
            self._listen_to(member)
            member.pipe.close()
        member.process.join()
        self._members.remove(member)
        if self._draining or member.leaves:
            return
        if not self._announced:
            raise _as_error(member)
        LOGGER.error("Worker %d has died: %s.", member.number, _describe(member))
        if member.successor_of is not None:
            LOGGER.error("Its predecessor stays; the other workers are not replaced.")
            self._to_replace.clear()
        successors = [each for each in self._members if each.number == member.number]
        if not successors:
            self._hire_again(member)

    # Workers

    def _hire(self, number: int, successor_of: _Member | None = None) -> _Member:
        process, pipe = self._team.hire(number)
        member = _Member(number, process, pipe, time.monotonic(), successor_of)
        self._members.append(member)
        return member

    def _hire_again(self, dead: _Member) -> None:
        now = time.monotonic()
        died_young = now - dead.born_at < self._rules.healthy_seconds
        deaths = self._deaths[dead.number] + 1 if died_young else 0
        self._deaths[dead.number] = deaths
        if all(self._is_hopeless(number, now) for number in self._deaths):
            raise Unavailable(
                "The server",
                f"every worker died {self._rules.young_deaths} times in a row, the last one"
                f" because of this: {_describe(dead)}. See the log above",
            )
        self._hire_at[dead.number] = now + self._rules.pause(deaths)

    def _is_hopeless(self, number: int, now: float) -> bool:
        member = self._in_place[number]
        is_well = member in self._members and (now - member.born_at >= self._rules.healthy_seconds)
        return not is_well and self._deaths[number] >= self._rules.young_deaths

    def _replace_next(self) -> None:
        if any(member.successor_of is not None for member in self._members):
            return  # one at a time
        while self._to_replace:
            number = self._to_replace.pop(0)
            if self._in_place[number] in self._members:
                self._hire(number, successor_of=self._in_place[number])
                return

    def _end_all(self) -> None:
        self._tell_all(Order.CUT, 0.0)
        deadline = time.monotonic() + self._rules.cut_seconds
        for member in self._members:
            member.process.join(max(0.0, deadline - time.monotonic()))
            member.process.kill()
            member.process.join()


def _describe(member: _Member) -> str:
    if member.failure is not None:
        return member.failure.sentence
    code = member.process.exitcode
    if code is not None and code < 0:
        return f"signal {signal.Signals(-code).name}"
    return f"exit code {code}"


def _as_error(member: _Member) -> ConfigError | Unavailable:
    if member.failure is not None and member.failure.is_setting:
        return ConfigError(member.failure.sentence)
    if member.failure is not None:
        return Unavailable("The server", member.failure.sentence)
    reason = (
        f"worker {member.number} died while it started ({_describe(member)}); see the log above"
    )
    return Unavailable("The server", reason)


@contextmanager
def _wake_on_signals(received: list[int]) -> Iterator[socket.socket]:
    """Collect signals in ``received``, and give a socket that becomes readable with each."""
    bell, hammer = socket.socketpair()
    bell.setblocking(False)  # noqa: FBT003  # the socket module's own signature
    hammer.setblocking(False)  # noqa: FBT003  # the same

    def note(number: int, _frame: FrameType | None) -> None:
        received.append(number)

    handled = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    # Written to at once by whichever thread gets the signal; the handlers follow in this one.
    woken_before = signal.set_wakeup_fd(hammer.fileno(), warn_on_full_buffer=False)
    before = {number: signal.signal(number, note) for number in handled}
    try:
        yield bell
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(woken_before)
        bell.close()
        hammer.close()
