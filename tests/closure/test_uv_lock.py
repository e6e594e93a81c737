"""`uv.lock` as uv writes it today, and walked from its projects; samples: `test_reading.py`."""

from pathlib import Path

import pytest

from support.clients import Sandbox, Uv
from support.closures import LINUX, WINDOWS, PackageIndex, chosen, uv_resolution
from support.packages import make_sdist, make_wheel
from support.simulator import Simulator
from wheelyard.closure import close, parse_target

pytestmark = pytest.mark.anyio

ARM = parse_target("3.11", "macos")


async def test_lock_of_uv_needs_what_uv_resolves(tmp_path: Path) -> None:
    """A lock that uv wrote a moment ago comes to what the same requirements come to."""
    packages = [
        make_wheel("web", "1.0", requires=["lib", "colours; sys_platform == 'win32'"]),
        make_wheel("lib", "1.0", requires_python="<3.12"),
        make_wheel("lib", "2.0", requires=["deep"], requires_python=">=3.11"),
        make_wheel("colours", "1.0"),
        make_sdist("deep", "1.0"),
    ]
    with Simulator() as upstream:
        upstream.add(*packages)
        requirements = tmp_path / "requirements.in"
        requirements.write_text("web\n", "utf-8")
        uv = Uv(Sandbox(tmp_path / "sandbox"))
        uv.lock(["web"], upstream.url, tmp_path / "project")
        found = await close(
            [tmp_path / "project" / "uv.lock"], [LINUX, WINDOWS, ARM], PackageIndex(*packages)
        )
        own = {
            target: uv_resolution(requirements, upstream.url, target.python, platform)
            for target, platform in ((LINUX, "linux"), (WINDOWS, "windows"), (ARM, "macos"))
        }

    assert found.problems == ()
    assert {target: chosen(found, target) for target in own} == own
    assert all(one.files for one in found.needed)
