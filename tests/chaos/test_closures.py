"""Any index and any requirements come to what uv itself makes of them, on every platform.

Each round invents projects that need each other by version, extra, marker and Python, with wheels
for some platforms and sdists, and compares the closure with `uv pip compile`, errors included.
"""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from chaos.campaign import Campaign
from support.closures import (
    LINUX,
    MACOS,
    WINDOWS,
    PackageIndex,
    chosen,
    try_uv_resolution,
    written,
)
from support.packages import Package, RecipeWords, make_sdist, make_wheel
from support.simulator import Simulator
from wheelyard.closure import close

pytestmark = pytest.mark.anyio

ROUNDS = 2
PROJECTS = 14
HAS_SDIST = 0.8
TARGETS = ((LINUX, "linux"), (WINDOWS, "windows"), (MACOS, "macos"))
VERSIONS = (["1.0"], ["1.0", "2.0"], ["1.0", "1.5", "2.0"], ["1.0", "2.0rc1"], ["1.0", "2.0"])
TAGS = (
    *("py3-none-any", "py2.py3-none-any", "cp311-cp311-manylinux_2_17_x86_64"),
    *("cp311-cp311-win_amd64", "cp312-cp312-macosx_11_0_arm64", "cp38-abi3-musllinux_1_1_x86_64"),
    *("cp312-abi3-manylinux2014_x86_64", "py3-none-win_amd64", "cp39-abi3-macosx_10_9_universal2"),
)
MARKERS = (
    *("", "", "", "sys_platform == 'win32'", "sys_platform != 'linux'", "python_version < '3.12'"),
    *("platform_machine == 'arm64'", "os_name == 'posix' and python_full_version >= '3.12'"),
)
LIMITS = (*[""] * 12, ">=1.0", ">=1.0", "<2", "<2", "!=2.0", "==1.0", "~=1.0", ">=1.5", "==1.*")
NAMES = tuple(
    f"{('p', 'P', 'P.q', 'p_q', 'p-q')[number % 5]}{number}" for number in range(PROJECTS)
)
PYTHONS = (*[None] * 6, ">=3.8", ">=3.12", "<3.12")


def project(chance: random.Random, number: int) -> Iterator[Package]:
    """Yield the files of one project, which needs projects that come later."""
    for version in chance.choice(VERSIONS):
        tags = chance.sample(TAGS, chance.choice([0, 1, 1, 2, 3]))
        words = RecipeWords(
            requires=needs(chance, number, chance.choice([0, 1, 1, 2, 3])),
            extras={extra: needs(chance, number, 1, MARKERS[:1]) for extra in ("more", "most")},
            requires_python=chance.choice(PYTHONS),
        )
        for tag in tags:
            tagged: RecipeWords = {**words, "tag": tag}
            yield make_wheel(NAMES[number], version, **tagged)
        if not tags or chance.random() < HAS_SDIST:
            yield make_sdist(NAMES[number], version, **words)


def needs(
    chance: random.Random, number: int, count: int, markers: Sequence[str] = MARKERS
) -> list[str]:
    """Return requirements of projects that come after the one of that number."""
    found = []
    for name in chance.sample(NAMES[number + 1 :], min(count, len(NAMES) - number - 1)):
        extra = chance.choice(["", "", "", "[more]", "[most,more]"])
        marker = chance.choice(markers)
        condition = f" ; {marker}" if marker else ""
        found.append(f"{name}{extra}{chance.choice(LIMITS)}{condition}")
    return found


async def test_closure_of_anything_is_what_uv_resolves(campaign: Campaign, tmp_path: Path) -> None:
    """Whatever projects there are and however they need each other."""
    for each in campaign.rounds(ROUNDS):
        with each:
            packages = [one for number in range(PROJECTS) for one in project(each.random, number)]
            lines = needs(each.random, -1, 3)
            path = written(tmp_path, "\n".join(lines) + "\n")
            found = await close([path], [one for one, _ in TARGETS], PackageIndex(*packages))
            with Simulator() as upstream:
                upstream.add(*packages)
                own = {
                    target: try_uv_resolution(path, upstream.url, target.python, platform)
                    for target, platform in TARGETS
                }

            for target, resolution in own.items():
                assert chosen(found, target) == (resolution or {}), (target, lines)
                has_problem = any(str(target) in problem for problem in found.problems)
                assert has_problem is (resolution is None)
