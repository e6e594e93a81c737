"""The supervisor, with workers that are threads: what it tells them, and when it starts others.

Every worker runs a little script; signals are sent to this process, as a terminal would.
"""

import os
import signal
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

import pytest

from wheelyard.errors import ConfigError, Unavailable
from wheelyard.server.supervisor import Failed, Order, Rules, Started, Supervisor, Team

RULES = Rules(drain_seconds=30, cut_seconds=30, pause_seconds=0.001, max_pause_seconds=0.002)

Script = Callable[["FakeWorker"], int]
"""What a worker does; returns its exit code."""


class FakeWorker(BaseProcess):
    """A worker in a thread: ``sentinel`` becomes readable when its script has ended."""

    def __init__(self, number: int, script: Script) -> None:
        self.number = number
        self.ours, self.pipe = Pipe()
        self.killed = threading.Event()
        self._code: int | None = None
        self._reader, self._writer = os.pipe()
        self._thread = threading.Thread(target=self._live, args=(script,))
        self._thread.start()

    def _live(self, script: Script) -> None:
        code = script(self)
        self._code = -signal.SIGKILL if self.killed.is_set() else code
        self.pipe.close()
        os.close(self._writer)

    @property
    def sentinel(self) -> int:
        """Return what becomes readable at the end."""
        return self._reader

    @property
    def exitcode(self) -> int | None:
        """Return the exit code, once there is one."""
        return self._code

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end."""
        self._thread.join(timeout)

    def kill(self) -> None:
        """End it, if its script listens to that."""
        self.killed.set()

    def close(self) -> None:
        """Give back the file."""
        os.close(self._reader)

    def serve_until_told(self) -> int:
        """Say that we serve, then wait for an order."""
        self.pipe.send(Started())
        self.pipe.recv()
        return 0


@dataclass(slots=True)
class Office:
    """Hires workers with the scripts that the test laid out, else obedient ones."""

    scripts: dict[int, list[Script]] = field(default_factory=lambda: defaultdict(list))
    hired: list[FakeWorker] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    on_announce: Callable[[], None] = lambda: None
    has_announced: threading.Event = field(default_factory=threading.Event)

    def hire(self, number: int) -> tuple[BaseProcess, Connection]:
        """Start a worker."""
        waiting = self.scripts[number]
        worker = FakeWorker(number, waiting.pop(0) if waiting else FakeWorker.serve_until_told)
        self.hired.append(worker)
        return worker, worker.ours

    def announce(self) -> None:
        """Note it, then let the test do its part."""
        self.events.append("announced")
        self.on_announce()
        self.has_announced.set()

    def die_after_start(self, worker: FakeWorker) -> int:
        """Serve for a moment: the script of a worker that is no good."""
        worker.pipe.send(Started())
        self.has_announced.wait()
        return 3

    def supervise(self, size: int = 2, rules: Rules = RULES) -> None:
        """Run a supervisor to its end."""
        team = Team(size, self.hire, self.announce, lambda: self.events.append("closed"))
        Supervisor(team, rules).run()

    def numbers(self) -> list[int]:
        """Return who was hired, in order."""
        return [worker.number for worker in self.hired]


@pytest.fixture
def office() -> Iterator[Office]:
    """Give an office, and give back its files."""
    office = Office()
    yield office
    for worker in office.hired:
        worker.join()
        worker.close()


def send(number: signal.Signals) -> None:
    """Send a signal to this process."""
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_drains_every_worker(office: Office, number: signal.Signals) -> None:
    """All are told to drain, and the sockets are closed before the last request is answered."""
    orders: list[Order] = []

    def serve(worker: FakeWorker) -> int:
        worker.pipe.send(Started())
        orders.append(worker.pipe.recv())
        return 0

    office.scripts[1], office.scripts[2] = [serve], [serve]
    office.on_announce = lambda: send(number)

    office.supervise()

    assert orders == [Order.DRAIN, Order.DRAIN]
    assert office.events == ["announced", "closed"]
    assert office.numbers() == [1, 2]


def test_second_signal_cuts(office: Office) -> None:
    """Who asks twice does not want to wait."""
    orders: list[Order] = []

    def serve(worker: FakeWorker) -> int:
        worker.pipe.send(Started())
        orders.append(worker.pipe.recv())
        send(signal.SIGTERM)
        orders.append(worker.pipe.recv())
        return 0

    office.scripts[1] = [serve]
    office.on_announce = lambda: send(signal.SIGTERM)

    office.supervise(1)

    assert orders == [Order.DRAIN, Order.CUT]


def test_worker_which_does_not_end_is_killed(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    """A worker that hangs does not keep the others from restarting."""

    def hang(worker: FakeWorker) -> int:
        worker.pipe.send(Started())
        worker.killed.wait()
        return 0

    office.scripts[1] = [hang]
    office.on_announce = lambda: send(signal.SIGTERM)

    office.supervise(1, Rules(drain_seconds=0.01))

    assert "Worker 1 did not end in time and is killed." in caplog.text


def test_dead_worker_is_replaced(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """The others go on, and the log says who died of what."""

    def replace(worker: FakeWorker) -> int:
        worker.pipe.send(Started())
        send(signal.SIGTERM)
        worker.pipe.recv()
        return 0

    office.scripts[2] = [office.die_after_start, replace]

    office.supervise()

    assert office.numbers() == [1, 2, 2]
    assert "Worker 2 has died: exit code 3." in caplog.text


def test_one_worker_that_keeps_dying_does_not_end_the_others(office: Office) -> None:
    """An index that limps is better than one that is down."""

    def end(worker: FakeWorker) -> int:
        send(signal.SIGTERM)
        return FakeWorker.serve_until_told(worker)

    office.scripts[2] = [*[office.die_after_start] * 20, end]

    office.supervise()

    assert office.numbers() == [1] + [2] * 21


def test_workers_that_all_keep_dying_are_given_up(office: Office) -> None:
    """Whoever started us is told, and may alarm somebody."""
    office.scripts[1] = [office.die_after_start] * 50
    office.scripts[2] = [office.die_after_start] * 50

    with pytest.raises(Unavailable, match=r"every worker died 5 times in a row.*exit code 3"):
        office.supervise()

    assert 10 <= len(office.hired) <= 30


def test_worker_that_fails_to_start_again_is_told_with_its_sentence(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    """A setting that was broken meanwhile is in the log, and the rest goes on."""

    def fail(worker: FakeWorker) -> int:
        worker.pipe.send(Failed("The certificate is gone.", is_setting=True))
        return 0

    def end(worker: FakeWorker) -> int:
        send(signal.SIGTERM)
        return FakeWorker.serve_until_told(worker)

    office.scripts[1] = [office.die_after_start, fail, end]

    office.supervise()

    assert "Worker 1 has died: The certificate is gone." in caplog.text


def test_setting_that_prevents_the_start_is_a_config_error(office: Office) -> None:
    """Nothing was served, so the sentence is all that a person sees."""

    def fail(worker: FakeWorker) -> int:
        worker.pipe.send(Failed("No such index.", is_setting=True))
        return 0

    office.scripts[2] = [fail]

    with pytest.raises(ConfigError, match=r"^No such index\.$"):
        office.supervise()

    assert office.events == []


@pytest.mark.parametrize(
    ("failure", "sentence"),
    [(Failed("no disk", is_setting=False), "no disk"), (None, r"worker 1 died while it started")],
    ids=["with-sentence", "without"],
)
def test_worker_that_dies_in_its_start_ends_everything(
    office: Office, failure: Failed | None, sentence: str
) -> None:
    """What fails at the first start would fail again."""

    def fail(worker: FakeWorker) -> int:
        if failure is not None:
            worker.pipe.send(failure)
        return 1

    office.scripts[1] = [fail]

    with pytest.raises(Unavailable, match=sentence):
        office.supervise()


def test_hangup_replaces_the_workers_one_by_one(office: Office) -> None:
    """No moment without a worker that serves: each goes when its successor has come."""
    order: list[str] = []

    def old(worker: FakeWorker) -> int:
        worker.pipe.send(Started())
        worker.pipe.recv()
        order.append(f"old {worker.number} goes")
        return 0

    def new(worker: FakeWorker) -> int:
        order.append(f"new {worker.number} comes")
        worker.pipe.send(Started())
        if worker.number == 2:
            send(signal.SIGTERM)
        worker.pipe.recv()
        return 0

    office.scripts[1], office.scripts[2] = [old, new], [old, new]
    office.on_announce = lambda: send(signal.SIGHUP)

    office.supervise()

    assert order.index("new 1 comes") < order.index("old 1 goes")
    assert order.index("new 2 comes") < order.index("old 2 goes")
    assert office.numbers() == [1, 2, 1, 2]
    assert office.events == ["announced", "closed"]


def test_successor_that_does_not_start_leaves_its_predecessor(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    """A bad new setting does not take down what works."""

    def fail(worker: FakeWorker) -> int:
        worker.pipe.send(Failed("No such index.", is_setting=True))
        threading.Timer(0.05, send, (signal.SIGTERM,)).start()
        return 0

    office.scripts[1] = [FakeWorker.serve_until_told, fail]
    office.on_announce = lambda: send(signal.SIGHUP)

    office.supervise()

    assert office.numbers() == [1, 2, 1]
    assert "Its predecessor stays" in caplog.text


def test_handlers_of_signals_are_put_back(office: Office) -> None:
    """Whoever called us finds the signals as they were."""
    before = signal.getsignal(signal.SIGTERM)
    office.on_announce = lambda: send(signal.SIGTERM)

    office.supervise()

    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize(
    ("deaths", "seconds"), [(0, 0.0), (1, 0.1), (2, 0.2), (4, 0.8), (7, 5.0), (10_000, 5.0)]
)
def test_pause_doubles_up_to_a_limit(deaths: int, seconds: float) -> None:
    """A crash is mended at once, a crash loop does not burn the machine."""
    assert Rules().pause(deaths) == pytest.approx(seconds)
