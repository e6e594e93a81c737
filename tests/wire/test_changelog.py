"""The changelog: entries in order, in PyPI's form, and never cut within a serial."""

import pytest

from wheelyard.clock import Instant
from wheelyard.model import Knowledge, ProjectEntry, ProjectList
from wheelyard.wire.change_feed import KINDS
from wheelyard.wire.changelog import (
    MOST,
    entry_of,
    last_serial,
    listed_changes,
    serials_of,
    shortened,
)
from wheelyard.wire.xml_rpc_values import Value

LISTED = ProjectList(
    (ProjectEntry("Foo.Bar", 7), ProjectEntry("other", 3), ProjectEntry("uncounted")),
    known=Knowledge(Instant(1_000.5), Instant(2_000.0)),
)


def test_serials_are_those_of_the_list() -> None:
    """Under the names as displayed; what has none is not told of."""
    assert serials_of(LISTED) == {"Foo.Bar": 7, "other": 3}


def test_last_serial_is_the_highest_that_is_known() -> None:
    """That of the list counts as well, and a list of nothing has 0."""
    assert last_serial(LISTED) == 7
    assert last_serial(ProjectList(LISTED.projects, serial=9)) == 9
    assert last_serial(ProjectList()) == 0


def test_changes_of_a_list_come_in_the_order_of_their_serials() -> None:
    """One for each project, after the serial that is known already."""
    assert listed_changes(LISTED, 0) == [
        ["other", None, 1_000, "change", 3],
        ["Foo.Bar", None, 1_000, "change", 7],
    ]
    assert listed_changes(LISTED, 3) == [["Foo.Bar", None, 1_000, "change", 7]]
    assert listed_changes(LISTED, 7) == []
    assert listed_changes(ProjectList(LISTED.projects), 3)[0][2] == 0


@pytest.mark.parametrize(
    ("kind", "detail", "expected"),
    [
        ("project.created", {}, ["foo", None, 12, "create", 5]),
        (
            "file.added",
            {"version": "1.0", "filename": "foo-1.0.tar.gz"},
            ["foo", "1.0", 12, "add file foo-1.0.tar.gz", 5],
        ),
        ("release.deleted", {"version": "1.0"}, ["foo", "1.0", 12, "remove release", 5]),
        ("project.deleted", {"version": 3}, ["foo", None, 12, "remove project", 5]),
        ("index.changed", {}, None),
        ("file.accepted", {}, None),
    ],
)
def test_entry_of_the_journal_is_in_the_words_of_pypi(
    kind: str, detail: dict[str, object], expected: list[Value] | None
) -> None:
    """What changes no page is not told."""
    assert entry_of(5, Instant(12.9), kind, "foo", detail) == expected


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"file.accepted"}))
def test_every_change_of_a_page_has_an_entry(kind: str) -> None:
    """A kind that is told by the change feed and not here would be missed by mirrors."""
    assert entry_of(1, Instant(0), kind, "foo", {}) is not None


def test_entries_are_cut_between_two_serials() -> None:
    """Who goes on after the last one misses nobody."""
    entries: list[list[Value]] = [["foo", None, 0, "x", n] for n in range(MOST - 1)]
    more: list[list[Value]] = [["a", None, 0, "x", MOST], ["b", None, 0, "x", MOST]]

    assert shortened(entries + more[:1]) == entries + more[:1]
    assert shortened(entries + more) == entries


def test_entries_of_one_serial_alone_are_all_told() -> None:
    """There is no other place to cut."""
    entries: list[list[Value]] = [["foo", None, 0, "x", 1] for _ in range(MOST + 2)]

    assert shortened(entries) == entries
