"""The rules for one module at a time: each takes a module and yields the places that break it.

A rule is a function from ``Module`` to sentences, so that it can be shown a bad example
(``tests/test_house_rules.py``) as well as the source (``tests/test_house.py``).
"""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from support.house.layers import LIBRARY_ROOMS, SHARED_LIBRARIES, WORDS, imports_of, level_of
from support.house.limits import code_lines, comments_of, functions_of, parameter_count
from support.house.sources import Module
from support.house.syntax import calls_of, constant, dotted, error_status, last_name

__all__ = [
    "Rule",
    "any_is_only_for_wire",
    "exits_only_in_the_command_line",
    "function_is_short",
    "function_takes_few_parameters",
    "imports_go_downwards",
    "interface_is_small",
    "library_is_in_its_room",
    "module_is_short",
    "module_keeps_no_state",
    "name_says_what_is_inside",
    "nothing_happens_by_chance",
    "only_settings_read_the_environment",
    "room_introduces_itself",
    "silence_has_a_reason",
    "statuses_are_in_problems",
    "tasks_belong_to_somebody",
]

Rule = Callable[[Module], Iterator[str]]

MODULE_LINES = 400
FUNCTION_LINES = 50
PARAMETERS = 5
PROTOCOL_METHODS = 5

FORBIDDEN_NAMES = frozenset(
    {"utils", "util", "helpers", "helper", "common", "misc", "manager", "core"}
)
EDGE = frozenset({"server", "web", "app", "cli"})
EXITS = frozenset({"sys.exit", "os._exit", "SystemExit", "exit", "quit"})
ENVIRONMENT = frozenset({"os.environ", "os.getenv", "environ", "getenv"})
BARE_TASKS = frozenset(
    {"asyncio.create_task", "asyncio.ensure_future", "create_task", "ensure_future"}
)
STATUSES = frozenset(Path("src/wheelyard/server") / name for name in ("problems.py", "framing.py"))
ASGI_TYPES = frozenset(
    Path("src/wheelyard/server") / name
    for name in ("cycle.py", "exchange.py", "lane.py", "lifespan.py")
)
CONTAINERS = frozenset({"list", "dict", "set", "defaultdict", "deque", "bytearray"})

SILENCED = re.compile(r"#\s*(?:type:\s*ignore|noqa)(?P<rest>.*)$")
CODES = r"(?:\[[\w, -]+\]|: [A-Z]+[0-9]+(?:, ?[A-Z]+[0-9]+)*)"
CODES_AND_REASON = re.compile(rf"^{CODES}\s+[^\w\s]*\s*\w.*$")


def imports_go_downwards(module: Module) -> Iterator[str]:
    """A room imports lower rooms only; two rooms on one level never import each other."""
    own = level_of(module.room)
    if own is None:
        yield f"{module.path}: the order of the rooms does not know the room {module.room}"
        return
    for node, name in imports_of(module):
        package, _, rest = name.partition(".")
        target = rest.partition(".")[0].replace("__version__", "")
        if package != "wheelyard" or target == module.room or {target, module.room} <= WORDS:
            continue
        other = level_of(target)
        if target and (other is None or other >= own):
            yield f"{module.at(node)}: {module.room or 'the package'} imports {name}"


def library_is_in_its_room(module: Module) -> Iterator[str]:
    """One room translates a library's errors and knows its ways; the rest is free of it.

    The words are one vocabulary, so they count as one room.
    """
    for node, name in imports_of(module):
        library = name.partition(".")[0]
        home = LIBRARY_ROOMS.get(library)
        if library == "wheelyard" or library in SHARED_LIBRARIES:
            continue
        if home != module.room and not {home, module.room} <= WORDS:
            yield f"{module.at(node)}: {library} lives in {home or 'no room yet'}"


def module_is_short(module: Module) -> Iterator[str]:
    """A module of more than 400 lines holds more than one concept: split it by concept."""
    if (length := module.text.count("\n")) > MODULE_LINES:
        yield f"{module.path}: {length} lines"


def function_is_short(module: Module) -> Iterator[str]:
    """A function of more than 50 lines of code has parts that deserve a name."""
    for function in functions_of(module):
        if (length := code_lines(module, function)) > FUNCTION_LINES:
            yield f"{module.at(function)}: {function.name} has {length} lines of code"


def function_takes_few_parameters(module: Module) -> Iterator[str]:
    """More than five parameters are a record without a name; only commands list their options."""
    for function in functions_of(module):
        if module.room == "cli" and function.decorator_list:
            continue
        if (count := parameter_count(function)) > PARAMETERS:
            yield f"{module.at(function)}: {function.name} takes {count} parameters"


def interface_is_small(module: Module) -> Iterator[str]:
    """A protocol of more than five methods is two protocols."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ClassDef) and "Protocol" in map(last_name, node.bases):
            methods = [
                n for n in node.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
            ]
            if len(methods) > PROTOCOL_METHODS:
                yield f"{module.at(node)}: {node.name} has {len(methods)} methods"


def room_introduces_itself(module: Module) -> Iterator[str]:
    """A room's `__init__.py` says what the room is for, and names what is public."""
    if module.path.name == "__init__.py":
        is_room = module.path.parent.parent == Path("src/wheelyard")
        if is_room and not constant(module, "__all__"):
            yield f"{module.path}: `__all__` is missing or empty"
        if not ast.get_docstring(module.tree):
            yield f"{module.path}: there is no docstring"


def name_says_what_is_inside(module: Module) -> Iterator[str]:
    """`utils` and its like are where things go that nobody wants to name."""
    parts = module.path.with_suffix("").parts
    for name in FORBIDDEN_NAMES.intersection(parts):
        yield f"{module.path}: {name} says nothing"
    in_room = parts[:2] == ("src", "wheelyard") and len(parts) == len(
        ("src", "wheelyard", "room", "")
    )
    if "base" in parts and not (parts[-1] == "base" and in_room):
        yield f"{module.path}: only a room's interface is called base"


def any_is_only_for_wire(module: Module) -> Iterator[str]:
    """Documents have no type before they are parsed; after `wire/` everything has one.

    What ASGI calls a message, and uvicorn a coroutine, is `Any` by their own definition.
    """
    if module.path in ASGI_TYPES:
        return
    for node in ast.walk(module.tree):
        if module.room != "wire" and isinstance(node, ast.expr) and last_name(node) == "Any":
            yield module.at(node)


def statuses_are_in_problems(module: Module) -> Iterator[str]:
    """Which error becomes which HTTP status is written in `server/problems.py` alone.

    Below it, what is wrong with a request as a piece of HTTP is no error of ours yet.
    """
    if module.room not in EDGE or module.path in STATUSES:
        return
    for node in ast.walk(module.tree):
        if status := error_status(node):
            yield f"{module.at(node)}: {status}"


def exits_only_in_the_command_line(module: Module) -> Iterator[str]:
    """A library that ends the process takes the decision away from whoever called it."""
    if module.path != Path("src/wheelyard/cli/main.py"):
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Name | ast.Attribute) and dotted(node) in EXITS:
                yield module.at(node)


def tasks_belong_to_somebody(module: Module) -> Iterator[str]:
    """A bare task is nobody's: its errors are lost and nothing waits for it.

    The application's lifespan is the task that every other one belongs to.
    """
    if module.path == Path("src/wheelyard/server/lifespan.py"):
        return
    for node in calls_of(module, BARE_TASKS):
        yield module.at(node)


def only_settings_read_the_environment(module: Module) -> Iterator[str]:
    """A component receives values; where they came from is not its business."""
    for node in ast.walk(module.tree):
        if module.room not in {"settings", "app", "cli"} and dotted(node) in ENVIRONMENT:
            yield module.at(node)


def module_keeps_no_state(module: Module) -> Iterator[str]:
    """State in a module is shared by every test and every server in the process."""
    for node in module.tree.body:
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if "__all__" in ast.unparse(node):
            continue
        if isinstance(value, ast.List | ast.Dict) and ast.unparse(value) in {"[]", "{}"}:
            yield module.at(node)
        if isinstance(value, ast.Call) and last_name(value.func) in CONTAINERS:
            yield module.at(node)
    for statement in ast.walk(module.tree):
        if isinstance(statement, ast.Global):
            yield module.at(statement)


def nothing_happens_by_chance(module: Module) -> Iterator[str]:
    """`__del__` runs when the collector pleases, or never."""
    for function in functions_of(module):
        if function.name == "__del__":
            yield module.at(function)


def silence_has_a_reason(module: Module) -> Iterator[str]:
    """Whoever silences a checker says on the same line why that is right."""
    for number, comment in comments_of(module):
        silenced = SILENCED.search(comment)
        if silenced and not CODES_AND_REASON.match(silenced["rest"]):
            yield f"{module.path}:{number}: {comment}"
