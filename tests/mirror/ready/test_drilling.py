"""Drilling: a real installer, with nobody to ask but what is held."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mirror.ready.yard import HERE, LIB, Place
from support.clients.closed_room import run_in_closed_room, why_no_closed_room
from wheelyard.closure import parse_target
from wheelyard.errors import BadInput
from wheelyard.mirror.ready import drilling

pytestmark = pytest.mark.anyio

Listed = Callable[..., list[Path]]


async def test_what_is_held_installs(place: Place, listed: Listed) -> None:
    """With all that it needs, an sdist and what building it needs included."""
    drilled = await place.drilled(listed("app[fast]", "src"))

    assert drilled.succeeded, drilled.output
    assert drilled.installed == ("app 1.0", "lib 1.0", "speed 1.0", "src 1.0")


async def test_what_is_held_installs_with_pip(place: Place, listed: Listed) -> None:
    """With the one that this Python brings."""
    drilled = await place.drilled(listed("app[fast]"), installer="pip")

    assert drilled.succeeded, drilled.output
    assert drilled.installed == ("app 1.0", "lib 1.0", "speed 1.0")


async def test_what_is_not_held_does_not_install(place: Place, listed: Listed) -> None:
    """And what the installer said is told."""
    place.lose(LIB)

    drilled = await place.drilled(listed("app"))

    assert not drilled.succeeded
    assert "lib" in drilled.output


async def test_other_indexes_of_a_file_are_not_looked_at(place: Place, listed: Listed) -> None:
    """An address in the file would lead elsewhere: what is required is written anew."""
    lines = ("--index-url https://index.example/simple/", "--find-links /nowhere", "lib==1.0")

    drilled = await place.drilled(listed(*lines))

    assert drilled.succeeded, drilled.output


async def test_digests_of_a_file_are_checked(place: Place, listed: Listed) -> None:
    """A lock names other bytes than those that are held."""
    right = await place.drilled(listed(f"lib==1.0 --hash=sha256:{LIB.sha256}"))
    place.data.with_name("data-drill-uv").rename(place.data.with_name("first"))

    wrong = await place.drilled(listed(f"lib==1.0 --hash=sha256:{'0' * 64}"))

    assert (right.succeeded, wrong.succeeded) == (True, False)


async def test_other_platform_is_installed_for(place: Place, listed: Listed) -> None:
    """With the installer's own means; nothing of it runs here."""
    drilled = await place.drilled(listed("plat"), parse_target("3.12", "win_amd64"))

    assert drilled.succeeded, drilled.output
    assert drilled.installed == ("plat 1.0",)


async def test_pip_does_not_install_for_other_platforms(place: Place, listed: Listed) -> None:
    """It would evaluate conditions for this machine, and so prove something else."""
    with pytest.raises(BadInput, match="Use `--installer uv`"):
        await place.drilled(listed("plat"), parse_target("3.12", "win_amd64"), "pip")


def test_nobody_else_is_asked_whatever_the_installer_is_told(tmp_path: Path) -> None:
    """In a room without a way out, whose only resolver is ours: no name was wanted.

    Where no such room can be had, the proxy that every drill here has is all there is.
    """
    if why_no_closed_room():
        pytest.skip(why_no_closed_room())

    said = json.loads(run_in_closed_room("mirror.ready.in_closed_room", str(tmp_path)))

    assert said["installed"] == ["app 1.0", "lib 1.0", "speed 1.0", "src 1.0"], said["output"]
    assert said["names"] == []


async def test_address_is_not_on_the_command_line(
    tmp_path: Path, listed: Listed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has a secret in it, and every user of a machine can read the command lines of all."""
    program = tmp_path / "program"
    program.write_text('#!/bin/sh\necho "$@" >"$HOME/said"\nenv >"$HOME/known"\n')
    program.chmod(0o700)
    monkeypatch.setattr(drilling, "find_uv", lambda: program)
    folder, url = tmp_path / "drill", "http://127.0.0.1:9/secret/simple/"
    folder.mkdir()

    await drilling.drill(
        drilling.Drill(tuple(listed("app")), HERE, url, "http://127.0.0.1:9/", folder)
    )

    assert "pip install" in (folder / "home" / "said").read_text()
    assert "secret" not in (folder / "home" / "said").read_text()
    assert f"UV_DEFAULT_INDEX={url}" in (folder / "home" / "known").read_text()
