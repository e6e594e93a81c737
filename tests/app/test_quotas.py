"""Which files count for which quota, and who can say whether they can be had."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from support.app import DEMO, NO_PIP, app_on, settings, upstream
from support.packages import make_wheel
from support.simulator import Simulator
from wheelyard.app import running
from wheelyard.app.quotas import is_up_in, scopes_of, scopes_of_settings
from wheelyard.mirror import Scope
from wheelyard.names import MAIN, ProjectName
from wheelyard.settings import IndexSettings, NamesSettings, Settings, StoreSettings
from wheelyard.settings.patterns import NamePattern, Route

pytestmark = pytest.mark.anyio

STORE = StoreSettings(data=Path("data"))


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """Return the upstream."""
    with Simulator() as index:
        yield index


def index(name: str, **changes: object) -> IndexSettings:
    """Return the settings of an index with a quota of 5 bytes."""
    return IndexSettings(name=name, max_bytes=5, **changes)  # type: ignore[arg-type]  # any setting


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        pytest.param(index("main"), {"hosted:main", "usual", "routed"}, id="asks an upstream"),
        pytest.param(
            index("main", fallback="mirror"), {"hosted:main", "usual", "routed"}, id="shows one"
        ),
        pytest.param(index("main", fallback="none"), {"hosted:main"}, id="has its own alone"),
        pytest.param(
            index("main", bases=("corp",)), {"hosted:main", "corp", "routed"}, id="names one"
        ),
        pytest.param(
            index("main", bases=("team",)), {"hosted:main", "far", "routed"}, id="its base does"
        ),
    ],
)
def test_files_of_an_index_are_its_own_and_those_of_its_upstream(
    rules: IndexSettings, expected: set[str]
) -> None:
    """Files of a base count for that one."""
    routes = (Route(NamePattern("torch"), "routed"),)
    known = {"main": rules, "team": IndexSettings(name="team", bases=("far", "main"))}

    [scope] = scopes_of_settings(known, NamesSettings(route=routes), STORE, "usual")

    assert scope == Scope("the main index", 5, frozenset(expected))


def test_quota_of_everything_comes_last() -> None:
    """What an index lets go makes room there too."""
    store = replace(STORE, max_bytes=9)
    rules = {"main": IndexSettings(name="main"), "team": index("team", fallback="none")}

    scopes = scopes_of_settings(rules, NamesSettings(), store, "usual")

    assert [(scope.max_bytes, scope.owners) for scope in scopes] == [
        (5, frozenset({"hosted:team"})),
        (9, None),
    ]


def test_nothing_has_a_quota_unless_it_is_given() -> None:
    """As it always was."""
    rules = {"main": IndexSettings(name="main")}

    assert scopes_of_settings(rules, NamesSettings(), STORE, "usual") == ()


def with_quotas(data: Path, simulator: Simulator) -> Settings:
    """Return settings with quotas of each kind."""
    made = settings(data, upstream(simulator))
    indexes = (index(MAIN), index("team", fallback="none"), IndexSettings(name="free"))
    return replace(made, indexes=indexes, store=replace(made.store, max_bytes=9))


async def test_running_program_counts_the_same(tmp_path: Path, simulator: Simulator) -> None:
    """A server and a dry run of the command agree."""
    made = with_quotas(tmp_path / "data", simulator)
    async with running(made, NO_PIP) as app:
        found = scopes_of(app)

    rules = {each.name: each for each in made.indexes}
    assert found == scopes_of_settings(rules, made.names, made.store, "corp")


async def test_upstream_that_answers_is_up(tmp_path: Path, simulator: Simulator) -> None:
    """Whatever it says of the project; an owner that nobody knows never is."""
    simulator.add(make_wheel("demo", "1.0"))
    async with app_on(tmp_path / "data", simulator) as app:
        is_up = is_up_in(app)

        assert await is_up("corp", DEMO)
        assert await is_up("corp", ProjectName("nothing"))
        assert not await is_up("elsewhere", DEMO)


async def test_upstream_that_does_not_answer_is_down(tmp_path: Path, simulator: Simulator) -> None:
    """Also while an old copy of the page is good enough for everybody else."""
    simulator.add(make_wheel("demo", "1.0"))
    async with app_on(tmp_path / "data", simulator) as app:
        is_up = is_up_in(app)
        before = await is_up("corp", DEMO)
        simulator.down()

        assert before
        assert not await is_up("corp", DEMO)
        assert not await is_up("corp", ProjectName("other"))


async def test_offline_nobody_is_up(tmp_path: Path, simulator: Simulator) -> None:
    """Nobody may be asked, so nothing can be fetched again."""
    made = settings(tmp_path / "data", upstream(simulator))
    made = replace(made, server=replace(made.server, offline=True))
    async with running(made, NO_PIP) as app:
        assert not await is_up_in(app)("corp", DEMO)
