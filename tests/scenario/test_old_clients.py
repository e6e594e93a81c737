"""Clients that start on no Python of today, and those that read an index as they did."""

import json
from pathlib import Path

import pytest

from support.clients import (
    BUILDOUT,
    EASY_INSTALL,
    OLD_PIPS,
    Buildout,
    EasyInstall,
    NotFoundByOldPipError,
    OldPip,
    Sandbox,
    need,
)
from support.packages import make_sdist, make_wheel
from support.server import RunningServer, running_server
from support.simulator import JSON, Simulator, ask

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

WHEEL = make_wheel("Demo.Wheel", "1.10", requires_python=">=2.7,!=3.0.*")
SDIST = make_sdist("Demo_Sdist", "1.0")
ROOT_READINGS = 2
"""The list itself; before, the first 404 of an upstream has the server look what kind it is."""


@pytest.mark.parametrize("pip", OLD_PIPS, ids=str)
@pytest.mark.parametrize("package", [WHEEL, SDIST], ids=["wheel", "sdist"])
def test_c98_pip_before_19_finds_and_checks_a_file(
    upstream: Simulator, pip: OldPip, package: object, tmp_path: Path
) -> None:
    """Cold and warm it gets the newest file for its Python, with the hash of the page."""
    chosen = WHEEL if package is WHEEL else SDIST
    upstream.add(chosen, make_wheel(chosen.name, "0.9"))
    upstream.add(make_wheel(chosen.name, "3.0", requires_python=">=3.8"))
    upstream.add(make_wheel(chosen.name, "2.0rc1"))

    with running_server(tmp_path / "data", upstreams=[upstream.url]) as server:
        cold = pip.download(chosen.name, server.url, tmp_path / "cold")
        upstream.down()
        warm = pip.download(chosen.name, server.url, tmp_path / "warm")

    assert cold.name == warm.name == chosen.filename
    assert cold.read_bytes() == warm.read_bytes() == chosen.content


@pytest.mark.parametrize("pip", OLD_PIPS, ids=str)
def test_c98_pip_before_19_is_told_what_is_not_there(
    server: RunningServer, pip: OldPip, tmp_path: Path
) -> None:
    """An unknown project is a 404, and no page of which it could make anything."""
    with pytest.raises(NotFoundByOldPipError, match="answers 404"):
        pip.download("no-such-project", server.url, tmp_path)


def test_c100_easy_install_downloads_wheel_and_sdist(
    upstream: Simulator, server: RunningServer, sandbox: Sandbox, tmp_path: Path
) -> None:
    """Its own code finds both kinds by links and fragments alone."""
    need(EASY_INSTALL)
    upstream.add(WHEEL, SDIST)

    EasyInstall(sandbox).download(["Demo-Wheel", "Demo_Sdist"], server.url, tmp_path).checked()

    for package in (WHEEL, SDIST):
        assert tmp_path.joinpath(package.filename).read_bytes() == package.content


def test_c100_easy_install_looks_for_another_spelling_in_the_root(
    upstream: Simulator, server: RunningServer, sandbox: Sandbox, tmp_path: Path
) -> None:
    """A project that is not there makes it read the whole list, once; the server has it by then.

    The list comes in no JSON and without an `Accept`, and upstream is asked for it once however
    many look.
    """
    need(EASY_INSTALL)
    upstream.add_many(1_000)

    first = EasyInstall(sandbox).download(["no.such.thing"], server.url, tmp_path)
    again = EasyInstall(sandbox).download(["no.such.other"], server.url, tmp_path)

    assert "no.such.thing is not there" in first.output
    assert "no.such.other is not there" in again.output
    assert upstream.count("root") == ROOT_READINGS


def test_c100_buildout_looks_for_another_spelling_in_the_root(
    upstream: Simulator, server: RunningServer, sandbox: Sandbox, tmp_path: Path
) -> None:
    """It fails with a sentence about the project, not about the server."""
    need(BUILDOUT)
    upstream.add(WHEEL)

    result = Buildout(sandbox).install(["no.such.thing"], server.url, tmp_path / "project")

    assert result.exit_code != 0
    assert "Couldn't find a distribution for 'no.such.thing'" in result.output
    assert upstream.count("root") == ROOT_READINGS


def test_c100_project_without_files_is_a_page_without_links(
    upstream: Simulator, server: RunningServer, sandbox: Sandbox, tmp_path: Path
) -> None:
    """What easy_install takes for nothing is a whole page for everybody else."""
    need(EASY_INSTALL)
    upstream.add_project("demo")

    outcome = EasyInstall(sandbox).download(["demo"], server.url, tmp_path)

    assert "demo is not there" in outcome.output
    assert json.loads(ask(f"{server.url}demo/", JSON).text)["files"] == []
