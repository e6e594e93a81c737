"""What the settings of a mirror want, requirements with all they need."""

from pathlib import Path

import pytest

from support.app import app_on, main_index
from support.packages import make_sdist, make_wheel
from support.simulator import Simulator, running_simulator
from wheelyard.app.wanting import wish_of
from wheelyard.clock import Instant
from wheelyard.errors import BadInput
from wheelyard.settings import SyncSettings
from wheelyard.tags import Platform

pytestmark = pytest.mark.anyio

NOW = Instant(1_790_000_000.0)


def stock(index: Simulator) -> None:
    """Have projects that need each other, on one platform and another."""
    index.add(make_wheel("app", "1.0", requires=["library", "only-there; sys_platform == 'win32'"]))
    index.add(make_wheel("library", "1.0"), make_sdist("library", "1.0"))
    index.add(make_wheel("library", "0.9"), make_wheel("only-there", "1.0"))


def wanting(tmp_path: Path, text: str) -> SyncSettings:
    """Return settings that want what a requirements file needs, on Windows."""
    path = tmp_path / "requirements.txt"
    path.write_text(text, "utf-8")
    return SyncSettings(
        name="main", requirements=(path,), pythons=("3.11",), platforms=(Platform("win_amd64"),)
    )


async def test_requirements_want_exactly_the_files_that_they_need(tmp_path: Path) -> None:
    """All fitting wheels of the versions that were resolved, for the targets."""
    with running_simulator() as index:
        stock(index)
        async with app_on(tmp_path / "data", index) as app:
            repository = main_index(app).chain.repository
            wish = await wish_of(wanting(tmp_path, "app\n"), repository, NOW)

    assert wish.problems == ()
    assert {name: sorted(files) for name, files in wish.wanted.files.items()} == {
        "app": ["app-1.0-py3-none-any.whl"],
        "library": ["library-1.0-py3-none-any.whl"],
        "only-there": ["only_there-1.0-py3-none-any.whl"],
    }


async def test_requirement_that_nothing_serves_is_a_problem_and_not_an_end(tmp_path: Path) -> None:
    """The rest is wanted all the same."""
    with running_simulator() as index:
        stock(index)
        async with app_on(tmp_path / "data", index) as app:
            repository = main_index(app).chain.repository
            wish = await wish_of(wanting(tmp_path, "no-such==1.0\n"), repository, NOW)

    assert wish.problems
    assert wish.wanted.files == {}


async def test_bad_file_is_a_sentence_before_anybody_is_asked(tmp_path: Path) -> None:
    """Exit 2, and no request."""
    with running_simulator() as index:
        async with app_on(tmp_path / "data", index) as app:
            repository = main_index(app).chain.repository
            index.forget()
            with pytest.raises(BadInput):
                await wish_of(wanting(tmp_path, "===\n"), repository, NOW)

        assert index.count() == 0


async def test_patterns_need_no_resolver(tmp_path: Path) -> None:
    """And nobody is asked."""
    with running_simulator() as index:
        async with app_on(tmp_path / "data", index) as app:
            repository = main_index(app).chain.repository
            index.forget()
            wish = await wish_of(SyncSettings(name="main", all=True), repository, NOW)

        assert wish.wanted.everything
        assert index.count("page") == 0
