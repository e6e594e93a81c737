"""Installing from the flat page alone: A-77."""

from collections.abc import Callable
from pathlib import Path

import pytest

from scenario.publishing.yard import Yard
from support.clients import PIP_26, Pip, Sandbox, Uv, need, release_of

pytestmark = [pytest.mark.scenario, pytest.mark.slow]


@pytest.fixture(scope="module")
def links(yard: Yard) -> str:
    """Return the address of a flat page with a project and one that it needs."""
    yard.publish(release_of("acme-flat-base", "1.0"))
    yard.publish(release_of("acme-flat", "1.9", requires=["acme-flat-base>=1"]))
    yard.publish(release_of("acme-flat", "1.10", requires=["acme-flat-base>=1"]))
    return f"{yard.server.base_url}/+links/"


def test_a77_pip_installs_from_the_flat_page_alone(
    links: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    """With dependencies, and without any index."""
    need(PIP_26)
    pip = Pip(PIP_26, sandbox)

    words = ["install", "--no-index", "-f", links, "--target", str(tmp_path / "x"), "acme-flat"]
    outcome = pip.run(*words).checked()

    assert "acme-flat-1.10 acme-flat-base-1.0" in outcome.output


def test_a77_uv_installs_from_the_flat_page_alone(
    links: str, new_sandbox: Callable[[str], Sandbox], tmp_path: Path
) -> None:
    """The same."""
    uv = Uv(new_sandbox("uv"), ("--no-index", "--find-links", links))

    result = uv.install(["acme-flat"], "http://127.0.0.1:9/simple/", tmp_path / "uv").checked()

    assert result.installed == {"acme-flat": "1.10", "acme-flat-base": "1.0"}
