"""Forty projects install in every kind of outage, byte for byte what they are without one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from chaos.campaign import FACTOR
from scenario.outage.matrix import OUTAGES, Outage
from scenario.outage.observing import Observed
from scenario.outage.site import TREE, Seed, open_site
from support.clients import PIP_AND_UV, Sandbox

pytestmark = [
    pytest.mark.scenario,
    pytest.mark.slow,
    pytest.mark.timeout(0 if FACTOR > 1 else 900),
]

WITH_PIP = [each for each in OUTAGES if FACTOR > 1 or each.name in ("silent", "404")]


@pytest.mark.parametrize("outage", OUTAGES, ids=str)
def test_uv_installs_forty_projects(
    outage: Outage, observed: Callable[[Outage], Observed], seed: Seed
) -> None:
    """Every page is out of date, the client's caches are empty, and nobody notices anything."""
    files = observed(outage).files

    assert len(seed.files) > len(TREE.expected)
    assert files == seed.files


@pytest.mark.parametrize("outage", WITH_PIP, ids=str)
def test_pip_installs_forty_projects(outage: Outage, seed: Seed, tmp_path: Path) -> None:
    """The same with pip, which asks for one thing after the other."""
    pip = PIP_AND_UV[0].start(Sandbox(tmp_path / "sandbox"))
    with open_site(outage, tmp_path / "site", seed.data) as site:
        site.break_off()

        result = pip.install([TREE.root], site.url, tmp_path / "target").checked()

    assert result.installed == TREE.expected
    assert result.files == seed.files
