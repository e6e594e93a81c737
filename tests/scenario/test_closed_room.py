"""Which names clients and server want to know: those that somebody configured, and no others."""

import json
from pathlib import Path

import pytest

from scenario.names_asked import INDEX, KINDS, UPSTREAM
from support.clients import need
from support.clients.closed_room import run_in_closed_room, why_no_closed_room

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

STRANGER = "stranger.test"
EXPECTED = {"demo-wheel": "1.0", "demo-sdist": "1.0"}


@pytest.mark.parametrize("client", KINDS)
def test_a29_no_name_is_resolved_that_is_not_configured(client: str, tmp_path: Path) -> None:
    """The client asks for the server's name, the server for its upstream's; the rest is silence.

    In a network namespace of their own, whose resolver is ours: no setting has to be obeyed.
    """
    need_room_for(client)

    said = json.loads(run_in_closed_room("scenario.names_asked", client, str(tmp_path)))

    assert said["installed"].items() >= EXPECTED.items(), said["output"]
    assert said["asked"] == [INDEX, UPSTREAM]


@pytest.mark.parametrize(
    ("client", "variable"),
    [("pip-26.3", "PIP_EXTRA_INDEX_URL"), ("uv", "UV_INDEX")],
    ids=["pip", "uv"],
)
def test_a29_room_notices_a_name_too_many(client: str, variable: str, tmp_path: Path) -> None:
    """The proof would fail if there were something to find: a client with a further index."""
    need_room_for(client)
    words = [f"{variable}=https://{STRANGER}/simple/", "PIP_RETRIES=0", "UV_HTTP_RETRIES=0"]

    said = json.loads(run_in_closed_room("scenario.names_asked", client, str(tmp_path), *words))

    assert STRANGER in said["asked"]


def need_room_for(client: str) -> None:
    """Skip the test where the client cannot be had, or no room for it."""
    edition = KINDS[client].edition
    if edition is not None:
        need(edition)
    if why_no_closed_room():
        pytest.skip(why_no_closed_room())
