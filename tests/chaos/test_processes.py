"""Processes that are killed, stopped, starved, ended and left: F44 to F46, F48, F71, F72."""

import os
import resource
import signal
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from http.client import HTTPException, HTTPResponse, IncompleteRead
from pathlib import Path

import pytest

from chaos.campaign import Campaign, Round, count
from chaos.proc import cpu_seconds, holders_of, sockets_of, use_of, workers_of
from faults.yard import PATIENT, Yard, at_once, eventually, open_yard
from support.packages import Package, make_wheel
from support.simulator import Simulator, silent, stall_after

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux's /proc"),
]

LENGTH = 3_000_000
HALF = LENGTH // 2
MOST_READERS = 64
NOTICE_SECONDS = 1.0
PATIENCE_SECONDS = 180.0
LEFT = 120
"""How many clients leave in three rounds: whatever each of them left would be as many."""


@contextmanager
def open_pair(data: Path, upstream: Simulator) -> Iterator[Yard]:
    """Run a server with two workers, one project of which is known.

    Each round has its own: a server whose workers die young again and again gives up.
    """
    with open_yard(data, upstream, workers=2, settings=PATIENT) as yard:
        known = make_wheel("known", "1.0", payload_bytes=1000)
        yard.add_held(known)
        assert yard.client.ask(yard.path_of(known)).status == 200
        yield yard


@contextmanager
def half_a_fill(yard: Yard, each: Round) -> Iterator[tuple[Package, int, int, list[HTTPResponse]]]:
    """Have a file half fetched; yield it, the worker that fetches, the other one, and readers.

    There is at least one reader at each of the two workers.
    """
    package = make_wheel(f"cold-{each.number}", "1.0", payload_bytes=LENGTH)
    yard.add(package)
    held_up = yard.upstream.fault(f"*/{package.filename}", stall_after(HALF), times=1)
    path = yard.path_of(package)
    team = workers_of(yard.server.process.pid)
    with ExitStack() as stack:
        readers: list[HTTPResponse] = []
        stack.callback(held_up.clear)
        while not (len(readers) >= 4 and all(sockets_of(pid, port_of(yard)) for pid in team)):
            assert len(readers) < MOST_READERS, "one worker takes everybody"
            readers.append(stack.enter_context(yard.client.opened(path)))
        eventually(lambda: bool(holders_of(team, ".part")), "somebody fetches")
        # A follower has the file open too; the one that writes has spoken for the room in it.
        leader = leader_of(team)
        (other,) = set(team) - {leader}
        yield package, leader, other, readers


def leader_of(team: list[int]) -> int:
    """Return the worker that has a file of the spool open for writing."""
    for pid in team:
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(FileNotFoundError):
                if str(link.readlink()).endswith(".part"):
                    flags = Path(f"/proc/{pid}/fdinfo/{link.name}").read_text("ascii").split()[3]
                    if int(flags, 8) & os.O_ACCMODE:
                        return pid
    raise AssertionError("nobody writes")


def port_of(yard: Yard) -> int:
    """Return the port on which the server listens."""
    return yard.client.address[1]


def rest_of(reader: HTTPResponse) -> tuple[bytes, bool]:
    """Return what is left of an answer, and whether it came to its end."""
    try:
        return reader.read(), True
    except IncompleteRead as error:
        return error.partial, False
    except ConnectionError:
        return b"", False


def test_killed_leader_is_followed(campaign: Campaign, tmp_path: Path, upstream: Simulator) -> None:
    """F44, F71: the worker that fetches is killed (by the kernel, out of memory, say).

    Everybody at the other worker gets everything, within two fetches in all; what is known is
    served on; another worker comes.
    """
    most = 0
    for each in campaign.rounds(1):
        data = tmp_path / f"data-{each.number}"
        with each, open_pair(data, upstream) as pair, half_a_fill(pair, each) as half:
            package, leader, other, readers = half
            at_other = sockets_of(other, port_of(pair))
            os.kill(leader, signal.SIGKILL)
            results = at_once(*[partial(rest_of, reader) for reader in readers])
            path = pair.path_of(make_wheel("known", "1.0", payload_bytes=1000))
            eventually(partial(answers, pair, path), "what is known")
            eventually(partial(is_complete, pair), "another worker")
            again = pair.client.ask(pair.path_of(package))
            fetches = upstream.count(f"*/{package.filename}")
            most = max(most, fetches)

            whole = [body for body, ended in results if ended]
            assert len(whole) >= at_other
            assert all(package.content == body for body in whole)
            assert all(package.content.startswith(body) for body, _ in results)
            assert again.body == package.content
            assert fetches <= 2
    campaign.note(most_fetches=most)


def test_stopped_leader_blocks_nobody_for_ever(
    campaign: Campaign, tmp_path: Path, upstream: Simulator
) -> None:
    """F46: the worker that fetches is frozen, with locks in its hand.

    The other one serves what is known meanwhile; when the frozen one wakes up, everybody gets the
    right bytes, and nothing was written twice.
    """
    for each in campaign.rounds(1):
        data = tmp_path / f"data-{each.number}"
        with each, open_pair(data, upstream) as pair, half_a_fill(pair, each) as half:
            package, leader, _, readers = half
            os.kill(leader, signal.SIGSTOP)
            try:
                served = served_meanwhile(pair, 2.0 * count(1, most=15))
            finally:
                os.kill(leader, signal.SIGCONT)
            upstream.clear_faults()
            results = at_once(*[partial(rest_of, reader) for reader in readers])
            page = pair.ask_page("known")
            campaign.note(served_meanwhile=served)

            assert served >= 1
            assert all(result == (package.content, True) for result in results)
            assert upstream.count(f"*/{package.filename}") <= 2
            assert page.status == 200


def is_complete(yard: Yard) -> bool:
    """Say whether both workers are there."""
    return len(workers_of(yard.server.process.pid)) == 2


def served_meanwhile(yard: Yard, seconds: float) -> int:
    """Return how many requests for what is known are answered while a worker stands still.

    A connection that the frozen worker took is nobody's fault: its client tries again, and waits
    longer each time until somebody is served, since the machine may be slow.
    """
    served, patience, ends_at = 0, 0.5, time.monotonic() + PATIENCE_SECONDS
    over = threading.Event()
    timer = threading.Timer(seconds, over.set)
    timer.start()
    while not (over.wait(0.02) and (served or time.monotonic() > ends_at)):
        try:
            with socket.create_connection(yard.client.address, patience) as line:
                line.sendall(yard.client.render("/simple/known/"))
                served += line.recv(64).startswith(b"HTTP/1.1 200 ")
        except TimeoutError:
            patience = patience if served else min(2 * patience, 10.0)
    timer.join()
    return served


def test_server_without_descriptors_is_calm_and_recovers(
    campaign: Campaign, tmp_path: Path, upstream: Simulator
) -> None:
    """F45: more clients than descriptors: no busy loop, no rubbish, and afterwards all is well."""
    with open_yard(tmp_path / "data", upstream) as yard:
        known = make_wheel("known", "1.0", payload_bytes=1000)
        yard.add_held(known)
        path = yard.path_of(known)
        yard.client.ask(path)
        for each in campaign.rounds(1):
            with each:
                pid = yard.server.process.pid
                usual = resource.prlimit(pid, resource.RLIMIT_NOFILE)
                resource.prlimit(pid, resource.RLIMIT_NOFILE, (60, usual[1]))
                with ExitStack() as stack:
                    crowd = [connect(yard, stack) for _ in range(each.random.randrange(80, 150))]
                    began, before = time.monotonic(), cpu_seconds(pid)
                    threading.Event().wait(2.0)
                    computed, passed = cpu_seconds(pid) - before, time.monotonic() - began
                    resource.prlimit(pid, resource.RLIMIT_NOFILE, usual)
                eventually(lambda: answers(yard, path), "clients are served again")
                campaign.note(clients=len(crowd), cpu_share=round(computed / passed, 3))

                assert computed < passed / 2
                assert yard.client.ask(path).body == known.content


def connect(yard: Yard, stack: ExitStack) -> socket.socket:
    """Return a connection on which a request was sent."""
    line = stack.enter_context(socket.create_connection(yard.client.address, 180))
    with suppress(ConnectionError):  # sent away at once
        line.sendall(yard.client.render("/-/live"))
    return line


def answers(yard: Yard, path: str) -> bool:
    """Say whether the server answers."""
    with suppress(ConnectionError, HTTPException):
        return yard.client.ask(path).status == 200
    return False


def test_sigterm_under_load_fails_nobody(
    campaign: Campaign, tmp_path: Path, upstream: Simulator
) -> None:
    """F48: clients behind a balancer that asks `/-/ready`: not one failed or short answer."""
    known = make_wheel("known", "1.0", payload_bytes=400_000)
    settings = {**PATIENT, "server.notice_seconds": NOTICE_SECONDS}
    answered = 0
    for each in campaign.rounds(1):
        with each:
            data = tmp_path / f"data-{each.number}"
            with open_yard(data, upstream, workers=2, settings=settings) as yard:
                yard.add_held(known)
                path = yard.path_of(known)
                yard.client.ask(path)
                served: list[int] = []
                with ThreadPoolExecutor(6) as threads:
                    loads = [threads.submit(load, yard, path, known, served) for _ in range(6)]
                    eventually(partial(has_some, served, loads), "the load has begun")
                    threading.Event().wait(each.random.random() * 0.3)
                    yard.server.process.send_signal(signal.SIGTERM)
                    for one in loads:
                        one.result()
                answered += sum(served)
                code = yard.server.process.wait(180)

            assert code == 0
    assert answered
    campaign.note(answered=answered)


def has_some(served: Sequence[int], loads: Sequence[Future[None]]) -> bool:
    """Say whether something was answered, or nothing will be."""
    return bool(served) or any(one.done() for one in loads)


def load(yard: Yard, path: str, package: Package, served: list[int]) -> None:
    """Ask while the server says that it is ready; note the answers that come, all whole.

    Whoever was told so longer ago than a notice lasts knows nothing of the server any more: where
    the machine stands still for that long, a balancer comes too late too.
    """
    while True:
        began = time.monotonic()
        if not is_ready(yard):
            return
        try:
            file, page = yard.client.ask(path), yard.ask_page(package.name)
        except ConnectionRefusedError:
            if time.monotonic() - began < NOTICE_SECONDS:
                raise
            return
        assert (file.status, page.status) == (200, 200)
        assert file.body == package.content
        served.append(2)


def is_ready(yard: Yard) -> bool:
    """Say what a balancer thinks of the server; one that refuses a connection is not ready."""
    try:
        return yard.client.ask("/-/ready").status == 200
    except (ConnectionError, HTTPException):
        return False


def test_clients_that_leave_leave_nothing(
    campaign: Campaign, tmp_path: Path, upstream: Simulator
) -> None:
    """F72: disconnects in the middle of downloads and questions cost nothing that stays."""
    with open_yard(tmp_path / "data", upstream, settings=PATIENT) as yard:
        leave_in_the_middle(yard, "warm-up", 20)
        eventually(lambda: is_quiet(yard), "the server has nothing to do")
        before = use_of(yard.server.process.pid)
        for each in campaign.rounds(3):
            with each:
                package = leave_in_the_middle(yard, f"left-{each.number}", LEFT // 3)
                eventually(lambda: is_quiet(yard), "the server has nothing to do")

                assert yard.client.ask(yard.path_of(package)).body == package.content
                assert yard.upstream.count(f"*/{package.filename}") <= 2
        after = use_of(yard.server.process.pid)

    campaign.note(before=before, after=after)
    # A few threads and readers of the catalog more are the machine's doing: those who had to wait.
    assert after.descriptors <= before.descriptors + LEFT // 3
    assert after.threads <= before.threads + LEFT // 3


def leave_in_the_middle(yard: Yard, name: str, clients: int) -> Package:
    """Have clients ask for a cold page and for half of a cold file, and leave at once."""
    package = make_wheel(name, "1.0", payload_bytes=LENGTH)
    yard.add(package)
    asked = yard.upstream.fault(f"/simple/{name}/", silent(), times=1)
    for _ in range(clients // 4):
        yard.knock(f"/simple/{name}/")
    yard.upstream.wait_until_seen(f"/simple/{name}/")
    asked.clear()
    path = yard.path_of(package)
    held_up = yard.upstream.fault(f"*/{package.filename}", stall_after(HALF), times=1)
    for number in range(clients):
        with yard.client.opened(path) as reader:
            reader.read(1 if number % 2 else HALF // 2)
    held_up.clear()
    return package


def is_quiet(yard: Yard) -> bool:
    """Say whether no client is connected, nothing is being fetched, and nothing lies around."""
    pid = yard.server.process.pid
    spool = list((yard.data / "spool").iterdir())
    return not spool and not sockets_of(pid, port_of(yard)) and not holders_of([pid], ".part")
