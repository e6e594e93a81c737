"""No client waits for longer than it has patience, whatever it asks for: 5.3, F06.

Installers give up on a silent server after 15 seconds, and take that for the end.
"""

import time
from pathlib import Path

import pytest

from faults.yard import at_once, open_yard
from support.packages import make_wheel
from support.simulator import Simulator

MOST_SECONDS = 14.0
"""Far from what is promised, near enough to what ends an installation: 10, and 15."""


@pytest.mark.slow
def test_everything_is_answered_while_upstream_is_silent(
    tmp_path: Path, upstream: Simulator
) -> None:
    """File, part, metadata, document, provenance, page and list; held pages, nothing else held."""
    names = ("whole", "part", "beside", "document")
    packages = {name: make_wheel(name, "1.0", payload_bytes=100_000) for name in names}
    silent_for_long = {"upstream.default.read_seconds": 60}
    with open_yard(tmp_path / "data", upstream, settings=silent_for_long) as yard:
        upstream.add(*packages.values())
        paths = {name: yard.path_of(package) for name, package in packages.items()}
        client = yard.client
        upstream.mute()
        began = time.monotonic()

        answers = at_once(
            lambda: client.ask(paths["whole"]),
            lambda: client.ask(paths["part"], {"Range": "bytes=-1000"}),
            lambda: client.ask(f"{paths['beside']}.metadata"),
            lambda: client.ask("/pypi/document/json"),
            lambda: client.ask("/simple/cold/"),
            lambda: client.ask("/simple/"),
            lambda: client.ask("/pypi/cold/json"),
            lambda: client.ask(f"/packages/aa/bb/{'c' * 60}/never_seen-1.0.tar.gz"),
        )
        took_seconds = time.monotonic() - began

    assert [answer.status for answer in answers] == [503, 503, 503, 200, 503, 503, 503, 503]
    assert {answer.get("retry-after") for answer in answers} == {"1", None}
    assert answers[3].json()["info"]["version"] == "1.0"
    assert took_seconds < MOST_SECONDS
