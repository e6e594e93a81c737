"""`wheelyard verify` and `--repair`: beside a server, without one, interrupted. F38 to F40."""

import json
import subprocess
from pathlib import Path

from faults.damage import SMALL, flip, hold, quarantined, run_verify, start_verify
from faults.yard import eventually, open_yard
from support.house import ROOT
from support.programs import run_program
from support.simulator import Simulator, reset_after, stall_after


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
    ended = run_program(
        ["status", "--data", str(data), "--json"],
        cwd=data.parent,
        environ={
            "HOME": str(data.parent),
            "PYTHONPATH": str(ROOT / "src"),
            "WHEELYARD__SERVER__PORT": "1",
        },
    )
    ended.check_returncode()
    return ended


def test_repair_that_fails_halfway_leaves_nothing_worse(
    tmp_path: Path, upstream: Simulator
) -> None:
    """What is good stays, nothing half is kept; the next repair does the rest."""
    with open_yard(tmp_path / "data", upstream) as yard:
        held = [hold(yard, f"halfway-{number}", 300_000) for number in range(4)]
    for _, _, blob in held[:3]:
        flip(blob)
    names = sorted(package.filename for package, _, _ in held[:3])
    cut = upstream.fault(f"*/{names[1]}", reset_after(20_000))

    ended = run_verify(yard.data, "--repair", "--json")
    good = [blob for package, _, blob in held if package.filename != names[1]]
    cut.clear()
    again = run_verify(yard.data, "--repair")
    sound = run_verify(yard.data)

    outcomes = {
        each["names"][0]: each["is_healed"] for each in json.loads(ended.stdout)["findings"]
    }
    assert ended.returncode == 1
    assert outcomes == {names[0]: True, names[1]: False, names[2]: True}
    assert all(blob.is_file() for blob in good)
    assert (again.returncode, sound.returncode) == (0, 0)
    for package, _, blob in held:
        assert blob.read_bytes() == package.content


def test_repair_that_is_killed_leaves_nothing_worse(tmp_path: Path, upstream: Simulator) -> None:
    """F40: in the middle of fetching; nothing wrong is served, and the next repair ends it."""
    with open_yard(tmp_path / "data", upstream) as yard:
        package, _, blob = hold(yard, "killed", 900_000)
        good, _, good_blob = hold(yard, "untouched", SMALL)
    flip(blob)
    stalled = upstream.fault(f"*/{package.filename}", stall_after(300_000))
    with start_verify(yard.data, "--repair") as running:
        eventually(
            lambda: any(each.stat().st_size for each in (yard.data / "spool").glob("*.part")),
            "it fetches",
        )
        running.kill()
    stalled.clear()

    again = run_verify(yard.data, "--repair")
    sound = run_verify(yard.data)

    assert good_blob.read_bytes() == good.content
    assert again.returncode == 0, again.stdout
    assert sound.returncode == 0, sound.stdout
    assert blob.read_bytes() == package.content


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
