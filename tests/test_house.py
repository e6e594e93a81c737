"""The house rules, checked: what ``CONTRIBUTING.md`` asks for and a program can see.

A rule collects every place that breaks it, so that one run shows all of them.
"""

import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.house import ROOT, imports_of, modules_in, rules, tracked_files
from support.house.layers import COMES_WITH

pytestmark = pytest.mark.house

FOLDERS = ("src", "tests", "tools", "bench")

# Folders of tests that do not mirror a room, because what they show has no single one.
FREE_FOLDERS = {
    *("bench", "browser", "chaos", "contract", "data", "docs", "faults", "scenario", "support"),
}

# uvicorn finds these two by name when they are installed.
USED_BY_NAME = {"httptools", "uvloop"}


@pytest.fixture(scope="module", autouse=True)
def _trees_are_let_go() -> Iterator[None]:
    """Forget millions of nodes, among which every search for garbage would look."""
    yield
    modules_in.cache_clear()


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["ruff", "check", "--quiet"], id="ruff-check"),
        pytest.param(["ruff", "format", "--check", "--quiet"], id="ruff-format"),
        pytest.param(["mypy", "--no-error-summary"], id="mypy", marks=pytest.mark.slow),
    ],
)
def test_checker_finds_nothing(command: list[str]) -> None:
    """Style, format and types are as `pyproject.toml` asks for."""
    answer = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert answer.stdout + answer.stderr == ""
    assert answer.returncode == 0


@pytest.mark.parametrize(
    "rule",
    [
        rules.any_is_only_for_wire,
        rules.exits_only_in_the_command_line,
        rules.function_takes_few_parameters,
        rules.imports_go_downwards,
        rules.interface_is_small,
        rules.library_is_in_its_room,
        rules.module_keeps_no_state,
        rules.nothing_happens_by_chance,
        rules.only_settings_read_the_environment,
        rules.room_introduces_itself,
        rules.statuses_are_in_problems,
        rules.tasks_belong_to_somebody,
    ],
)
def test_source_follows_the_rule(rule: rules.Rule) -> None:
    """Nothing in `src/` breaks this rule; its docstring says why it is one."""
    problems = [problem for module in modules_in("src") for problem in rule(module)]

    assert not problems, "\n".join(problems)


@pytest.mark.parametrize(
    "rule",
    [
        rules.function_is_short,
        rules.module_is_short,
        rules.name_says_what_is_inside,
        rules.silence_has_a_reason,
    ],
)
def test_every_python_file_follows_the_rule(rule: rules.Rule) -> None:
    """Nothing in `src/`, `tests/` and `tools/` breaks this rule; its docstring says why."""
    problems = [
        problem for folder in FOLDERS for module in modules_in(folder) for problem in rule(module)
    ]

    assert not problems, "\n".join(problems)


def test_modules_have_no_import_cycle() -> None:
    """What a module needs at import time never needs that module."""
    known = {module.name for module in modules_in("src")}
    needs: dict[str, set[str]] = {}
    for module in modules_in("src"):
        at_import = {name for node, name in imports_of(module) if node in module.tree.body}
        targets = {name if name in known else name.rpartition(".")[0] for name in at_import}
        needs[module.name] = targets & known - {module.name}
    while free := {name for name in known if not needs[name] & known}:
        known -= free

    assert sorted(known) == []


def test_folder_of_source_is_a_package() -> None:
    """A room without `__init__.py` has nobody to say what it is for."""
    folders = {module.path.parent for module in modules_in("src")}

    assert {str(f) for f in folders if not ROOT.joinpath(f, "__init__.py").exists()} == set()


def test_dependencies_are_decided() -> None:
    """Each dependency has a record that says why it is one."""
    records = ROOT.joinpath("docs", "explanation", "decisions").glob("*.md")
    text = "\n".join(record.read_text("utf-8") for record in records)

    assert {name for name in dependencies("run", "test") if f"`{name}`" not in text} == set()


def test_dependencies_are_the_ones_that_are_imported() -> None:
    """Nothing is declared that is not used, and nothing is used that is not declared."""
    declared = {name.replace("-", "_") for name in dependencies("run", "extras")}
    imported = {
        name.partition(".")[0] for module in modules_in("src") for _, name in imports_of(module)
    }
    imported = {COMES_WITH.get(name, name) for name in imported}

    unused = declared - imported - USED_BY_NAME
    undeclared = imported - declared - {"wheelyard"}
    assert (sorted(unused), sorted(undeclared)) == ([], [])


def test_tests_mirror_the_source() -> None:
    """The tests of `room/thing.py` are in `tests/room/test_thing*.py`, and nowhere else."""
    places = mirrored_places()
    problems = []
    for module in modules_in("tests"):
        folder = Path(*module.path.parts[1:-1])
        stem = module.path.stem.removeprefix("test_")
        if not module.path.name.startswith("test_") or module.path.parts[1] in FREE_FOLDERS:
            continue
        if not any(stem == known or stem.startswith(f"{known}_") for known in places[folder]):
            problems.append(f"{module.path}: no module of that name in {folder}")

    assert not problems, "\n".join(problems)


def test_source_has_tests() -> None:
    """Each module has a file of tests of its own.

    Apart from interfaces, introductions and migrations, which are tested by migrating.
    """
    tests = {module.path for module in modules_in("tests")}
    problems = []
    for module in (*modules_in("src"), *modules_in("tools")):
        inside = (
            module.path.relative_to("src/wheelyard")
            if module.path.parts[0] == "src"
            else module.path
        )
        folder, stem = Path("tests") / inside.parent, f"test_{inside.stem}"
        found = (path.parent == folder and path.stem.startswith(stem) for path in tests)
        if inside.stem in {"__init__", "__main__", "base"} or "migrations" in inside.parts:
            continue
        if not any(found):
            problems.append(f"{module.path}: no {folder / stem}.py")

    assert not problems, "\n".join(problems)


def test_files_name_no_registry_and_no_machine() -> None:
    """Where packages come from is configuration; whose machine this was written on is nobody's."""
    registries = [
        "pypi" + r"\.(?:org|python)",
        "python" + "hosted",
        "npm" + "js",
        "conda" + r"\.org",
    ]
    machines = [
        r"(?<![\w.}$*-])/" + folder + r"/\w" for folder in ("home", "root", "Users", "work")
    ]
    own = [re.escape(str(place)) + r"\b" for place in (ROOT, Path.home()) if len(place.parts) > 2]
    pattern = re.compile("|".join([*registries, *machines, *own]))
    problems = [
        f"{path}:{number}: {found[0]}"
        for path in tracked_files()
        for number, line in enumerate(readable(path).splitlines(), 1)
        if (found := pattern.search(line))
    ]

    assert not problems, "\n".join(problems)


def dependencies(*kinds: str) -> set[str]:
    """Return the names of what `pyproject.toml` declares for running, as extras, for the tests."""
    project = tomllib.loads(ROOT.joinpath("pyproject.toml").read_text("utf-8"))
    extras = project["project"]["optional-dependencies"].values()
    declared = {
        "run": project["project"]["dependencies"],
        "extras": [text for extra in extras for text in extra],
        **project["dependency-groups"],
    }
    return {re.split(r"[^\w.-]", text)[0].lower() for kind in kinds for text in declared[kind]}


def mirrored_places() -> defaultdict[Path, set[str]]:
    """Return what tests may be named after, by folder below `tests/`."""
    places: defaultdict[Path, set[str]] = defaultdict(set)
    places[Path()] = {"house", "commands"}
    for module in modules_in("src"):
        inside = Path(*module.path.parts[2:])
        places[inside.parent] |= {
            inside.stem,
            inside.parent.name,
        }  # the module; the room as a whole
    for module in modules_in("tools"):
        places[Path("tools")].add(module.path.stem)
    return places


def readable(path: Path) -> str:
    """Return the text of a file of the clone; empty for pictures and archives."""
    try:
        return (ROOT / path).read_text("utf-8")
    except UnicodeDecodeError:
        return ""
