"""Who checks the checkers: each rule is shown an example that breaks it and one that does not."""

import ast
import textwrap
from pathlib import Path

import pytest

from support.house import Module, rules

EDGE = "src/wheelyard/server/routes.py"
ROOM = "src/wheelyard/pages/render.py"
WORD = "src/wheelyard/names.py"

FORTY_NINE_STATEMENTS = "\n".join(f"    step({n})" for n in range(49))

BAD = [
    (rules.any_is_only_for_wire, ROOM, "def read(value: Any) -> None: ..."),
    (rules.any_is_only_for_wire, ROOM, "def read(value: typing.Any) -> None: ..."),
    (rules.exits_only_in_the_command_line, EDGE, "sys.exit(3)"),
    (rules.exits_only_in_the_command_line, EDGE, "raise SystemExit"),
    (rules.function_is_short, ROOM, f"def run() -> None:\n{FORTY_NINE_STATEMENTS}\n    step(49)"),
    (rules.function_takes_few_parameters, ROOM, "def f(a, b, *, c, d, e, f): ..."),
    (rules.function_takes_few_parameters, "src/wheelyard/cli/x.py", "def f(a, b, c, d, e, f): ..."),
    (rules.imports_go_downwards, ROOM, "from wheelyard.server import routes"),
    (rules.imports_go_downwards, ROOM, "from wheelyard.access import rights"),
    (rules.imports_go_downwards, WORD, "import wheelyard.wire.digests"),
    (rules.imports_go_downwards, "src/wheelyard/attic/old.py", ""),
    (rules.imports_go_downwards, "src/wheelyard/wire/a.py", "from ..decide import freshness"),
    (rules.imports_go_downwards, ROOM, "def f():\n    from wheelyard.jobs import run"),
    (rules.imports_go_downwards, ROOM, "if TYPE_CHECKING:\n    from wheelyard.app import App"),
    (
        rules.interface_is_small,
        ROOM,
        "class Wide(Protocol):\n" + "\n".join(f"    def f{n}(self): ..." for n in range(6)),
    ),
    (rules.library_is_in_its_room, EDGE, "import aiohttp.client"),
    (rules.library_is_in_its_room, ROOM, "from unheard_of import thing"),
    (rules.module_is_short, ROOM, "step()\n" * 401),
    (rules.module_keeps_no_state, ROOM, "seen = []"),
    (rules.module_keeps_no_state, ROOM, "seen: dict[str, int] = {}"),
    (rules.module_keeps_no_state, ROOM, "seen = collections.defaultdict(list)"),
    (rules.module_keeps_no_state, ROOM, "def f():\n    global seen"),
    (rules.name_says_what_is_inside, "src/wheelyard/pages/utils.py", ""),
    (rules.name_says_what_is_inside, "tests/helpers/wheel.py", ""),
    (rules.name_says_what_is_inside, "src/wheelyard/base.py", ""),
    (rules.nothing_happens_by_chance, ROOM, "class A:\n    def __del__(self): ..."),
    (rules.only_settings_read_the_environment, ROOM, "home = os.environ['HOME']"),
    (rules.only_settings_read_the_environment, ROOM, "home = os.getenv('HOME')"),
    (rules.room_introduces_itself, "src/wheelyard/pages/__init__.py", '"""Pages."""'),
    (rules.room_introduces_itself, "src/wheelyard/pages/__init__.py", '__all__ = ["a"]'),
    (rules.silence_has_a_reason, ROOM, "a = b  # type: ignore"),
    (rules.silence_has_a_reason, ROOM, "a = b  # type: ignore[arg-type]"),
    (rules.silence_has_a_reason, ROOM, "a = b  # noqa: S101"),
    (rules.statuses_are_in_problems, EDGE, "status = 404"),
    (rules.statuses_are_in_problems, EDGE, "status = http.HTTPStatus.GONE"),
    (rules.tasks_belong_to_somebody, ROOM, "asyncio.create_task(work())"),
]

GOOD = [
    (rules.any_is_only_for_wire, "src/wheelyard/wire/json.py", "def read(value: Any): ..."),
    (rules.exits_only_in_the_command_line, "src/wheelyard/cli/main.py", "sys.exit(2)"),
    (
        rules.function_is_short,
        ROOM,
        f'def run() -> None:\n    """Long.\n\n    Text."""\n\n    # why\n{FORTY_NINE_STATEMENTS}',
    ),
    (rules.function_takes_few_parameters, ROOM, "def f(self, a, b, c, *, d, e): ..."),
    (
        rules.function_takes_few_parameters,
        "src/wheelyard/cli/x.py",
        "@command\ndef f(a, b, c, d, e, f): ...",
    ),
    (rules.imports_go_downwards, ROOM, "from wheelyard.wire import digests"),
    (rules.imports_go_downwards, ROOM, "from wheelyard.pages.shelf import Shelf"),
    (rules.imports_go_downwards, WORD, "from wheelyard.errors import BadInput"),
    (rules.imports_go_downwards, "src/wheelyard/cli/x.py", "from wheelyard import __version__"),
    (rules.library_is_in_its_room, "src/wheelyard/transport/http.py", "import aiohttp"),
    (rules.library_is_in_its_room, ROOM, "import anyio, json"),
    (rules.module_keeps_no_state, ROOM, "NAMES = {'a': 1}\nEMPTY = ()"),
    (rules.name_says_what_is_inside, "src/wheelyard/pages/base.py", ""),
    (rules.only_settings_read_the_environment, "src/wheelyard/settings.py", "os.environ"),
    (rules.room_introduces_itself, "src/wheelyard/pages/__init__.py", '"""A."""\n__all__ = ["a"]'),
    (rules.silence_has_a_reason, ROOM, "a = b  # type: ignore[arg-type]  # click says so"),
    (rules.silence_has_a_reason, ROOM, "a = b  # noqa: S101, S102  # checked above"),
    (rules.silence_has_a_reason, ROOM, "a = b  # noqa: S101 - checked above"),
    (rules.statuses_are_in_problems, "src/wheelyard/server/problems.py", "status = 404"),
    (rules.statuses_are_in_problems, "src/wheelyard/transport/http.py", "broken = 500"),
    (rules.statuses_are_in_problems, EDGE, "status = http.HTTPStatus.OK"),
    (rules.statuses_are_in_problems, EDGE, "port = 443"),
]


@pytest.mark.parametrize(("rule", "path", "text"), BAD)
def test_rule_notices_bad_example(rule: rules.Rule, path: str, text: str) -> None:
    """A rule that would let this pass is not a rule."""
    problems = list(rule(example(path, text)))

    assert problems
    assert path in problems[0]


@pytest.mark.parametrize(("rule", "path", "text"), GOOD)
def test_rule_accepts_good_example(rule: rules.Rule, path: str, text: str) -> None:
    """A rule that complains without cause is soon ignored."""
    assert list(rule(example(path, text))) == []


def test_every_rule_has_a_bad_example() -> None:
    """A rule comes with proof that it can fail."""
    names = {name for name in rules.__all__ if name != "Rule"}

    assert {rule.__name__ for rule, _, _ in BAD} == names


def example(path: str, text: str) -> Module:
    """Return a module that is only in memory."""
    text = textwrap.dedent(text)
    return Module(Path(path), text, ast.parse(text))
