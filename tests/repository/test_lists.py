"""Lists of projects: put together, and with names left out. See ``test_priority.py`` as well."""

import pytest

from wheelyard.model import Knowledge, ProjectEntry, ProjectList
from wheelyard.names import ProjectName
from wheelyard.repository.lists import least_sure, merge_lists, only_names, serials_of

pytestmark = pytest.mark.anyio

KNOWN = Knowledge(checked_at=10, fresh_until=20, revision=3, source="door")


def listing(*names: str, serial: int | None = None) -> ProjectList:
    """Return a list of ``names``."""
    return ProjectList(tuple(ProjectEntry(name) for name in names), serial, KNOWN)


async def test_one_list_is_that_list() -> None:
    """Nothing is gone through where there is nothing to put together."""
    only = listing("a", serial=7)

    assert await merge_lists([only]) is only


async def test_first_entry_of_a_name_counts() -> None:
    """In whatever spelling."""
    merged = await merge_lists([listing("A_b", serial=7), listing("a-b", "c")])

    assert [entry.name for entry in merged.projects] == ["A_b", "c"]
    assert merged.serial == 7


async def test_serials_of_one_owner_alone_are_told() -> None:
    """A mirror program compares them all with one number, which only one count can have."""
    first = ProjectList((ProjectEntry("a", 7), ProjectEntry("b")), 9, KNOWN)
    second = ProjectList((ProjectEntry("a", 70_000), ProjectEntry("c", 80_000)), None, KNOWN)

    merged = await merge_lists([listing("own"), first, second])

    expected = {"own": None, "a": 7, "b": None, "c": None}
    assert {entry.name: entry.serial for entry in merged.projects} == expected
    assert merged.serial == 9


async def test_names_that_are_not_wanted_are_left_out() -> None:
    """Compared as they are normalised, kept as they are spelled; all else is as it was."""
    listed = await only_names(
        listing("A.b", "C_d", serial=7), lambda name: name != ProjectName("a-b")
    )

    assert listed == listing("C_d", serial=7)


def test_whole_is_known_as_well_as_its_least_sure_part() -> None:
    """No younger, no fresher, and with its source; nothing is known if one part is not."""
    stale = Knowledge(checked_at=5, fresh_until=30, revision=4, how="stale", source="other")
    own = Knowledge(checked_at=50, fresh_until=60, revision=1, how="own")

    assert least_sure([own, KNOWN, stale]) == Knowledge(5, 20, 8, "stale", "other")
    assert least_sure([own, KNOWN]) == Knowledge(10, 20, 4, "hit", "door")
    assert least_sure([KNOWN, None]) is None


def test_serials_are_those_of_projects_that_have_one() -> None:
    """By the names that we use."""
    listed = ProjectList((ProjectEntry("Foo.Bar", 7), ProjectEntry("b")))

    assert serials_of(listed) == {"foo-bar": 7}
