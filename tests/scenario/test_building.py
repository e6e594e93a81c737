"""Sdists whose build needs something from the index first."""

import gzip
import io
import tarfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest

from support.clients import PIP_AND_UV, Buildout, Installer, Kind, Sandbox
from support.clients.editions import BUILDOUT
from support.packages import Package, make_sdist, make_wheel
from support.server import running_server
from support.simulator import Simulator

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

BACKEND = '''\
"""A build backend that is installed from the index and works on the current folder."""

import runpy

for name, value in runpy.run_path("backend/tiny_backend.py").items():
    if name.startswith("build_"):
        globals()[name] = value
'''
BUILD_SYSTEM = '[build-system]\nrequires = ["Acme.Builder>=1"]\nbuild-backend = "acme_builder"\n'
BUILDER = make_wheel("acme-builder", "1.0", modules={"acme_builder.py": BACKEND})
KINDS: list[Kind[Installer]] = [*PIP_AND_UV, Kind("buildout", Buildout, BUILDOUT)]


def with_build_requirement(sdist: Package) -> Package:
    """Return the same sdist, built by a project that is on the index."""
    stream = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(sdist.content)) as old,
        gzip.GzipFile(filename="", fileobj=stream, mode="wb", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as new,
    ):
        for entry in old:
            file = old.extractfile(entry)
            content = file.read() if file is not None else b""
            if entry.name.endswith("/pyproject.toml"):
                content = BUILD_SYSTEM.encode()
            entry.size = len(content)
            new.addfile(entry, io.BytesIO(content))
    content = stream.getvalue()
    return replace(sdist, content=content, sha256=sha256(content).hexdigest())


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a71_build_requirement_comes_through_the_server(
    upstream: Simulator,
    kind: Kind[Installer],
    new_sandbox: Callable[[str], Sandbox],
    tmp_path: Path,
) -> None:
    """Whoever builds in isolation asks the same index, and needs the upstream once."""
    upstream.add(BUILDER, with_build_requirement(make_sdist("demo.sdist", "1.0")))

    with running_server(tmp_path / "data", upstreams=[upstream.url]) as server:
        install = partial(_install, kind, server.url, tmp_path)
        cold = install(new_sandbox("cold"), "cold")
        upstream.down()
        warm = install(new_sandbox("warm"), "warm")

    assert cold == warm
    assert upstream.count(f"*{BUILDER.filename}") == 1


def _install(
    kind: Kind[Installer], index_url: str, folder: Path, sandbox: Sandbox, how: str
) -> dict[str, str]:
    result = kind.start(sandbox).install(["demo-sdist"], index_url, folder / how).checked()
    assert result.installed == {"demo-sdist": "1.0"}
    return dict(result.files)
