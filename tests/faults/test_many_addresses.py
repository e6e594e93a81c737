"""F18: one bad machine among those behind a name. Installs go on, and the host is not called down.

Both addresses are loopback's; which ones a name has is told by `[upstream.NAME] addresses`.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from faults.yard import PATIENT, Yard, open_yard
from support.packages import make_wheel
from support.simulator import PYPI, Fault, Simulator, reset_after, status
from support.web_servers.web_server import free_port

NAME = "index.example"
STYLE = replace(PYPI, links="relative")
FAULTS: dict[str, Fault] = {
    "f09-reset-in-body": reset_after(500),
    "f10-502": status(502),
}


@contextlib.contextmanager
def open_host(data: Path) -> Iterator[tuple[Yard, Simulator]]:
    """Run a server whose door is a name with two addresses; return the second one as well."""
    port = free_port()
    with (
        Simulator(STYLE, port=port) as well,
        Simulator(STYLE, host="127.0.0.2", port=port) as ill,
    ):
        settings = {
            **PATIENT,
            "upstream.default.addresses": f"{NAME}=127.0.0.2,{NAME}=127.0.0.1",
        }
        url = f"http://{NAME}:{port}/simple/"
        with open_yard(data, well, upstreams=[url], settings=settings) as yard:
            yield yard, ill


@pytest.mark.parametrize("fault", FAULTS)
def test_bad_address_is_left_alone_and_the_host_is_not_down(tmp_path: Path, fault: str) -> None:
    """Every page and file comes; the bad machine is asked once or twice, and no circuit opens."""
    wheels = [make_wheel(f"addressed-{number}", "1.0", payload_bytes=2_000) for number in range(8)]
    with open_host(tmp_path / "data") as (yard, ill):
        for simulator in (yard.upstream, ill):
            simulator.add(*wheels)
        ill.fault("*", FAULTS[fault])
        bodies = []
        for wheel in wheels:
            page = yard.until(f"/simple/{wheel.name}/", lambda answer: answer.status == 200)
            path = yard.client.path_of(str(page.file(wheel.filename)["url"]))
            bodies.append(yard.client.ask(path).body)
        report = yard.client.ask("/-/status").json()
        asked = ill.count("*")

    assert bodies == [wheel.content for wheel in wheels]
    assert 0 < asked <= 4
    assert {door["circuit"] for door in report["doors"]} == {"closed"}
    assert {door["state"] for door in report["doors"]} == {"up"}
