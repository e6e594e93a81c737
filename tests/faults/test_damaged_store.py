"""A held file that is flipped, cut, zeroed or gone is never served, and heals: F37 to F39."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from faults.damage import DAMAGES, LARGE, SMALL, delete, flip, hold, quarantined
from faults.yard import Yard, eventually, kept_files, open_yard
from support.packages import make_wheel
from support.simulator import Simulator, status

damages = pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
sizes = pytest.mark.parametrize("size", [SMALL, 700_000], ids=["small", "middle"])


@damages
@sizes
def test_damaged_file_is_right_for_the_one_who_asks(
    yard: Yard, damage: Callable[[Path], None], size: int
) -> None:
    """F38, F39: the same request is answered with the right bytes, and the store has them again."""
    package, path, blob = hold(yard, f"asked-{damage.__name__}-{size}", size)
    before = len(quarantined(yard.data))
    damage(blob)

    answer = yard.client.ask(path)

    assert (answer.status, answer.body) == (200, package.content)
    eventually(lambda: blob.is_file() and blob.read_bytes() == package.content, "it is whole again")
    assert len(quarantined(yard.data)) - before == (damage is not delete)


@damages
def test_damaged_file_is_no_answer_while_nobody_has_a_right_one(
    yard: Yard, damage: Callable[[Path], None]
) -> None:
    """F38: 503 or a cut connection, also for a part; the right bytes once upstream is back."""
    package, path, blob = hold(yard, f"outage-{damage.__name__}", 700_000)
    damage(blob)
    yard.upstream.down()

    wholes = [yard.take_cut(path) for _ in range(2)]
    part = yard.take_cut(path, {"Range": "bytes=10-19"})
    yard.upstream.up()
    later = yard.until(path, lambda answer: answer.status == 200, accept="*/*")

    for head, body in wholes:
        assert head.startswith(b"HTTP/1.1 503 ") or len(body) < package.size
    assert part[0].startswith(b"HTTP/1.1 503 ") or len(part[1]) < 10
    assert later.body == package.content


def test_bad_bytes_are_kept_told_and_counted(tmp_path: Path, upstream: Simulator) -> None:
    """F38: for a person to look at: the file, one sentence in the log, one more in the metrics."""
    with open_yard(tmp_path / "data", upstream) as yard:
        package, path, blob = hold(yard, "kept", SMALL)
        flip(blob)
        wrong = blob.read_bytes()
        for _ in range(3):
            yard.client.ask(path)
        metrics = yard.client.ask("/-/metrics").text
        log = yard.server.log()

    (kept,) = quarantined(yard.data)
    assert kept.read_bytes() == wrong
    assert log.count("is damaged") == 1
    assert package.sha256 in log
    assert re.search(r"^wheelyard_damaged_files_total 1(\.0)?$", metrics, re.MULTILINE)


@damages
def test_damage_while_no_server_runs_is_seen_by_the_next(
    tmp_path: Path, upstream: Simulator, damage: Callable[[Path], None]
) -> None:
    """F38, F43: what a power cut left is read before it is given out."""
    with open_yard(tmp_path / "data", upstream) as yard:
        package, path, blob = hold(yard, "restarted", SMALL)
    damage(blob)
    with open_yard(tmp_path / "data", upstream) as yard:
        answer = yard.client.ask(path)

    assert (answer.status, answer.body) == (200, package.content)


def test_large_damaged_file_is_never_complete_and_heals(
    tmp_path: Path, upstream: Simulator
) -> None:
    """F38: it is sent while it is read, so the connection is cut; the next request is right."""
    with open_yard(tmp_path / "data", upstream) as yard:
        package, path, blob = hold(yard, "large", LARGE)
        flip(blob)
        head, body = yard.take_cut(path)
        answer = yard.client.ask(path)

    assert head.startswith(b"HTTP/1.1 503 ") or len(body) < package.size
    assert package.sha256.encode() not in head
    assert answer.body == package.content
    assert len(quarantined(yard.data)) == 1


@damages
def test_damaged_file_offline_is_503(
    tmp_path: Path, upstream: Simulator, damage: Callable[[Path], None]
) -> None:
    """F38, F39: it exists, only not here and now; and nobody is asked for it."""
    with open_yard(tmp_path / "data", upstream) as yard:
        _, path, blob = hold(yard, "offline", SMALL)
    damage(blob)
    asked = upstream.count("*")
    with open_yard(tmp_path / "data", upstream, arguments=["--offline"]) as yard:
        answer = yard.client.ask(path)

    assert answer.status == 503
    assert upstream.count("*") == asked


def test_damaged_metadata_are_made_anew(yard: Yard) -> None:
    """F38: pip takes a wrong `.metadata` file as the end of the run."""
    package, path, _ = hold(yard, "described", SMALL)
    right = yard.client.ask(f"{path}.metadata")
    assert right.status == 200
    (blob,) = [each for each in kept_files(yard.data) if each.read_bytes() == right.body]
    flip(blob)

    answer = yard.client.ask(f"{path}.metadata")

    assert package.name.encode() in answer.body
    assert (answer.status, answer.body) == (200, right.body)


@pytest.mark.parametrize("damage", [flip, delete])
def test_damaged_file_comes_from_any_door(
    tmp_path: Path, upstream: Simulator, damage: Callable[[Path], None]
) -> None:
    """F38, F39: the first door is down or does not have it any more; the second one has."""
    with Simulator() as second:
        doors = [upstream.url, second.url]
        with open_yard(tmp_path / "data", upstream, upstreams=doors) as yard:
            packages = [make_wheel(f"any-{word}", "1.0", payload_bytes=SMALL) for word in "ab"]
            for package in packages:
                second.add(package)
            held = [hold(yard, package.name, SMALL) for package in packages]
            for _, _, blob in held:
                damage(blob)
            gone = upstream.fault(f"*/{held[0][0].filename}", status(404))
            first = yard.client.ask(held[0][1])
            gone.clear()
            upstream.down()
            other = yard.client.ask(held[1][1])
            upstream.up()
            eventually(lambda: all(blob.is_file() for _, _, blob in held), "both are held again")

    assert (first.status, first.body) == (200, held[0][0].content)
    assert (other.status, other.body) == (200, held[1][0].content)
