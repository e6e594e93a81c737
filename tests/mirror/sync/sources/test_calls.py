"""Serials and changes by XML-RPC, from an upstream that may answer anything."""

from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.sync.sources.doors import Doors
from wheelyard.errors import Absent, Unavailable
from wheelyard.mirror.sync.listing import Changes, Listing
from wheelyard.mirror.sync.sources import Calls, calls
from wheelyard.names import ProjectName
from wheelyard.wire.changelog import MOST
from wheelyard.wire.xml_rpc import Fault, Value

pytestmark = pytest.mark.anyio

FOO, BAR, ODD = ProjectName("foo"), ProjectName("bar"), ProjectName("odd")


def doors(
    serials: Value = None, entries: Callable[[int], Value] = lambda _: [], last: Value = 9
) -> Doors:
    """Return an upstream that answers these."""
    return Doors(
        methods={
            "changelog_last_serial": lambda: last,
            "list_packages_with_serial": lambda: serials,
            "changelog_since_serial": entries,
        }
    )


async def test_everything_has_the_serials_and_the_names_of_both() -> None:
    """Whoever forgets a name takes nothing away; the greater serial of two spellings counts."""
    listing = Listing({FOO: None, ODD: None})
    told: Mapping[str, Value] = {"Foo": 3, "foo": 2, "Bar": 5, "no name!": 1, "odd": "x"}

    found = await Calls(doors(told).pages).everything(listing)

    assert found == Listing({FOO: 3, BAR: 5, ODD: None}, "9")


@pytest.mark.parametrize("serials", [{}, [], "x", None, 7])
async def test_list_that_is_none_is_not_believed(serials: Value) -> None:
    """An upstream without a project is one that has lost its table."""
    with pytest.raises(Unavailable, match="not what was asked for"):
        await Calls(doors(serials).pages).everything(Listing({FOO: None}))


@pytest.mark.parametrize("last", [-1, True, "9", 2**80, None])
async def test_last_serial_that_is_none_is_not_believed(last: Value) -> None:
    """There would be no telling what is new."""
    with pytest.raises(Unavailable):
        await Calls(doors({"foo": 1}, last=last).pages).everything(Listing({}))


@pytest.mark.parametrize(
    "said", [Fault(-32601, "no such method"), Absent("The call"), Unavailable("The call", "502")]
)
async def test_upstream_that_does_not_know_the_call_has_no_such_news(
    said: Fault | Absent | Unavailable,
) -> None:
    """A fault is a refusal; only who cannot be asked may be asked again."""
    index = Doors(methods={"changelog_last_serial": lambda: said})
    expected = Unavailable if isinstance(said, Unavailable) else Absent

    with pytest.raises(expected):
        await Calls(index.pages).everything(Listing({}))


async def test_changes_are_told_with_the_last_one_of_each_project() -> None:
    """A project that was removed last is gone; one that came back is there."""
    entries: list[Value] = [
        ["foo", "1.0", 100, "new release", 5],
        ["Foo", "1.1", 100, "add file", 6],
        ["bar", None, 100, "remove project", 7],
        ["odd", None, 100, "remove", 8],
        ["odd", None, 100, "create", 9],
        ["kept", "1.0", 100, "remove release", 10],
    ]

    found = await Calls(doors(entries=lambda _: entries).pages).since("4")

    assert found == Changes({FOO: 6, ODD: 9, ProjectName("kept"): 10}, "10", frozenset({BAR}))


async def test_changes_that_were_told_before_are_nothing_new() -> None:
    """Serials that go backwards, and rows that are none, move nothing."""
    entries: list[Value] = [
        ["foo", None, 1, "create", 4],
        ["foo", None, 1, "create", "5"],
        ["foo", None, 1, "create", 2**70],
        ["no name!", None, 1, "create", 6],
        "row",
        [],
    ]

    assert await Calls(doors(entries=lambda _: entries).pages).since("4") == Changes({}, "4")


async def test_upstream_that_counts_anew_is_read_as_a_whole() -> None:
    """It was restored: nothing is new for it, and much may be."""
    assert await Calls(doors(last=3).pages).since("4") is None


async def test_long_changelog_is_asked_for_until_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as are told at a time, from the last one on."""
    monkeypatch.setattr(calls, "MOST", 2)
    rows: list[Value] = [[f"p{n}", None, 1, "create", n] for n in range(1, 6)]
    index = doors(entries=lambda since: rows[since : since + 2])

    found = await Calls(index.pages).since("0")

    assert found == Changes({ProjectName(f"p{n}"): n for n in range(1, 6)}, "5")


async def test_changelog_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of everything costs less."""
    monkeypatch.setattr(calls, "MOST", 1)
    index = doors(entries=lambda since: [["foo", None, 1, "create", since + 1]])

    assert await Calls(index.pages).since("0") is None


@pytest.mark.parametrize("answer", ["abc", 7, {"a": 1}, None])
async def test_changelog_that_is_none_is_not_believed(answer: Value) -> None:
    """A text is a sequence too."""
    with pytest.raises(Unavailable):
        await Calls(doors(entries=lambda _: answer).pages).since("4")


@pytest.mark.parametrize("body", [b"<html>Sign in</html>", b"{}"])
async def test_page_for_people_is_no_answer(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody speaks XML-RPC there."""
    index = doors()
    monkeypatch.setattr(Doors, "_called", lambda _self, _body: body)

    with pytest.raises(Absent):
        await Calls(index.pages).since("4")


def test_changelog_of_most_entries_is_what_pypi_tells() -> None:
    """The number is part of the interface."""
    assert MOST == 50_000


ROWS = st.recursive(
    st.none() | st.integers() | st.text(max_size=4) | st.booleans(),
    lambda inner: st.lists(inner, max_size=6),
    max_leaves=12,
)


@given(st.lists(ROWS, max_size=4), st.integers(0, 20))
async def test_no_answer_takes_anything_away_by_itself(rows: list[Value], mark: int) -> None:
    """Whatever is told, the mark never goes back, and only a removal that is told is one."""
    found = await Calls(doors(entries=lambda _: rows, last=100).pages).since(str(mark))

    assert found is not None
    assert int(found.mark) >= mark
    assert not found.removed
