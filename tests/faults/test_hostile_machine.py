"""What the machine does to a running server: locks, limits, missing folders. F37, F45, F53."""

import contextlib
import os
import resource
import shutil
import signal
import socket
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from faults.yard import PATIENT, Yard, at_once, eventually, open_yard
from support.packages import make_wheel
from support.simulator import Simulator, silent


def test_catalog_locked_by_a_backup_stops_no_reads(tmp_path: Path, upstream: Simulator) -> None:
    """F53, F57: somebody holds the catalog; held things are sent, cold ones come afterwards."""
    held, cold = make_wheel("held", "1.0"), make_wheel("cold", "1.0")
    with open_yard(
        tmp_path / "data", upstream, settings={"freshness.patience_seconds": 0.5}
    ) as yard:
        yard.add_held(held)
        path = yard.path_of(held)
        yard.client.ask(path)
        yard.client.ask(f"{path}.metadata")
        yard.add(cold)
        with closing(sqlite3.connect(yard.data / "catalog.sqlite", isolation_level=None)) as other:
            other.execute("begin immediate")
            answers = [yard.client.ask(each) for each in (path, f"{path}.metadata", "/-/live")]
            page = yard.stale_page("held")

            with ThreadPoolExecutor(1) as thread:
                asking = thread.submit(yard.ask_page, "cold")
                upstream.wait_until_seen("/simple/cold/")
                other.execute("rollback")
                status = asking.result().status
        file = yard.client.ask(yard.path_of(cold))

    assert {answer.status for answer in answers} == {200}
    assert page.json()["versions"] == ["1.0"]
    assert status == 200
    assert file.body == cold.content


def test_folders_removed_behind_our_back_are_an_outage_of_files(
    tmp_path: Path, upstream: Simulator
) -> None:
    """F37: a sentence for the client, and the pages go on."""
    package = make_wheel("homeless", "1.0")
    with open_yard(tmp_path / "data", upstream) as yard:
        yard.add_held(package)
        path = yard.path_of(package)
        for name in ("spool", "blobs", "locks"):
            shutil.rmtree(yard.data / name)
        file = yard.client.ask(path)
        page = yard.client.ask("/simple/homeless/")
        live = yard.client.ask("/-/live")

    assert file.status in {200, 503}
    assert page.status in {200, 503}
    assert live.status == 200


def test_server_without_descriptors_recovers(tmp_path: Path, upstream: Simulator) -> None:
    """F45: more clients than open files; nobody gets rubbish, and afterwards all is well."""
    package = make_wheel("crowded", "1.0")
    with open_yard(tmp_path / "data", upstream) as yard:
        yard.add_held(package)
        path = yard.path_of(package)
        yard.client.ask(path)
        resource.prlimit(yard.server.process.pid, resource.RLIMIT_NOFILE, (60, 60))
        crowd = [socket.create_connection(yard.client.address, 30) for _ in range(100)]
        for each in crowd:
            each.sendall(yard.client.render("/-/live"))
        first = crowd[0].recv(100)
        for each in crowd:
            each.close()
        eventually(lambda: is_served(yard, path), "clients are served again")
        answer = yard.client.ask(path)
        cold = make_wheel("after-the-crowd", "1.0")
        yard.add_held(cold)
        later = yard.client.ask(yard.path_of(cold))

    assert first.startswith(b"HTTP/1.1 200 ")
    assert answer.body == package.content
    assert later.body == cold.content


def is_served(yard: Yard, path: str) -> bool:
    """Say whether the server answers; who comes while it is out of descriptors is sent away."""
    with contextlib.suppress(ConnectionError):
        return yard.client.ask(path).status == 200
    return False


def test_stopped_process_goes_on_where_it_was(tmp_path: Path, upstream: Simulator) -> None:
    """F46: a machine that slept for a while makes no difference to anybody."""
    package = make_wheel("asleep", "1.0", payload_bytes=2_000_000)
    upstream.add(package)
    with open_yard(tmp_path / "data", upstream, settings=PATIENT) as yard:
        path = yard.path_of(package)
        with yard.client.opened(path) as response:
            beginning = response.read(1000)
            os.kill(yard.server.process.pid, signal.SIGSTOP)
            with yard.asking("/simple/asleep/"):
                os.kill(yard.server.process.pid, signal.SIGCONT)
            rest = response.read()

    assert beginning + rest == package.content


def test_page_question_of_a_killed_server_is_asked_by_the_next(
    tmp_path: Path, upstream: Simulator
) -> None:
    """F71: who waited for the other process's answer asks itself, and its client gets the page."""
    upstream.add(make_wheel("inherited", "1.0"))
    held_up = upstream.fault("/simple/inherited/", silent(), times=1)
    with (
        open_yard(tmp_path / "data", upstream, settings=PATIENT) as first,
        open_yard(tmp_path / "data", upstream, settings=PATIENT) as second,
        first.asking("/simple/inherited/"),
    ):
        upstream.wait_until_seen("/simple/inherited/")

        def kill_the_first() -> int:
            first.server.kill()
            return 200

        statuses = at_once(lambda: second.ask_page("inherited").status, kill_the_first)
        held_up.clear()

    assert statuses == [200, 200]
    assert upstream.count("/simple/inherited/") == 2


def test_access_log_that_cannot_be_written_stops_nobody(
    tmp_path: Path, upstream: Simulator
) -> None:
    """F35: the log is a courtesy; a full disk under it costs lines and no answers."""
    with open_yard(
        tmp_path / "data", upstream, settings={"server.access_log": "/dev/full"}
    ) as yard:
        yard.add_held(make_wheel("unlogged", "1.0"))
        statuses = {yard.ask_page("unlogged").status for _ in range(5)}
        eventually(lambda: "access log" in yard.server.log(), "the operator is told")

    assert statuses == {200}
