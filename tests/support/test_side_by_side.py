"""`support/side_by_side.py`: which tests one process gets, all of them."""

from dataclasses import dataclass, field
from types import SimpleNamespace

from support.house import ROOT
from support.side_by_side import FOLDERS, SLOW, SharedScheduling, is_slow, unit_of


def test_tests_of_one_module_stay_together() -> None:
    """Whatever the name of a test has in it."""
    module = "tests/wire/test_ranges.py"

    units = {unit_of(f"{module}::test_{each}") for each in ("a", "b[x/y::z]")}

    assert units == {module}


def test_modules_stay_apart() -> None:
    """Those of one folder too, if its session starts nothing that takes long."""
    assert unit_of("tests/wire/test_a.py::test_a") != unit_of("tests/wire/test_b.py::test_a")


def test_modules_that_try_every_outage_stay_together() -> None:
    """They would be tried once in each process."""
    (folder,) = FOLDERS
    modules = [path.relative_to(ROOT) for path in (ROOT / folder).glob("test_*.py")]

    assert len(modules) > 1
    assert {unit_of(f"{module}::test_a") for module in modules} == {folder}


def test_slow_units_are_there() -> None:
    """A room that was renamed would end the run with one process that works alone."""
    assert [place for place in SLOW if not ROOT.joinpath(place).exists()] == []
    assert is_slow(unit_of("tests/chaos/test_soak.py::test_a"))
    assert is_slow(unit_of("tests/scenario/outage/test_matrix.py::test_a"))
    assert not is_slow(unit_of("tests/wire/test_ranges.py::test_a"))


@dataclass(eq=False)
class Node:
    """A process that keeps what it is given and has done it at once."""

    given: list[int] = field(default_factory=list)
    shutting_down: bool = False

    def send_runtest_some(self, indices: list[int]) -> None:
        """Take tests, as numbers in what was collected."""
        self.given += indices

    def shutdown(self) -> None:
        """Take no more."""
        self.shutting_down = True


def test_slow_units_are_the_first() -> None:
    """Whatever the number of their tests; of the others the larger ones are, as ever."""
    units = ["tests/wire/test_a.py", "tests/names/test_b.py", "tests/chaos/test_c.py"]
    collected = [f"{units[0]}::{n}" for n in range(5)] + [f"{units[1]}::{n}" for n in range(9)]
    collected.append(f"{units[2]}::0")
    options = SimpleNamespace(loadscopereorder=True)
    config = SimpleNamespace(getvalue=lambda _: ["popen"], option=options)
    scheduling, node = SharedScheduling(config), Node()
    scheduling.add_node(node)
    scheduling.add_node_collection(node, collected)

    scheduling.schedule()
    for number in node.given:
        scheduling.mark_test_complete(node, number)

    order = list(dict.fromkeys(unit_of(collected[number]) for number in node.given))
    assert order == [units[2], units[1], units[0]]
    assert sorted(node.given) == list(range(len(collected)))
