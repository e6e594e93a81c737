"""Judging: what is missing, and what is a note; see ``test_judging_agreement.py`` too."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mirror.ready.yard import APP, HERE, LIB, MAKER, OLD_APP, PLAT, SPEED, SRC, Place, offline
from support.app import NO_PIP, main_index, settings, upstream
from support.simulator import PYPI, running_simulator
from wheelyard.app import running
from wheelyard.clock import Instant
from wheelyard.closure import Closing, parse_target
from wheelyard.errors import BadInput
from wheelyard.mirror.ready import Judgement, Question, Views, judge, wanted_files

pytestmark = pytest.mark.anyio

Listed = Callable[..., list[Path]]
NOW = Instant(5)


async def compared(place: Place, files: list[Path], *packages: object) -> Judgement:
    """Return the judgement with an upstream to compare, which has ``packages``."""
    question = Question("app", tuple(files), (HERE,), Closing())
    with running_simulator() as index:
        index.add(*packages)  # type: ignore[arg-type]  # packages
        async with (
            running(settings(place.data, upstream(index)), NO_PIP) as app,
            offline(place.data) as held,
        ):
            views = Views(main_index(held).chain.repository, main_index(app).chain.repository)
            return await judge(question, views, NOW, lambda _: None)


async def test_what_is_held_is_counted(place: Place, listed: Listed) -> None:
    """Each release once, with what building takes."""
    judgement = await place.judged(listed("app[fast]", "src"))

    [target] = judgement.targets
    assert judgement.is_ready
    assert (target.held, target.wanted, target.missing, target.notes) == (5, 5, (), ())


async def test_what_is_missing_has_its_file_and_a_next_step(place: Place, listed: Listed) -> None:
    """The file that an installer would take, why it is not there, and who needs it."""
    place.lose(LIB)

    judgement = await compared(place, listed("app"), APP, OLD_APP, LIB)

    [target] = judgement.targets
    [missing] = target.missing
    assert (target.held, target.wanted) == (1, 2)
    assert (missing.project, missing.file, missing.reason) == (
        "lib",
        LIB.filename,
        "it is not held",
    )
    assert "`--fetch`" in missing.next
    assert "app" in missing.needed_by
    assert target.problems == ()


async def test_what_resolving_fetched_counts_as_held(tmp_path: Path, listed: Listed) -> None:
    """Where pages advertise no metadata, wheels come to be read; then nothing is missing."""
    question = Question("app", tuple(listed("app")), (HERE,), Closing())
    with running_simulator(replace(PYPI, metadata=False)) as index:
        index.add(APP, LIB)
        async with (
            running(settings(tmp_path, upstream(index)), NO_PIP) as app,
            offline(tmp_path) as held,
        ):
            views = Views(main_index(held).chain.repository, main_index(app).chain.repository)
            judgement = await judge(question, views, NOW, lambda _: None)

    [target] = judgement.targets
    assert judgement.is_ready
    assert (target.held, target.wanted, target.problems) == (2, 2, ())


async def test_without_upstream_the_resolver_says_why(place: Place, listed: Listed) -> None:
    """Nobody is asked, so nobody knows which file it would be."""
    place.lose(LIB)

    [target] = (await place.judged(listed("app"))).targets

    assert not target.is_ready
    assert "lib" in " ".join(target.problems)


async def test_other_release_than_with_upstream_is_a_note(place: Place, listed: Listed) -> None:
    """It installs all the same."""
    place.lose(APP)

    judgement = await compared(place, listed("app"), APP, OLD_APP, LIB)

    [target] = judgement.targets
    assert judgement.is_ready
    [note] = target.notes
    assert note.startswith("`app` would be 0.9: 1.0, which is listed, is not held.")


async def test_many_damaged_files_are_found_one_after_the_other(
    place: Place, listed: Listed
) -> None:
    """Each of them makes something else be chosen, until nothing is left."""
    place.damage(APP)
    place.damage(OLD_APP)

    judgement = await place.judged(listed("app"))

    assert not judgement.is_ready
    assert [*place.data.joinpath("quarantine").iterdir()]


async def test_wanted_files_are_all_that_fit(full: Place, listed: Listed) -> None:
    """For each target, with what building takes; each once."""
    targets = (
        parse_target("3.12", "manylinux_2_28_x86_64"),
        parse_target("3.13", "manylinux_2_28_x86_64"),
        parse_target("3.12", "win_amd64"),
    )
    question = Question("app", tuple(listed("plat", "src")), targets, Closing())
    async with offline(full.data) as app:
        refs = await wanted_files(question, main_index(app).chain.repository, lambda _: None)

    names = [ref.file.filename for ref in refs]
    assert sorted(names) == sorted(
        [PLAT[0].filename, PLAT[1].filename, SRC.filename, MAKER.filename]
    )


async def test_file_that_is_not_needed_is_not_read(place: Place, listed: Listed) -> None:
    """A damaged file of somebody else is somebody else's."""
    place.damage(SPEED)

    assert (await place.judged(listed("app"))).is_ready


async def test_file_that_cannot_be_read_is_bad_input(full: Place, tmp_path: Path) -> None:
    """It is the question that is wrong."""
    with pytest.raises(BadInput):
        await full.judged([tmp_path / "missing.txt"])
