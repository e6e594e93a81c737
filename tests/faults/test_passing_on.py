"""A disk with no room left: what is held is sent, what is not goes through. F35, F36.

On a real disk of its own, a few megabytes large, filled up from outside.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults.small_disk import SmallDisk, open_small_disk
from faults.yard import Yard, eventually
from support.packages import Package, make_wheel
from support.simulator import Simulator, stall_after, wrong_bytes

SIZE = 700_000


def cold(yard: Yard, name: str, size: int = SIZE) -> tuple[Package, str]:
    """Return a package whose page is known and whose file is not, and the path of the file."""
    package = make_wheel(name, "1.0", payload_bytes=size)
    yard.add_held(package)
    return package, yard.path_of(package)


@pytest.fixture(scope="module")
def _disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallDisk]:
    """The server that the tests share, on a disk of 6 MB."""
    with (
        Simulator() as simulator,
        open_small_disk(
            tmp_path_factory.mktemp("small"),
            simulator,
            6000,
            settings={"upstream.default.read_seconds": 60},
        ) as disk,
    ):
        yield disk


@pytest.fixture
def disk(_disk: SmallDisk) -> Iterator[SmallDisk]:
    """A server on a small disk with room; after the test it has room again."""
    yield _disk
    _disk.yard.recover()
    if _disk.rest.exists():
        _disk.make_room()
    _disk.until_alarms_are()


def test_everything_goes_on_while_the_disk_is_full(disk: SmallDisk) -> None:
    """F35: held and not held, pages and files; nothing is kept, one alarm; then all is kept."""
    yard = disk.yard
    held, held_path = cold(yard, "held")
    assert yard.client.ask(held_path).body == held.content
    passed, passed_path = cold(yard, "passed")
    unknown = make_wheel("unknown", "1.0")
    yard.upstream.add(unknown)
    before = disk.files("blobs")
    log_before = yard.server.log()

    disk.fill_up()
    answers = [yard.client.ask(passed_path) for _ in range(2)]
    part = yard.client.ask(passed_path, {"Range": "bytes=1000-1999"})
    metadata = yard.client.ask(f"{passed_path}.metadata")
    cold_page = yard.ask_page("unknown")
    again = yard.ask_page("unknown")
    status = yard.client.ask("/-/status").json()
    metrics = yard.client.ask("/-/metrics").text

    assert [(answer.status, answer.body) for answer in answers] == [(200, passed.content)] * 2
    assert answers[0]["etag"] != answers[1]["etag"]
    assert (part.status, part.body) == (206, passed.content[1000:2000])
    assert metadata.status == 200
    assert (cold_page.status, again.status) == (200, 200)
    assert yard.client.ask(held_path).body == held.content
    assert yard.ask_page("held").status == 200
    assert disk.files("blobs") == before
    assert disk.files("spool") == []
    assert [alarm["kind"] for alarm in status["alarms"]] == ["not-kept"]
    assert re.search(r'^wheelyard_alarm{alarm="not-kept"} 1(\.0)?$', metrics, re.MULTILINE)

    disk.make_room()
    disk.until_alarms_are()
    kept = yard.client.ask(passed_path)
    eventually(lambda: len(disk.files("blobs")) > len(before), "the file is kept")
    log = yard.server.log().removeprefix(log_before)

    assert kept.body == passed.content
    assert log.count("Alarm: Nothing can be kept") == 1
    assert log.count("End of alarm: Files and pages are kept again.") == 1


def test_disk_that_fills_up_in_the_middle_of_a_file_costs_nobody_anything(disk: SmallDisk) -> None:
    """F35: the client that has the first half gets the second one; the spool is left empty."""
    yard = disk.yard
    package, path = cold(yard, "halves", 1_500_000)
    held_up = yard.upstream.fault(f"*/{package.filename}", stall_after(500_000))
    passed = disk.passed()
    with yard.client.opened(path) as running:
        beginning = running.read(300_000)
        disk.fill_up()
        held_up.clear()
        rest = running.read()

    assert beginning + rest == package.content
    assert disk.passed() == passed + 1
    eventually(lambda: disk.files("spool") == [], "the spool is empty")


def test_wrong_bytes_are_not_passed_on(disk: SmallDisk) -> None:
    """G3: never a complete answer, however little room there is to check it in."""
    yard = disk.yard
    package, path = cold(yard, "wrong")
    disk.fill_up()
    wrong = yard.upstream.fault(f"*/{package.filename}", wrong_bytes(650_000))
    cut = yard.take_cut(path)
    part = yard.take_cut(path, {"Range": "bytes=10-19"})
    wrong.clear()
    answer = yard.client.ask(path)

    assert cut[0].startswith(b"HTTP/1.1 503 ") or len(cut[1]) < package.size
    assert part[0].startswith(b"HTTP/1.1 503 ") or len(part[1]) < 10
    assert answer.body == package.content


def test_upstream_that_is_down_as_well_is_503(disk: SmallDisk) -> None:
    """Nothing is held, nothing can be had: never 404, and it comes when either is back."""
    yard = disk.yard
    package, path = cold(yard, "neither")
    disk.fill_up()
    yard.upstream.down()
    answer = yard.client.ask(path)
    yard.upstream.up()
    later = yard.until(path, lambda answer: answer.status == 200, accept="*/*")

    assert answer.status == 503
    assert later.body == package.content


def test_two_workers_on_a_full_disk_both_pass_files_on(tmp_path: Path, upstream: Simulator) -> None:
    """F35: also to those who follow the download of another process."""
    patient = {"upstream.default.read_seconds": 60}
    with open_small_disk(tmp_path, upstream, 6000, workers=2, settings=patient) as disk:
        package, path = cold(disk.yard, "shared", 1_500_000)
        held_up = upstream.fault(f"*/{package.filename}", stall_after(500_000))
        client = disk.yard.client
        with client.opened(path) as one, client.opened(path) as two, client.opened(path) as three:
            readers = [one, two, three]
            bodies = [reader.read(200_000) for reader in readers]
            disk.fill_up()
            held_up.clear()
            bodies = [body + reader.read() for body, reader in zip(bodies, readers, strict=True)]
        eventually(lambda: disk.passed() == len(bodies), "all of them are counted")

    assert bodies == [package.content] * 3
