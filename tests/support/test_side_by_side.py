"""`support/side_by_side.py`: which tests one process gets, all of them."""

from support.house import ROOT
from support.side_by_side import FOLDERS, unit_of


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
