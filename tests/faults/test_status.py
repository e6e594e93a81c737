"""What a server says of itself while its upstreams are gone: A-28."""

from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any, cast

from faults.yard import PATIENT, Yard, eventually, open_yard
from support.packages import make_wheel
from support.simulator import Simulator


def test_a28_status_tells_of_every_door_in_an_outage(tmp_path: Path, upstream: Simulator) -> None:
    """Which door failed, when and how; whoever looks needs no upstream, and the server is ready."""
    with Simulator() as second:
        doors = [upstream.url, second.url]
        with open_yard(tmp_path / "data", upstream, upstreams=doors) as yard:
            yard.add_held(make_wheel("known", "1.0"))
            upstream.down()
            second.down()
            yard.ask_page("unknown")

            report = yard.client.ask("/-/status").json()
            metrics = yard.client.ask("/-/metrics").text
            ready = yard.client.ask("/-/ready")

    first, other = report["doors"]
    assert [first["url"], other["url"]] == doors
    assert {first["state"], other["state"]} == {"down"}
    assert first["last_success_at"] is not None
    assert other["last_success_at"] is None
    assert all("refused" in door["last_error"] for door in (first, other))
    assert len(report["degraded"]) >= 1
    assert (report["ready"], ready.status) == (True, 200)
    assert all(door in metrics for door in doors)


def test_a28_door_is_told_with_all_that_is_known(tmp_path: Path, upstream: Simulator) -> None:
    """Kind, state, latency, age, serial, error, breaker, availability; and no credentials."""
    with_password = upstream.url.replace("://", "://user:hunter2@")
    with open_yard(
        tmp_path / "data", upstream, upstreams=[with_password], settings=PATIENT
    ) as yard:
        yard.add_held(make_wheel("known", "1.0"))
        before = door_of(yard)
        upstream.down()
        names = count()

        def is_open() -> bool:
            yard.ask_page(f"unknown-{next(names)}")
            found = door_of(yard)
            return found["circuit"] != "closed" and found["out_since"] is not None

        eventually(is_open, "the circuit is open")
        after = door_of(yard)
        page = yard.ask_page("known")
        texts = [yard.client.ask(f"/-/{each}").text for each in ("status", "metrics", "ready")]

    assert (before["kind"], before["state"], before["circuit"]) == ("json", "up", "closed")
    assert before["latency_seconds"] > 0
    assert before["age_seconds"] >= 0
    assert before["serial"] > 0
    assert before["last_error"] == ""
    assert list(before["availability"].values())[-1] == 100.0
    assert (after["kind"], after["state"]) == ("json", "down")
    assert after["age_seconds"] >= before["age_seconds"]
    assert "refused: nobody listens" in after["last_error"]
    assert after["url"] == upstream.url
    assert page.status == 200
    assert not [text for text in (*texts, yard.server.log()) if "hunter2" in text]


def door_of(yard: Yard) -> Mapping[str, Any]:
    """Return what the status document has of the first door."""
    return cast("Mapping[str, Any]", yard.client.ask("/-/status").json()["doors"][0])
