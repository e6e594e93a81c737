"""What is wanted changes: the next run fetches the difference, and nothing is fetched twice."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from support.app import NO_PIP, settings, upstream
from support.packages import make_sdist, make_wheel
from support.simulator import Simulator, running_simulator
from wheelyard.app import MAIN, App, SyncOrder, run_sync, running
from wheelyard.blobs import reading
from wheelyard.clock import Instant
from wheelyard.expressions import Expression
from wheelyard.mirror.sync import Account, Report
from wheelyard.mirror.wanted import wanted_of
from wheelyard.names import ProjectName
from wheelyard.settings import IndexSettings, ProjectRule, SyncSettings, TagPattern, parse_pattern

pytestmark = pytest.mark.anyio

NAMES = ("alpha", "beta", "gamma", "zope-app", "zope-interface")
VERSIONS = ("0.9", "1.0", "1.1rc1", "2.0")
TAGS = ("py3-none-any", "cp311-cp311-win_amd64", "cp311-cp311-manylinux_2_17_x86_64")
EVERYTHING = SyncSettings(name=MAIN, all=True)


@pytest.fixture(scope="module")
def _upstream() -> Iterator[Simulator]:
    """Run an upstream with a few projects, each with wheels and an archive of four releases."""
    with running_simulator() as simulator:
        for name in NAMES:
            for version in VERSIONS:
                simulator.add(make_sdist(name, version))
                simulator.add(*(make_wheel(name, version, tag=tag) for tag in TAGS))
        yield simulator


@pytest.fixture
def simulator(_upstream: Simulator) -> Simulator:
    """Return the upstream, which remembers no request of another test."""
    _upstream.forget()
    return _upstream


@asynccontextmanager
async def program(data: Path, simulator: Simulator, **rules: str) -> AsyncIterator[App]:
    """Run the program, whose main index has these rules."""
    index = IndexSettings(name=MAIN, **rules)  # type: ignore[arg-type]  # any rule
    told = replace(settings(data, upstream(simulator)), indexes=(index,))
    async with running(told, NO_PIP) as app:
        yield app


async def fill(app: App, wanted: SyncSettings) -> Report:
    """Fill the main index, and return what that came to."""
    report = await run_sync(app, SyncOrder(wanted), Account(MAIN, app.clock.now()))
    assert report.outcome == "done", report
    return report


async def wanted_files(app: App, wanted: SyncSettings) -> set[str]:
    """Return the names of all files that are wanted of the upstream."""
    what = wanted_of(wanted, Instant(app.clock.now()))
    pages = [await app.indexes[MAIN].chain.repository.project(ProjectName(name)) for name in NAMES]
    return {file.filename for page in pages for file in what.files_of(page)}


def fetched(simulator: Simulator) -> list[str]:
    """Return the names of the files that the upstream was asked for since the last time."""
    paths = [asked.path for asked in simulator.asked("file")]
    simulator.forget()
    return sorted(path.rpartition("/")[2] for path in paths)


def rules(*texts: str) -> dict[str, object]:
    """Return what names projects by patterns."""
    return {"all": False, "projects": tuple(ProjectRule(parse_pattern(text)) for text in texts)}


def any_wish(random: Random) -> SyncSettings:
    """Return filters by chance."""
    changes: list[dict[str, object]] = [
        {"keep_versions": random.choice([1, 2])},
        {"prereleases": False},
        {"sdists": random.choice(["if-no-wheel", "never"])},
        {"platforms": ("win_amd64",)},
        {"tags": (TagPattern("*-none-any"),)},
        {"filenames": (Expression(r"\.gz$"),)},
        {"without": (parse_pattern("zope.i*"),)},
        rules("ZOPE_*", "alpha"),
    ]
    chosen = random.sample(changes, random.randrange(1, 4))
    return replace(EVERYTHING, **{key: value for each in chosen for key, value in each.items()})  # type: ignore[arg-type]  # any field


@pytest.mark.parametrize("seed", range(3))
async def test_changed_filter_fetches_exactly_the_difference(
    tmp_path: Path, simulator: Simulator, seed: int
) -> None:
    """A-34: whatever was wanted before, each file that is wanted now is asked for once at most."""
    random, held = Random(seed), set[str]()
    async with program(tmp_path, simulator) as app:
        for wish in (*(any_wish(random) for _ in range(4)), EVERYTHING):
            wanted = await wanted_files(app, wish)
            simulator.forget()
            await fill(app, wish)

            assert fetched(simulator) == sorted(wanted - held)
            held |= wanted
            await fill(app, wish)
            assert fetched(simulator) == []


async def test_changed_filter_looks_only_at_projects_that_it_changes(
    tmp_path: Path, simulator: Simulator
) -> None:
    """The others are not asked for, nor looked at."""
    first = replace(EVERYTHING, **rules("alpha", "beta", "gamma"))  # type: ignore[arg-type]  # any field
    second = replace(EVERYTHING, **rules("beta", "gamma", "zope-app"))  # type: ignore[arg-type]  # any field
    async with program(tmp_path, simulator) as app:
        await fill(app, first)
        simulator.forget()

        report = await fill(app, second)

        assert report.looked_at == 1
        assert {asked.path.split("/")[2] for asked in simulator.asked("page")} == {"zope-app"}


async def test_switching_between_cache_and_mirror_fetches_nothing_again(
    tmp_path: Path, simulator: Simulator
) -> None:
    """A-14, A-64: what readers had fetched the mirror has, and the other way round."""
    wheel, other = "alpha-1.0-py3-none-any.whl", "beta-1.0-py3-none-any.whl"
    wish = replace(EVERYTHING, tags=(TagPattern("py3-*"),), sdists="never")
    async with program(tmp_path, simulator, fallback="proxy") as app:
        wanted = await wanted_files(app, wish)
        await read(app, "alpha", wheel)
        assert fetched(simulator) == [wheel]
        await fill(app, wish)
        assert fetched(simulator) == sorted(wanted - {wheel})
    for fallback in ("mirror", "proxy", "none", "mirror"):
        async with program(tmp_path, simulator, fallback=fallback) as app:
            if fallback != "none":
                await read(app, "alpha", wheel)
                await read(app, "beta", other)
                await fill(app, wish)

            assert fetched(simulator) == []


async def read(app: App, name: str, filename: str) -> None:
    """Read a file to its end, as a client does."""
    repository = app.indexes[MAIN].chain.repository
    page = await repository.project(ProjectName(name))
    file = next(each for each in page.files if each.filename == filename)
    blob = await repository.file(page.ref(file))
    async with reading(blob) as chunks:
        async for _ in chunks:
            pass
