"""Resolving for a target: reasons, pins, digests and remarks of what was chosen."""

from pathlib import Path

import pytest

from support.closures import LINUX, PackageIndex, file_of, written
from support.packages import make_sdist, make_wheel
from wheelyard.closure import close, fitting, parse_target
from wheelyard.errors import Unavailable

pytestmark = pytest.mark.anyio


async def test_every_release_says_why_it_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line of a file, or who needs it."""
    monkeypatch.chdir(tmp_path)
    path = written(tmp_path, "\ntop\n")
    index = PackageIndex(make_wheel("top", "1.0", requires=["deep"]), make_wheel("deep", "1.0"))

    found = await close([path], [LINUX], index)

    assert [(one.name, one.why) for one in found.needed] == [
        ("deep", "needed by top"),
        ("top", "`requirements.txt`, line 2"),
    ]


async def test_hashes_of_a_file_limit_what_fits(tmp_path: Path) -> None:
    """`--hash` in a requirements file names the files that may be used."""
    wheel, sdist = make_wheel("demo", "1.0"), make_sdist("demo", "1.0")
    path = written(tmp_path, f"demo==1.0 --hash=sha256:{sdist.sha256}\n")
    index = PackageIndex(wheel, sdist)

    found = await close([path], [LINUX], index)

    (needed,) = found.needed
    fit = fitting(await index.project(needed.name), needed)
    assert needed.hashes == {sdist.sha256}
    assert fit.files == (file_of(sdist),)


async def test_release_that_is_pinned_by_another_may_be_a_yanked_one(tmp_path: Path) -> None:
    """If uv takes it, its files are wanted."""
    deep = make_wheel("deep", "1.0")
    index = PackageIndex(
        make_wheel("top", "1.0", requires=["deep==1.0"]), deep, yanked=[deep.filename]
    )

    found = await close([written(tmp_path, "top\n")], [LINUX], index)

    if found.problems:  # today's uv refuses it, which is as good
        assert "yanked" in found.problems[0]
    else:
        assert found.needed[0].is_pinned


async def test_doubt_about_a_chosen_release_is_a_remark(tmp_path: Path) -> None:
    """Whoever relies on it should know."""
    index = PackageIndex(
        make_sdist("old", "1.0", metadata_version="2.1", requires=["deep"]),
        make_wheel("deep", "1.0"),
    )

    found = await close([written(tmp_path, "old\n")], [LINUX], index)

    assert found.problems == ()
    assert len(found.remarks) == 1
    assert found.remarks[0].startswith("`old` 1.0 says only when it is built what it requires")


async def test_sdist_that_cannot_be_had_is_a_problem(tmp_path: Path) -> None:
    """The cause is told, not what the resolver made of it."""
    sdist = make_sdist("demo", "1.0")
    index = PackageIndex(sdist)
    index.failing[sdist.filename] = Unavailable(f"`{sdist.filename}`", "silent")

    found = await close([written(tmp_path, "demo\n")], [LINUX], index)

    assert found.problems == (
        f"Nothing could be resolved for {LINUX}: `{sdist.filename}` cannot be had now: silent",
    )


async def test_platform_that_cannot_be_resolved_for_is_a_problem(tmp_path: Path) -> None:
    """Other targets are resolved all the same."""
    odd = parse_target("3.11", "manylinux_2_28_s390x")

    found = await close(
        [written(tmp_path, "demo\n")], [LINUX, odd], PackageIndex(make_wheel("demo", "1.0"))
    )

    assert [one.targets for one in found.needed] == [frozenset({LINUX})]
    assert len(found.problems) == 1
    assert "Use a lock file for it" in found.problems[0]


async def test_release_for_older_pythons_is_a_remark(tmp_path: Path) -> None:
    """It is taken by uv and not by pip: whoever uses pip should know."""
    index = PackageIndex(make_wheel("capped", "1.0", requires_python="<3.11"))

    found = await close([written(tmp_path, "capped\n")], [LINUX], index)

    assert [one.name for one in found.needed] == ["capped"]
    assert len(found.remarks) == 1
    assert found.remarks[0].startswith("`capped` 1.0 is said to be for Python <3.11: uv installs")
