"""The sandbox itself: whoever leaves it is noticed."""

from pathlib import Path

import pytest

from support.clients import PIP_AND_UV, Elsewhere, Installer, Kind, Sandbox
from support.packages import make_wheel
from support.simulator import Simulator

pytestmark = [pytest.mark.scenario, pytest.mark.slow]


@pytest.mark.parametrize("kind", PIP_AND_UV, ids=str)
def test_sandbox_notices_who_looks_elsewhere(
    upstream: Simulator, kind: Kind[Installer], tmp_path: Path
) -> None:
    """Every scenario ends with the opposite claim, so it must be one that can fail."""
    upstream.add(make_wheel("demo", "1.0"))
    further = "https://stranger.test/simple/"
    settings = {"PIP_EXTRA_INDEX_URL": further, "UV_INDEX": further}
    settings |= {"PIP_RETRIES": "0", "UV_HTTP_RETRIES": "0"}

    with Elsewhere() as elsewhere:
        sandbox = Sandbox(tmp_path / "sandbox", proxy=elsewhere.url, also=settings)
        kind.start(sandbox).install(["demo"], upstream.url, tmp_path / "target")

    assert any("stranger.test" in line for line in elsewhere.asked)
