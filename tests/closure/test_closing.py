"""Closing: what files need comes out as uv itself would choose it, target by target."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.app import app_on, main_index
from support.closures import (
    LINUX,
    MACOS,
    WINDOWS,
    PackageIndex,
    chosen,
    uv_resolution,
    written,
)
from support.packages import Package, closure, make_sdist, make_wheel
from support.simulator import Simulator
from wheelyard.closure import Closing, Target, close
from wheelyard.errors import BadInput, Unavailable

pytestmark = pytest.mark.anyio

TREE = closure(40)
LINUX_TAG = "cp311-cp311-manylinux_2_17_x86_64"
WINDOWS_TAG = "cp311-cp311-win_amd64"
ON_PLATFORMS = [
    pytest.param(LINUX, "3.11", "linux", id="linux"),
    pytest.param(WINDOWS, "3.11", "windows", id="windows"),
    pytest.param(MACOS, "3.12", "macos", id="macos"),
]


def mixed() -> list[Package]:
    """Return packages of which each target needs others: by marker, Python, extra, file, build."""
    return [
        make_wheel(
            "app",
            "1.0",
            requires=[
                "web[fast]>=1",
                "colours; sys_platform == 'win32'",
                "loops; sys_platform != 'win32' and platform_machine == 'x86_64'",
                "tomlish; python_version < '3.12'",
                "native",
                "Old.Style",
                "either",
                "early",
            ],
        ),
        make_wheel("web", "1.0", extras={"fast": ["speed>=1"], "slow": ["never"]}),
        make_wheel("web", "2.0", requires_python=">=3.12", extras={"fast": ["speed>=2"]}),
        make_wheel("colours", "1.0"),
        make_wheel("loops", "1.0"),
        make_wheel("tomlish", "1.0"),
        make_sdist("native", "1.0", requires=["from-source"]),
        make_wheel("native", "1.0", tag=LINUX_TAG, requires=["from-wheel"]),
        make_wheel("native", "2.0", tag=WINDOWS_TAG),
        make_wheel("from-source", "1.0"),
        make_wheel("from-wheel", "1.0"),
        make_sdist("Old.Style", "1.0", metadata_version="2.1", requires=["legacy"]),
        make_wheel("legacy", "1.0"),
        make_sdist("either", "1.0", requires=["from-source"]),
        make_wheel("either", "1.0"),
        make_wheel("early", "1.0"),
        make_wheel("early", "2.0rc1"),
        make_sdist("speed", "1.0"),
        make_sdist("speed", "2.0", requires=["legacy<2; sys_platform == 'darwin'"]),
    ]


@pytest.fixture(scope="module")
def upstream() -> Iterator[Simulator]:
    """Have an index with a tree of forty projects and with packages for everybody else."""
    with Simulator() as simulator:
        simulator.add(*TREE.packages, *mixed())
        yield simulator


async def test_forty_projects_on_three_platforms_are_what_uv_resolves(
    tmp_path: Path, upstream: Simulator
) -> None:
    """The closure of a tree of forty projects is uv's own resolution, on each platform."""
    path = written(tmp_path, f"{TREE.root}\n")
    targets = [LINUX, WINDOWS, MACOS]
    async with app_on(tmp_path / "data", upstream) as app:
        found = await close([path], targets, main_index(app).chain.repository)

    assert found.problems == ()
    for target, platform in zip(targets, ("linux", "windows", "macos"), strict=True):
        own = uv_resolution(path, upstream.url, target.python, platform, "--no-build-isolation")
        assert chosen(found, target) == own == TREE.expected


@pytest.mark.parametrize(("target", "python", "platform"), ON_PLATFORMS)
async def test_targets_that_need_different_things_are_what_uv_resolves(
    tmp_path: Path, upstream: Simulator, target: Target, python: str, platform: str
) -> None:
    """Markers, extras, Pythons, wheels of some platforms and sdists change what is needed."""
    path = written(tmp_path, "app\n")

    found = await close([path], [target], PackageIndex(*mixed()))

    own = uv_resolution(path, upstream.url, python, platform, "--no-build-isolation")
    assert found.problems == ()
    assert chosen(found, target) == own


async def test_closure_of_several_targets_is_that_of_each(tmp_path: Path) -> None:
    """Resolving for many targets at once changes nothing for any of them."""
    path = written(tmp_path, "app\n")
    index = PackageIndex(*mixed())

    together = await close([path], [LINUX, WINDOWS, MACOS], index)

    for target in (LINUX, WINDOWS, MACOS):
        alone = await close([path], [target], index)
        assert chosen(together, target) == chosen(alone, target)


async def test_closure_is_the_same_every_time(tmp_path: Path) -> None:
    """The order of targets and of packages on pages changes nothing, not even the order."""
    path = written(tmp_path, "app\n")

    first = await close([path], [LINUX, WINDOWS], PackageIndex(*mixed()))
    second = await close([path], [WINDOWS, LINUX], PackageIndex(*reversed(mixed())))

    assert first == second


async def test_constraint_that_holds_back_is_obeyed(tmp_path: Path) -> None:
    """`-c` limits versions and asks for nothing."""
    written(tmp_path, "early<1\nnever-asked-for==1\n", "limits.txt")
    path = written(tmp_path, "-c limits.txt\nearly\n")

    found = await close(
        [path], [LINUX], PackageIndex(make_wheel("early", "1.0"), make_wheel("early", "0.9"))
    )

    assert chosen(found, LINUX) == {"early": "0.9"}


async def test_prereleases_when_asked_for_are_taken(tmp_path: Path) -> None:
    """`--pre` has newer pre-releases taken."""
    path = written(tmp_path, "--pre\nearly\n")

    found = await close([path], [LINUX], PackageIndex(*mixed()))

    assert chosen(found, LINUX) == {"early": "2.0rc1"}


async def test_yanked_release_is_taken_only_if_it_is_pinned(tmp_path: Path) -> None:
    """What was yanked is for those who ask for exactly that."""
    new = make_wheel("demo", "2.0")
    index = PackageIndex(make_wheel("demo", "1.0"), new, yanked=[new.filename])

    loose = await close([written(tmp_path, "demo\n")], [LINUX], index)
    exact = await close([written(tmp_path, "demo==2.0\n")], [LINUX], index)

    assert chosen(loose, LINUX) == {"demo": "1.0"}
    assert chosen(exact, LINUX) == {"demo": "2.0"}
    assert exact.needed[0].is_pinned


async def test_requirements_that_contradict_each_other_are_a_problem(tmp_path: Path) -> None:
    """What uv says is kept, without the address of our view; other targets are resolved."""
    path = written(tmp_path, "web==1.0\nweb==2.0; sys_platform == 'win32'\n")

    found = await close([path], [LINUX, WINDOWS], PackageIndex(*mixed()))

    assert chosen(found, LINUX) == {"web": "1.0"}
    assert chosen(found, WINDOWS) == {}
    assert len(found.problems) == 1
    assert found.problems[0].startswith(
        "Nothing satisfies all requirements for Python 3.11 on win_amd64: "
    )
    assert "==2.0" in found.problems[0]
    assert "127.0.0.1" not in found.problems[0]


async def test_project_that_nobody_can_answer_for_is_a_problem(tmp_path: Path) -> None:
    """An outage is told as one, not as a project that does not exist."""
    index = PackageIndex(*mixed())
    index.failing["native"] = Unavailable("The project `native`", "silent: no answer")

    found = await close([written(tmp_path, "app\n")], [LINUX], index)

    said = "The project `native` cannot be had now: silent: no answer"
    assert found.problems == (f"Nothing could be resolved for {LINUX}: {said}",)


async def test_file_that_cannot_be_used_is_refused_before_anybody_is_asked(tmp_path: Path) -> None:
    """Bad input is a sentence before any download."""
    index = PackageIndex(*mixed())

    with pytest.raises(BadInput, match=r"line 2.*is a URL"):
        await close([written(tmp_path, "app\nhttps://files.example/x.whl\n")], [LINUX], index)

    assert index.asked == []


async def test_resolver_that_takes_too_long_is_an_outage(tmp_path: Path) -> None:
    """There is a limit, and it is told as what it is."""
    with pytest.raises(Unavailable, match="longer than 0 seconds"):
        await close(
            [written(tmp_path, "app\n")],
            [LINUX],
            PackageIndex(*mixed()),
            Closing(resolver_seconds=0.0),
        )


async def test_nothing_is_left_behind(tmp_path: Path) -> None:
    """What the resolver wrote goes with the run."""
    work = tmp_path / "work"

    await close([written(tmp_path, "early\n")], [LINUX], PackageIndex(*mixed()), Closing(work=work))

    assert list(work.iterdir()) == []


async def test_wheel_without_advertised_metadata_is_read_itself(tmp_path: Path) -> None:
    """Indexes that offer no `.metadata` are no obstacle."""
    index = PackageIndex(
        *(
            one
            if one.name != "app"
            else Package(one.filename, one.name, one.version, one.content, one.sha256)
            for one in mixed()
        )
    )

    found = await close([written(tmp_path, "app\n")], [LINUX], index)

    assert found.problems == ()
    assert "web" in chosen(found, LINUX)
