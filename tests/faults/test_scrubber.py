"""The scrubber: what nobody asks for is read all the same, and heals. F38, F39.

Its pass is shortened from weeks to a second; everything else is as it is.
"""

import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from faults.yard import Yard, eventually, open_yard
from support.packages import Package, make_wheel
from support.simulator import Simulator

QUICK = {"store.scrub_days": 0.00001, "store.scrub_bytes_per_second": "1 GiB"}
SLOW = {"store.scrub_days": 0.0005}
"""A pass in 43 seconds, of which a test sees the beginning."""

LAST_PASS = "scrub_last_pass_time_seconds"


def hold(yard: Yard, name: str) -> tuple[Package, Path]:
    """Return a package that is held, and where its file is."""
    package = make_wheel(name, "1.0", payload_bytes=3000)
    yard.add_held(package)
    yard.client.ask(yard.path_of(package))
    digest = package.sha256
    blob = yard.data / "blobs" / digest[:2] / digest[2:4] / digest
    eventually(blob.is_file, "the file is in the store")
    return package, blob


def flip(path: Path) -> None:
    """Change one bit."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def scrub(yard: Yard) -> dict[str, object]:
    """Return what the server says of its scrubber; nothing if it says nothing."""
    status: dict[str, object] = yard.client.ask("/-/status").json()
    found = status["scrub"]
    return found if isinstance(found, dict) else {}


def one_more_pass(yard: Yard) -> None:
    """Return when a pass that began after this call has ended."""
    for _ in range(2):
        before = number(yard, LAST_PASS)
        eventually(partial(ended_after, yard, before), "a pass ends")


def ended_after(yard: Yard, moment: float) -> bool:
    """Say whether a pass has ended since a moment."""
    return number(yard, LAST_PASS) > moment


def number(yard: Yard, name: str) -> float:
    """Return a metric of the server; 0 if it has none of that name yet."""
    text = yard.client.ask("/-/metrics").text
    found = re.search(rf"^wheelyard_{name} ([\d.e+]+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0.0


@pytest.mark.parametrize(
    ("damage", "workers"), [(flip, 1), (Path.unlink, 2)], ids=["flip", "delete"]
)
def test_damage_that_nobody_asks_for_is_healed(
    tmp_path: Path, upstream: Simulator, damage: Callable[[Path], None], workers: int
) -> None:
    """F38, F39: found, put away, fetched anew, told once; also with two workers."""
    with open_yard(tmp_path / "data", upstream, settings=QUICK, workers=workers) as yard:
        package, blob = hold(yard, "rotten")
        hold(yard, "sound")
        one_more_pass(yard)
        damage(blob)
        eventually(lambda: blob.is_file() and blob.read_bytes() == package.content, "it is healed")
        one_more_pass(yard)
        wrong, read = number(yard, "scrub_wrong_files_total"), number(yard, "scrubbed_bytes_total")
        log = yard.server.log()

    assert wrong == 1
    assert read > package.size
    assert log.count("Scrubbing found `rotten-1.0") == 1
    assert len(list((yard.data / "quarantine").iterdir())) == (damage is flip)


def test_damage_without_a_door_is_told_and_healed_by_whoever_asks_later(
    tmp_path: Path, upstream: Simulator
) -> None:
    """F38: the file leaves the store all the same; nothing is asked for twice a second."""
    with open_yard(tmp_path / "data", upstream, settings=QUICK) as yard:
        package, blob = hold(yard, "lost")
        upstream.down()
        flip(blob)
        eventually(lambda: "Scrubbing found `lost-1.0" in yard.server.log(), "it is told")
        upstream.up()
        answer = yard.until(
            yard.path_of(package), lambda answer: answer.status == 200, accept="*/*"
        )

    assert answer.body == package.content


def test_scrubber_offline_looks_and_asks_nobody(tmp_path: Path, upstream: Simulator) -> None:
    """A-13: what is damaged is put away and told; nobody is asked for another."""
    with open_yard(tmp_path / "data", upstream, settings=QUICK) as yard:
        _, blob = hold(yard, "apart")
    flip(blob)
    asked = upstream.count("*")
    with open_yard(tmp_path / "data", upstream, settings=QUICK, arguments=["--offline"]) as yard:
        eventually(lambda: "Scrubbing found `apart-1.0" in yard.server.log(), "it is told")

    assert not blob.exists()
    assert len(list((tmp_path / "data" / "quarantine").iterdir())) == 1
    assert upstream.count("*") == asked


def test_scrubber_goes_on_after_a_restart(tmp_path: Path, upstream: Simulator) -> None:
    """A server that is restarted every night comes to the end of a pass of four weeks."""
    with open_yard(tmp_path / "data", upstream, settings=SLOW) as yard:
        eventually(lambda: float(str(scrub(yard).get("position", 0))) > 0, "it has begun")
        before = scrub(yard)
    with open_yard(tmp_path / "data", upstream) as yard:
        after = scrub(yard)
    with open_yard(tmp_path / "data", upstream, settings={"store.scrub_days": 0}) as yard:
        off = scrub(yard)

    assert after["pass_began_at"] == before["pass_began_at"]
    assert float(str(after["position"])) >= float(str(before["position"]))
    assert off["pass_began_at"] == before["pass_began_at"], json.dumps(off)


def test_server_that_is_told_not_to_scrub_does_not(tmp_path: Path, upstream: Simulator) -> None:
    """0 means never."""
    with open_yard(tmp_path / "data", upstream, settings={"store.scrub_days": 0}) as yard:
        assert yard.ask_page("unknown").status == 404
        assert scrub(yard) == {}
