"""uv as a program: what it is told, what it must not see, and what its words become."""

from pathlib import Path

import anyio
import pytest

from support.closures import LINUX, MACOS, WINDOWS, PackageIndex
from support.packages import make_wheel
from wheelyard.closure import Target, parse_target, resolver, this_machine
from wheelyard.closure.asked import Formats
from wheelyard.closure.resolver import Outcome, Question, Resolved, resolve, resolver_platform
from wheelyard.closure.serving import serving_views
from wheelyard.closure.shop import Shop
from wheelyard.closure.view import View
from wheelyard.errors import BadInput
from wheelyard.names import ProjectName

pytestmark = pytest.mark.anyio


async def resolved(folder: Path, index: PackageIndex, *requirements: str) -> Outcome:
    """Resolve requirements for Linux."""
    async with serving_views() as views:
        url = views.url_of(View(Shop(index), LINUX, Formats()))
        return await resolve(Question(requirements, [], LINUX, url), folder / "work", 60)


async def test_releases_come_with_who_needs_them(tmp_path: Path) -> None:
    """In the order of names; a requirement of the user has nobody."""
    index = PackageIndex(
        make_wheel("top", "1.0", requires=["Deep.Down"]), make_wheel("Deep.Down", "2.0+local")
    )

    outcome = await resolved(tmp_path, index, "top")

    assert outcome.resolved == (
        Resolved(ProjectName("deep-down"), "2.0+local", (ProjectName("top"),)),
        Resolved(ProjectName("top"), "1.0", ()),
    )


async def test_explanation_is_a_paragraph_without_addresses(tmp_path: Path) -> None:
    """No drawing, no hint about options that nobody has here."""
    outcome = await resolved(tmp_path, PackageIndex(make_wheel("demo", "1.0")), "demo>1")

    assert outcome.resolved == ()
    assert outcome.explanation.startswith("Because only demo")
    assert "\n" not in outcome.explanation
    assert "127.0.0.1" not in outcome.explanation


async def test_settings_of_this_machine_are_not_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the environment nor files of the user change the outcome."""
    written = tmp_path / "uv.toml"
    written.write_text('prerelease = "allow"\nno-index = true\n', "utf-8")
    monkeypatch.setenv("UV_CONFIG_FILE", str(written))
    monkeypatch.setenv("UV_PRERELEASE", "allow")
    monkeypatch.setenv("UV_EXCLUDE_NEWER", "2001-01-01")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HOME", str(tmp_path))
    index = PackageIndex(make_wheel("demo", "1.0"), make_wheel("demo", "2.0rc1"))

    outcome = await resolved(tmp_path, index, "demo")

    assert [one.version for one in outcome.resolved] == ["1.0"]


async def test_everything_is_written_in_its_own_folder(tmp_path: Path) -> None:
    """Cache and files of a run go with its folder, and there is nothing beside it."""
    await resolved(tmp_path, PackageIndex(make_wheel("demo", "1.0")), "demo")

    assert [path.name async for path in anyio.Path(tmp_path).iterdir()] == ["work"]


@pytest.mark.parametrize(
    ("target", "platform"),
    [
        (LINUX, "x86_64-unknown-linux-gnu"),
        (WINDOWS, "x86_64-pc-windows-msvc"),
        (MACOS, "aarch64-apple-darwin"),
        (parse_target("3.11", "musllinux_1_2_aarch64"), "aarch64-unknown-linux-gnu"),
        (parse_target("3.11", "win32"), "i686-pc-windows-msvc"),
    ],
)
async def test_platform_is_called_by_a_name_with_the_same_markers(
    target: Target, platform: str
) -> None:
    """Tags are no concern of the resolver here, markers are."""
    assert resolver_platform(target) == platform


async def test_platform_that_uv_does_not_know_is_refused() -> None:
    """Locks work for it, requirements do not."""
    with pytest.raises(BadInput, match="Use a lock file for it"):
        resolver_platform(parse_target("3.11", "manylinux_2_28_s390x"))


async def test_this_machine_can_always_be_resolved_for() -> None:
    """Whatever it is."""
    assert resolver_platform(this_machine()) is None or resolver_platform(this_machine())


async def test_address_is_not_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has a secret in it, and every user of a machine can read the command lines of all."""
    program = tmp_path / "program"
    program.write_text('#!/bin/sh\necho "$@" >"$HOME/said"\nenv >"$HOME/known"\n')
    program.chmod(0o700)
    monkeypatch.setattr(resolver, "find_uv", lambda: program)
    url = "http://127.0.0.1:9/secret/simple/"

    await resolve(Question(["demo"], [], LINUX, url), tmp_path, 60)

    assert "pip compile" in (tmp_path / "said").read_text()
    assert "secret" not in (tmp_path / "said").read_text()
    assert f"UV_DEFAULT_INDEX={url}" in (tmp_path / "known").read_text()
