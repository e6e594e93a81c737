"""Ends of the process: kill -9 in the middle, SIGTERM under load, a new start. F42, F48, F72."""

import signal
from contextlib import closing
from pathlib import Path

from faults.yard import PATIENT, eventually, kept_files, open_yard
from support.packages import make_wheel
from support.simulator import Simulator, silent, stall_after

LENGTH = 3_000_000
HALF = 1_500_000


def test_download_goes_on_after_a_kill(tmp_path: Path, upstream: Simulator) -> None:
    """F42: nothing half-written is served or kept, and upstream is asked for the rest alone."""
    package = make_wheel("killed", "1.0", payload_bytes=LENGTH)
    upstream.add(package)
    held_up = upstream.fault(f"*/{package.filename}", stall_after(HALF))
    with open_yard(tmp_path / "data", upstream, settings=PATIENT) as yard:
        path = yard.path_of(package)
        with yard.client.opened(path) as response, closing(response):
            begun = response.read(1_000_000)
            yard.server.kill()
    held_up.clear()
    left = kept_files(tmp_path / "data")

    with open_yard(tmp_path / "data", upstream, settings=PATIENT) as yard:
        answer = yard.client.ask(path)

    assert left == []
    assert package.content.startswith(begun)
    assert answer.body == package.content
    first, second = upstream.asked(f"*/{package.filename}")
    assert first.range is None
    assert second.range is not None
    assert int(second.range.removeprefix("bytes=").removesuffix("-")) >= len(begun)
    assert [blob.read_bytes() for blob in kept_files(tmp_path / "data")] == [package.content]


def test_leftovers_that_were_spoilt_are_not_served(tmp_path: Path, upstream: Simulator) -> None:
    """F42, F38: what a killed download left is proven with the rest, or thrown away."""
    package = make_wheel("spoilt", "1.0", payload_bytes=LENGTH)
    upstream.add(package)
    held_up = upstream.fault(f"*/{package.filename}", stall_after(HALF))
    with open_yard(tmp_path / "data", upstream, settings=PATIENT) as yard:
        path = yard.path_of(package)
        with yard.client.opened(path) as response, closing(response):
            response.read(1_000_000)
            yard.server.kill()
    held_up.clear()
    (part,) = (tmp_path / "data" / "spool").glob("*.part")
    with part.open("r+b") as file:
        file.seek(1000)
        file.write(b"not what was there")

    with open_yard(tmp_path / "data", upstream, settings=PATIENT) as yard:
        head, body = yard.take_cut(path)
        answer = yard.client.ask(path)

    assert not head.startswith(b"HTTP/1.1 200 ") or body == package.content or len(body) < LENGTH
    assert answer.body == package.content


def test_kill_while_a_page_is_asked_for_leaves_the_page(
    tmp_path: Path, upstream: Simulator
) -> None:
    """F42: the next start has what it had, and asks again."""
    with open_yard(tmp_path / "data", upstream, settings=PATIENT) as yard:
        yard.add_held(make_wheel("interrupted", "1.0"))
        upstream.add(make_wheel("interrupted", "2.0"))
        upstream.forget()
        held_up = upstream.fault("/simple/interrupted/", silent())
        # A page that was just checked is used for a second more: ask until upstream is asked.
        eventually(lambda: yard.knock("/simple/interrupted/") and bool(upstream.requests), "asked")
        yard.server.kill()
    held_up.clear()

    with open_yard(tmp_path / "data", upstream, settings=PATIENT) as yard:
        page = yard.until(
            "/simple/interrupted/", lambda page: page.json()["versions"] == ["1.0", "2.0"]
        )

    assert page.status == 200


def test_sigterm_lets_a_running_download_end(tmp_path: Path, upstream: Simulator) -> None:
    """F48: who is being served gets everything; nobody new is let in; the exit code is 0."""
    package = make_wheel("drained", "1.0", payload_bytes=LENGTH)
    upstream.add(package)
    held_up = upstream.fault(f"*/{package.filename}", stall_after(HALF))
    with open_yard(tmp_path / "data", upstream, settings=PATIENT) as yard:
        with yard.client.opened(yard.path_of(package)) as response:
            beginning = response.read(1000)
            yard.server.process.send_signal(signal.SIGTERM)
            eventually(lambda: "Draining" in yard.server.log(), "the server drains")
            held_up.clear()
            rest = response.read()
        code = yard.server.process.wait(30)

    assert beginning + rest == package.content
    assert code == 0


def test_sigterm_does_not_wait_for_ever(tmp_path: Path, upstream: Simulator) -> None:
    """F48: what takes longer than `drain_seconds` is cut, resumed at the next start, and whole."""
    package = make_wheel("cut", "1.0", payload_bytes=LENGTH)
    upstream.add(package)
    held_up = upstream.fault(f"*/{package.filename}", stall_after(HALF))
    settings = {**PATIENT, "server.drain_seconds": 0.2}
    with open_yard(tmp_path / "data", upstream, settings=settings) as yard:
        path = yard.path_of(package)
        with yard.client.opened(path) as response, closing(response):
            response.read(1000)
            yard.server.stop()
    held_up.clear()

    with open_yard(tmp_path / "data", upstream, settings=settings) as yard:
        answer = yard.client.ask(path)

    assert answer.body == package.content
    assert upstream.asked(f"*/{package.filename}")[-1].range is not None


def test_data_directory_of_a_killed_server_is_clean(tmp_path: Path, upstream: Simulator) -> None:
    """F42: kills at several moments leave one blob, and nothing that grows."""
    package = make_wheel("often-killed", "1.0", payload_bytes=LENGTH)
    upstream.add(package)
    path = ""
    for sent in (0, 900_000):
        held_up = upstream.fault(f"*/{package.filename}", stall_after(sent), times=1)
        upstream.forget()
        with open_yard(tmp_path / "data", upstream, settings=PATIENT) as yard:
            path = yard.path_of(package)
            with yard.asking(path):
                upstream.wait_until_seen(f"*/{package.filename}")
                yard.server.kill()
        held_up.clear()

    with open_yard(tmp_path / "data", upstream, settings=PATIENT) as yard:
        answer = yard.client.ask(path)

    assert answer.body == package.content
    assert len(kept_files(tmp_path / "data")) == 1
    assert [path.name for path in (tmp_path / "data" / "spool").iterdir()] == []
