"""What the protocol class relies on in uvicorn."""

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from wheelyard.server import internals
from wheelyard.server.internals import missing_internals
from wheelyard.server.lane import LaneCounters, LaneLimits, make_protocol


def test_installed_uvicorn_has_everything_that_the_lane_relies_on() -> None:
    """The pinned uvicorn is the one that this code was written for."""
    assert missing_internals() == []


def test_unknown_uvicorn_is_used_as_it_is(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A uvicorn with other internals serves without our extras, and the log says so."""
    monkeypatch.setitem(internals.RELIED_ON, HttpToolsProtocol, "parser warp_drive")

    protocol = make_protocol(LaneLimits(), LaneCounters())

    assert protocol is HttpToolsProtocol
    assert "HttpToolsProtocol.warp_drive" in caplog.text
