"""``ready`` and ``drill`` agree: what is called ready installs, and what is not does not.

Each state is played on a copy of one data directory: what is held is judged, and then a real
installer installs from it. Whichever of them is wrong, somebody would be sorry.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from mirror.ready.yard import APP, HERE, LIB, MAKER, OLD_APP, PLAT, SPEED, SRC, WITHDRAWN, Place
from support.packages import Package
from wheelyard.closure import Target, parse_target
from wheelyard.mirror.ready import Installer

pytestmark = pytest.mark.anyio

Change = Callable[[Place], Awaitable[None]]

WINDOWS = parse_target("3.12", "win_amd64")
LINUX = parse_target("3.12", "manylinux_2_28_x86_64")
LOCKED = [f"{package.name}==1.0 --hash=sha256:{package.sha256}" for package in (APP, LIB, SPEED)]


def pylock(*packages: Package) -> list[str]:
    """Return the lines of a lock, which says that the files are somewhere else."""
    lines = ['lock-version = "1.0"', 'created-by = "somebody"']
    for package in packages:
        lines += [
            *("[[packages]]", f'name = "{package.name}"', f'version = "{package.version}"'),
            *("[[packages.wheels]]", f'name = "{package.filename}"'),
            f'url = "https://files.index.example/{package.filename}"',
            f'hashes = {{sha256 = "{package.sha256}"}}',
        ]
    return lines


@dataclass(frozen=True, slots=True)
class State:
    """What is required, and what was done to the data directory before."""

    name: str
    lines: Sequence[str]
    change: Change | None = None
    target: Target = HERE
    file: str = "requirements.txt"

    def __str__(self) -> str:
        return self.name


def losing(*names: str) -> Change:
    """Return who deletes the bytes of files."""

    async def change(place: Place) -> None:
        for package in (APP, OLD_APP, LIB, SPEED, SRC, MAKER, *PLAT, WITHDRAWN):
            if package.filename in names:
                place.lose(package)

    return change


def damaging(*names: str) -> Change:
    """Return who puts other bytes in the place of files."""

    async def change(place: Place) -> None:
        for package in (APP, OLD_APP, LIB, SPEED):
            if package.filename in names:
                place.damage(package)

    return change


def losing_metadata() -> Change:
    """Return who deletes all metadata that are held by themselves."""

    async def change(place: Place) -> None:
        for package in (APP, OLD_APP, LIB, SPEED):
            place.lose_metadata(package)

    return change


def losing_page(name: str) -> Change:
    """Return who forgets a page."""

    async def change(place: Place) -> None:
        await place.lose_page(name)

    return change


def losing_row(which: str) -> Change:
    """Return who forgets that a file is held."""

    async def change(place: Place) -> None:
        [package] = [each for each in (APP, LIB) if each.filename == which]
        await place.lose_row(package)

    return change


YES = [
    State("all is held", ["app[fast]", "src"]),
    State("locked, all is held", LOCKED),
    State("the newest is gone", ["app"], losing(APP.filename)),
    State("an extra is gone that is not asked for", ["app"], losing(SPEED.filename)),
    State("the newest is damaged", ["app"], damaging(APP.filename)),
    State("all metadata are gone", ["app[fast]"], losing_metadata()),
    State("a wheel of another platform is gone", ["plat"], losing(PLAT[1].filename), LINUX),
    State("a wheel for Windows is held", ["plat"], target=WINDOWS),
    State("yanked and named", ["withdrawn==1.0"]),
    State("a lock file", pylock(APP, LIB), file="pylock.toml"),
    State("a condition leaves it out", ["app", "gone; sys_platform == 'win32'"]),
]
"""What installs."""

NO = [
    State("locked to other bytes", [*LOCKED[1:], "app==1.0 --hash=sha256:" + "0" * 64]),
    State("locked, one is gone", LOCKED, losing(SPEED.filename)),
    State("the newest is gone and named", ["app==1.0"], losing(APP.filename)),
    State("all releases are gone", ["app"], losing(APP.filename, OLD_APP.filename)),
    State("what it needs is gone", ["app"], losing(LIB.filename)),
    State("an extra is gone", ["app[fast]"], losing(SPEED.filename)),
    State("the newest is damaged and named", ["app==1.0"], damaging(APP.filename)),
    State("what it needs is damaged", ["app"], damaging(LIB.filename)),
    State("its page is gone", ["app"], losing_page("app")),
    State("the page of what it needs is gone", ["app"], losing_page("lib")),
    State("nobody knows that it is held", ["app==1.0"], losing_row(APP.filename)),
    State("an sdist is gone", ["src"], losing(SRC.filename)),
    State("what it needs to be built is gone", ["src"], losing(MAKER.filename)),
    State("the page of what it needs to be built is gone", ["src"], losing_page("maker")),
    State("a wheel of this platform is gone", ["plat"], losing(PLAT[0].filename), LINUX),
    State("a wheel for Windows is gone", ["plat"], losing(PLAT[1].filename), WINDOWS),
    State("a lock file, one is gone", pylock(APP, LIB), losing(LIB.filename), file="pylock.toml"),
    State(
        "a lock file, the newer is held",
        pylock(OLD_APP),
        losing(OLD_APP.filename),
        file="pylock.toml",
    ),
    State("yanked and not named", ["withdrawn"]),
    State("yanked, named and gone", ["withdrawn==1.0"], losing(WITHDRAWN.filename)),
    State("a condition asks for it", ["gone; python_version > '3'"]),
    State("only binary", ["--only-binary :all:", "src"]),
    State("only an sdist", ["--no-binary lib", "lib"]),
    State("never heard of", ["nobody-has-this"]),
]
"""What does not."""


async def both(
    full: Place, path: Path, state: State, installer: Installer = "uv"
) -> tuple[bool, bool, str]:
    """Return whether it is judged ready, whether it installs, and what the installer said."""
    file = path / state.file
    file.write_text("".join(f"{line}\n" for line in state.lines), "utf-8")
    place = full.copy_to(path / "data")
    if state.change is not None:
        await state.change(place)
    judgement = await place.judged([file], state.target)
    [target] = judgement.targets
    assert judgement.is_ready or target.missing or target.problems
    drilled = await place.drilled([file], state.target, installer)
    return judgement.is_ready, drilled.succeeded, drilled.output


@pytest.mark.parametrize("state", YES, ids=str)
async def test_a12_what_is_ready_installs(full: Place, tmp_path: Path, state: State) -> None:
    """A-03, A-12: whoever is told so is not disappointed."""
    ready, installs, said = await both(full, tmp_path, state)

    assert (ready, installs) == (True, True), said


@pytest.mark.parametrize("state", NO, ids=str)
async def test_a12_what_is_not_ready_does_not(full: Place, tmp_path: Path, state: State) -> None:
    """And nobody is alarmed for nothing."""
    ready, installs, said = await both(full, tmp_path, state)

    assert (ready, installs) == (False, False), said


async def test_a12_pip_says_the_same(full: Place, tmp_path: Path) -> None:
    """The judgement is of what is held, not of one installer."""
    [state] = [each for each in NO if each.name == "what it needs is gone"]

    ready, installs, said = await both(full, tmp_path, state, "pip")

    assert (ready, installs) == (False, False), said
