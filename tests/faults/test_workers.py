"""Several processes on one data directory: workers, and two servers. F44, F70, F71."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPResponse, IncompleteRead
from pathlib import Path

import pytest

from faults.yard import PATIENT, Yard, at_once, eventually, open_yard
from support.packages import make_wheel
from support.simulator import Simulator, silent, stall_after

LENGTH = 3_000_000
HALF = 1_500_000


@pytest.fixture(scope="module")
def _pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    """A server with two workers."""
    with (
        Simulator() as upstream,
        open_yard(
            tmp_path_factory.mktemp("pair") / "data", upstream, workers=2, settings=PATIENT
        ) as yard,
    ):
        yield yard


@pytest.fixture
def pair(_pair: Yard) -> Iterator[Yard]:
    """The same for each test."""
    yield _pair
    _pair.upstream.clear_faults()
    _pair.upstream.up()


def workers_of(yard: Yard) -> list[int]:
    """Return the process ids of the workers: the children that are not the resource tracker."""
    pid = yard.server.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    lines = {int(child): Path(f"/proc/{child}/cmdline").read_bytes() for child in children}
    return sorted(child for child, line in lines.items() if b"spawn_main" in line)


def test_page_is_asked_for_once_by_all_workers(pair: Yard) -> None:
    """One flight per page, whichever worker a client came to."""
    pair.upstream.add(make_wheel("asked-once", "1.0"))
    held_up = pair.upstream.fault("/simple/asked-once/", silent())

    def let_go() -> int:
        pair.upstream.wait_until_seen("/simple/asked-once/")
        held_up.clear()
        return 200

    calls = [lambda: pair.ask_page("asked-once").status for _ in range(24)]
    statuses = at_once(let_go, *calls)
    statuses += at_once(*calls)

    assert set(statuses) == {200}
    assert pair.upstream.count("/simple/asked-once/") == 1


def test_file_is_fetched_once_by_all_workers(pair: Yard) -> None:
    """F70: one download, followed from the other process, the same bytes for everybody."""
    package = make_wheel("fetched-once", "1.0", payload_bytes=LENGTH)
    pair.upstream.add(package)
    path = pair.path_of(package)
    held_up = pair.upstream.fault(f"*/{package.filename}", stall_after(HALF))

    def let_go() -> bytes:
        pair.upstream.wait_until_seen(f"*/{package.filename}")
        held_up.clear()
        return package.content

    bodies = at_once(let_go, *[lambda: pair.client.ask(path).body for _ in range(24)])

    assert all(body == package.content for body in bodies)
    assert pair.upstream.count(f"*/{package.filename}") == 1


def test_what_one_worker_learned_every_worker_says(pair: Yard) -> None:
    """A file without a digest has it on every worker's page within a second of its download."""
    package = make_wheel("learned", "1.0")
    pair.upstream.add(package, hashes=False)
    path = pair.path_of(package)
    for status in at_once(*[lambda: pair.ask_page("learned").status for _ in range(16)]):
        assert status == 200
    pair.client.ask(path)

    def all_know() -> bool:
        pages = at_once(*[lambda: pair.ask_page("learned") for _ in range(16)])
        return all(page.file(package.filename)["hashes"] for page in pages)

    eventually(all_know, "every worker says the digest")


def test_killed_worker_takes_nothing_with_it(tmp_path: Path, upstream: Simulator) -> None:
    """F44, F71: another one comes, the download goes on, and so do the other worker's readers."""
    package = make_wheel("orphaned", "1.0", payload_bytes=LENGTH)
    upstream.add(package)
    held_up = upstream.fault(f"*/{package.filename}", stall_after(HALF))
    with open_yard(tmp_path / "data", upstream, workers=2, settings=PATIENT) as yard:
        path = yard.path_of(package)
        before = workers_of(yard)
        with ExitStack() as stack:
            readers = [stack.enter_context(yard.client.opened(path)) for _ in range(12)]
            begun = [reader.read(1000) for reader in readers]
            os.kill(before[0], signal.SIGKILL)
            held_up.clear()
            rests = [rest_of(reader) for reader in readers]
        eventually(lambda: len(set(workers_of(yard)) - {before[0]}) == 2, "another worker")
        answers = at_once(*[lambda: yard.client.ask(path) for _ in range(8)])
        eventually(lambda: yard.client.ask("/-/status").json()["workers"] == 2, "both count")

    for beginning, rest in zip(begun, rests, strict=True):
        whole = beginning + rest
        assert package.content.startswith(whole)
    assert all(answer.body == package.content for answer in answers)
    assert upstream.count(f"*/{package.filename}") <= 2


def rest_of(reader: HTTPResponse) -> bytes:
    """Return what is left of an answer, as far as it came if its server was killed."""
    try:
        return reader.read()
    except IncompleteRead as error:
        return error.partial
    except ConnectionError:
        return b""


def test_two_servers_share_one_directory(tmp_path: Path, upstream: Simulator) -> None:
    """A second `wheelyard serve` on the same data: one download, one page request, one ledger."""
    package = make_wheel("shared", "1.0", payload_bytes=LENGTH)
    upstream.add(package)
    with (
        open_yard(tmp_path / "data", upstream, settings=PATIENT) as first,
        open_yard(tmp_path / "data", upstream, settings=PATIENT) as second,
    ):
        path = first.path_of(package)
        held_up = upstream.fault(f"*/{package.filename}", stall_after(HALF))
        with first.client.opened(path) as one, second.client.opened(path) as other:
            begun = one.read(1000), other.read(1000)
            held_up.clear()
            bodies = [begun[0] + one.read(), begun[1] + other.read()]
        page = second.client.page("shared")

    assert bodies == [package.content, package.content]
    assert upstream.count(f"*/{package.filename}") == 1
    assert upstream.count("/simple/shared/") == 1
    assert page.status == 200


def test_first_starts_at_the_same_moment_make_one_directory(
    tmp_path: Path, upstream: Simulator
) -> None:
    """Two servers that find nothing there yet do not fall over each other."""
    with ExitStack() as first, ExitStack() as second:
        yards = at_once(
            lambda: first.enter_context(open_yard(tmp_path / "data", upstream)),
            lambda: second.enter_context(open_yard(tmp_path / "data", upstream)),
        )
        instances = {yard.client.ask("/-/status").json()["instance"] for yard in yards}

    assert len(instances) == 1
