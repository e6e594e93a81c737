"""A disk that fails: on writing, on `fsync`, on reading. F37.

With a real file system that was aborted, and with system calls that really end with EIO.
"""

from pathlib import Path

from faults.failing_disk import failing_calls, open_abortable_disk
from faults.yard import Yard, eventually, open_yard
from support.packages import Package, make_wheel
from support.simulator import Simulator

SIZE = 300_000


def known(yard: Yard, name: str) -> tuple[Package, str]:
    """Return a package whose page is held, and the path of its file."""
    package = make_wheel(name, "1.0", payload_bytes=SIZE)
    yard.add_held(package)
    return package, yard.path_of(package)


def alarms(yard: Yard) -> list[str]:
    """Return the kinds of what does not work."""
    return [alarm["kind"] for alarm in yard.client.ask("/-/status").json()["alarms"]]


def blob_of(data: Path, package: Package) -> Path:
    """Return where the bytes of a package are kept."""
    digest = package.sha256
    return data / "blobs" / digest[:2] / digest[2:4] / digest


def test_file_system_that_stops_taking_writes_costs_nobody_anything(
    tmp_path: Path, upstream: Simulator
) -> None:
    """F37: what is held is sent, what is not is passed on, pages too; one alarm, no traceback."""
    with open_abortable_disk(tmp_path, upstream) as disk:
        yard = disk.yard
        held, held_path = known(yard, "held")
        yard.client.ask(held_path)
        eventually(blob_of(disk.inside, held).is_file, "the file is kept")
        cold, cold_path = known(yard, "cold")
        upstream.add(make_wheel("unknown", "1.0"))
        disk.abort()

        passed = [yard.client.ask(cold_path) for _ in range(2)]
        warm = [yard.client.ask(held_path) for _ in range(2)]
        pages = [yard.ask_page(name) for name in ("held", "cold", "unknown")]
        wrong = alarms(yard)
        log = yard.server.log()

    assert [(answer.status, answer.body) for answer in passed] == [(200, cold.content)] * 2
    assert [answer.body for answer in warm] == [held.content] * 2
    assert [page.status for page in pages] == [200] * 3
    assert wrong == ["not-kept"]
    assert log.count("Alarm: ") == 1


def test_failed_fsync_costs_the_blob_and_not_the_client(
    tmp_path: Path, upstream: Simulator
) -> None:
    """F37: what may not be on the disk is dropped; later it is fetched anew, not synced again."""
    with open_yard(tmp_path / "data", upstream) as yard:
        package, path = known(yard, "unsynced")
        blob = blob_of(yard.data, package)
        with failing_calls(yard.server.process.pid, "fsync"):
            answer = yard.client.ask(path)
            wrong, is_kept = alarms(yard), blob.exists()
            spool = list((yard.data / "spool").glob("*.part"))
        asked = upstream.count(f"*/{package.filename}")
        eventually(lambda: alarms(yard) == [], "the alarm ends")
        later = yard.client.ask(path)
        eventually(blob.is_file, "the file is kept")

    assert (answer.status, answer.body) == (200, package.content)
    assert wrong == ["not-kept"]
    assert not is_kept
    assert spool == []
    assert later.body == package.content
    assert upstream.count(f"*/{package.filename}") == asked + 1


def test_file_that_the_disk_cannot_read_comes_from_upstream(
    tmp_path: Path, upstream: Simulator
) -> None:
    """F37: that is no proof of damage, so it stays where it is; when it can be read, it is."""
    with open_yard(tmp_path / "data", upstream) as yard:
        package, path = known(yard, "unreadable")
        yard.client.ask(path)
        blob = blob_of(yard.data, package)
        eventually(blob.is_file, "the file is kept")
        with failing_calls(yard.server.process.pid, "read,pread64", blob):
            first = yard.take_cut(path)
            answer = yard.until(path, lambda answer: answer.status == 200, accept="*/*")
            part = yard.client.ask(path, {"Range": "bytes=5-104"})
            eventually(lambda: alarms(yard) == ["unreadable"], "there is an alarm")
        asked = upstream.count(f"*/{package.filename}")
        eventually(lambda: alarms(yard) == [], "the alarm ends")
        later = yard.client.ask(path)

    assert first[0].startswith((b"HTTP/1.1 503 ", b"HTTP/1.1 200 "))
    assert first[1] == package.content or len(first[1]) < package.size
    assert answer.body == package.content
    assert (part.status, part.body) == (206, package.content[5:105])
    assert list((yard.data / "quarantine").iterdir()) == []
    assert later.body == package.content
    assert upstream.count(f"*/{package.filename}") == asked
