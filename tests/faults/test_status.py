"""What a server says of itself while its upstreams are gone: A-28."""

from pathlib import Path

from faults.yard import open_yard
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
