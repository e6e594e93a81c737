"""Files that a mirror holds and does not want any more."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from support.app import NO_PIP, settings, upstream
from support.packages import make_sdist, make_wheel
from support.simulator import Simulator, running_simulator
from wheelyard.app import MAIN, App, SyncOrder, run_sync, running
from wheelyard.app.giving_up import given_up
from wheelyard.errors import BadInput, ConfigError, Unavailable
from wheelyard.mirror.gc import Collected
from wheelyard.mirror.sync import Account
from wheelyard.names import ProjectName
from wheelyard.settings import ProjectRule, Settings, SyncSettings, parse_pattern

pytestmark = pytest.mark.anyio

NAMES = ("alpha", "beta", "gamma")
EVERYTHING = SyncSettings(name=MAIN, all=True)
FEWER = replace(
    EVERYTHING,
    all=False,
    projects=(ProjectRule(parse_pattern("a*")), ProjectRule(parse_pattern("beta"))),
    keep_versions=1,
)


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """Run an upstream with three projects of two releases, each a wheel and an archive."""
    with running_simulator() as simulator:
        for name in NAMES:
            for version in ("1.0", "2.0"):
                simulator.add(make_wheel(name, version), make_sdist(name, version))
        yield simulator


def told(data: Path, simulator: Simulator, *syncs: SyncSettings, days: float = 0.0) -> Settings:
    """Return settings under which what was used before so many days may go."""
    made = settings(data, upstream(simulator))
    store = replace(made.store, keep_removed_days=days)
    return replace(made, syncs=syncs, store=store)


async def fill(made: Settings, wanted: SyncSettings = EVERYTHING) -> set[str]:
    """Fill the main index, and return the names of the files that are held then."""
    async with running(made, NO_PIP) as app:
        report = await run_sync(app, SyncOrder(wanted), Account(MAIN, app.clock.now()))
        assert report.outcome == "done", report
        return await held(app)


async def held(app: App) -> set[str]:
    """Return the names of the files that are held."""
    (owner,) = await app.catalog.blob_names.owners()
    rows = [await app.catalog.held.of_project(owner, ProjectName(name)) for name in NAMES]
    return {row.filename for each in rows for row in each}


async def test_narrower_filter_gives_up_exactly_the_difference(
    tmp_path: Path, simulator: Simulator
) -> None:
    """A-34: what is left is what is wanted; made wider again, just that is fetched again."""
    made = told(tmp_path, simulator, FEWER)
    everything = await fill(made)
    wanted = {name for name in everything if name.startswith(("alpha-2", "beta-2"))}

    planned = await given_up(made, NO_PIP, dry_run=True)
    assert await fill(made, FEWER) == everything
    went = await given_up(made, NO_PIP)

    assert planned.files == went.files == len(everything - wanted)
    assert went.bytes > 0
    assert await fill(made, FEWER) == wanted
    assert await given_up(made, NO_PIP) == Collected()
    simulator.forget()
    assert await fill(made) == everything
    asked = {each.path.rpartition("/")[2] for each in simulator.asked("file")}
    assert asked == everything - wanted


async def test_what_was_used_of_late_stays(tmp_path: Path, simulator: Simulator) -> None:
    """Where everything else is on demand, somebody may have asked for it."""
    made = told(tmp_path, simulator, FEWER, days=30)
    await fill(made)

    assert await given_up(made, NO_PIP) == Collected()


async def test_what_cannot_be_fetched_again_stays(tmp_path: Path, simulator: Simulator) -> None:
    """Nobody answers, so nothing goes."""
    made = told(tmp_path, simulator, FEWER)
    await fill(made)
    alone = replace(made, server=replace(made.server, offline=True))

    assert await given_up(alone, NO_PIP) == Collected()


async def test_index_of_which_only_pages_are_wanted_is_left_alone(
    tmp_path: Path, simulator: Simulator
) -> None:
    """There, files come when somebody asks for them."""
    made = told(tmp_path, simulator, replace(EVERYTHING, metadata_only=True))
    everything = await fill(made)

    assert await given_up(made, NO_PIP) == Collected()
    assert await fill(made) == everything


@pytest.mark.parametrize(
    ("syncs", "error"),
    [
        ((), ConfigError),
        ((replace(EVERYTHING, max_file_bytes=0),), BadInput),
        ((SyncSettings(name=MAIN, requirements=(Path("requirements.txt"),)),), Unavailable),
    ],
)
async def test_nothing_goes_if_it_cannot_be_said_what_is_wanted(
    tmp_path: Path,
    simulator: Simulator,
    syncs: tuple[SyncSettings, ...],
    error: type[Exception],
) -> None:
    """No mirror is configured, it contradicts itself, or its requirements have no solution."""
    await fill(told(tmp_path / "data", simulator))
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("nobody-has-this==1.0\n", "utf-8")
    syncs = tuple(
        replace(each, requirements=(requirements,)) if each.requirements else each for each in syncs
    )

    with pytest.raises(error):
        await given_up(told(tmp_path / "data", simulator, *syncs), NO_PIP)
