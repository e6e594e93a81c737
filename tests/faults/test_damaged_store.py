"""A held file that is flipped, cut, zeroed or gone is never served, and heals: F37 to F39."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from faults.yard import Yard, eventually, kept_files, open_yard
from support.house import ROOT
from support.packages import Package, make_wheel
from support.simulator import Simulator

SMALL = 3_000
LARGE = 66 * 1024**2
"""Too long to be read before its first byte is given out."""


def flip(path: Path) -> None:
    """Change one bit in the middle."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        (byte,) = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte ^ 1]))


def cut(path: Path) -> None:
    """Lose the second half."""
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def zero(path: Path) -> None:
    """Keep the length and nothing else."""
    path.write_bytes(bytes(path.stat().st_size))


def delete(path: Path) -> None:
    """Leave a row without a file."""
    path.unlink()


DAMAGES = [flip, cut, zero, delete]
damages = pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
sizes = pytest.mark.parametrize("size", [SMALL, 700_000], ids=["small", "middle"])


def hold(yard: Yard, name: str, size: int) -> tuple[Package, str, Path]:
    """Return a package that is held, the path of its file, and where it is kept."""
    package = make_wheel(name, "1.0", payload_bytes=size)
    yard.add_held(package)
    path = yard.path_of(package)
    before = hits(yard)

    def comes_from_the_store() -> bool:
        # Not from the download that has just ended, and has the right bytes still in its hands.
        assert yard.client.ask(path).body == package.content
        return hits(yard) > before

    eventually(comes_from_the_store, "it comes from the store")
    return package, path, blob_of(yard.data, package)


def hits(yard: Yard) -> int:
    """Return how many files were sent from the store."""
    found = re.search(
        r'^wheelyard_cache_answers_total{kind="file",result="hit"} (\d+)',
        yard.client.ask("/-/metrics").text,
        re.MULTILINE,
    )
    return int(found[1]) if found else 0


def blob_of(data: Path, package: Package) -> Path:
    """Return where the bytes of a package are kept, once they are."""
    digest = package.sha256
    blob = data / "blobs" / digest[:2] / digest[2:4] / digest
    eventually(blob.is_file, "the file is in the store")
    return blob


def quarantined(data: Path) -> list[Path]:
    """Return what is in the quarantine of a data directory."""
    return list((data / "quarantine").iterdir())


def run_verify(data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `wheelyard verify` on a data directory."""
    return subprocess.run(
        [sys.executable, "-m", "wheelyard", "verify", "--data", str(data), *words],
        env={"HOME": str(data.parent), "PYTHONPATH": str(ROOT / "src"), "COLUMNS": "200"},
        cwd=data.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


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


def test_verify_says_what_is_wrong_and_repair_heals_it(tmp_path: Path, upstream: Simulator) -> None:
    """F38, F39: one damaged, one gone, one good; found, healed, and sound, beside a server."""
    with open_yard(tmp_path / "data", upstream) as yard:
        damaged, path, damaged_blob = hold(yard, "damaged", SMALL)
        gone, _, gone_blob = hold(yard, "gone", SMALL)
        hold(yard, "good", SMALL)
        sound = run_verify(yard.data)
        flip(damaged_blob)
        gone_blob.unlink()

        found = run_verify(yard.data, "--json")
        repaired = run_verify(yard.data, "--repair", "--json")
        again = run_verify(yard.data)
        answer = yard.client.ask(path)

    assert (sound.returncode, sound.stderr) == (0, "")
    assert "All is well." in sound.stdout
    assert found.returncode == 1
    kinds = {tuple(each["names"]): each["kind"] for each in json.loads(found.stdout)["findings"]}
    assert kinds == {(damaged.filename,): "damaged", (gone.filename,): "missing"}
    assert repaired.returncode == 0, repaired.stderr
    outcomes = {each["outcome"] for each in json.loads(repaired.stdout)["findings"]}
    assert outcomes == {"fetched anew"}
    assert gone_blob.read_bytes() == gone.content
    assert again.returncode == 0
    assert answer.body == damaged.content


def test_verify_changes_nothing(tmp_path: Path, upstream: Simulator) -> None:
    """Who only looks may look at anything: no door is asked, no file is moved."""
    with open_yard(tmp_path / "data", upstream) as yard:
        _, _, blob = hold(yard, "looked-at", SMALL)
    flip(blob)
    wrong, asked = blob.read_bytes(), upstream.count("*")

    ended = run_verify(yard.data)

    assert ended.returncode == 1
    assert "looked_at-1.0" in ended.stdout
    assert "wheelyard verify --repair" in ended.stdout
    assert blob.read_bytes() == wrong
    assert quarantined(yard.data) == []
    assert upstream.count("*") == asked


def test_repair_through_another_door_does_not_record_it(
    tmp_path: Path, upstream: Simulator
) -> None:
    """One night's repair through a mirror does not change what the server asks tomorrow."""
    with open_yard(tmp_path / "data", upstream) as yard:
        package, _, blob = hold(yard, "mirrored", SMALL)
    flip(blob)
    with Simulator() as mirror:
        mirror.add(package)
        upstream.down()
        ended = run_verify(yard.data, "--repair", "--upstream", mirror.url)
        upstream.up()
        (door,) = json.loads(run_status(yard.data).stdout)["doors"]

    assert ended.returncode == 0, ended.stdout
    assert blob.read_bytes() == package.content
    assert door == upstream.url


def run_status(data: Path) -> subprocess.CompletedProcess[str]:
    """Run `wheelyard status` on a data directory without a server."""
    return subprocess.run(
        [sys.executable, "-m", "wheelyard", "status", "--data", str(data), "--json"],
        env={
            "HOME": str(data.parent),
            "PYTHONPATH": str(ROOT / "src"),
            "WHEELYARD__SERVER__PORT": "1",
        },
        cwd=data.parent,
        capture_output=True,
        text=True,
        check=True,
    )


def test_repair_without_a_door_says_why(tmp_path: Path, upstream: Simulator) -> None:
    """Exit code 1, and the doors' own words; the damaged file is out of the way all the same."""
    with open_yard(tmp_path / "data", upstream) as yard:
        _, _, blob = hold(yard, "lost", SMALL)
    flip(blob)
    upstream.down()

    ended = run_verify(yard.data, "--repair")
    upstream.up()
    second = run_verify(yard.data, "--repair")

    assert ended.returncode == 1
    assert "could not be healed" in ended.stdout
    assert len(quarantined(yard.data)) == 1
    assert second.returncode == 0


def test_verify_without_data_says_where_to_look(tmp_path: Path) -> None:
    """A wrong directory is wrong usage, and none is made."""
    ended = run_verify(tmp_path / "nowhere")

    assert ended.returncode == 2
    assert "holds no data" in ended.stderr
    assert not (tmp_path / "nowhere").exists()
