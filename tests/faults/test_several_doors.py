"""Several doors to one index: who is asked, who is left alone, what never happens. A-20 to A-23.

Each test has doors of its own: what they did is remembered for minutes.
"""

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from faults.yard import PATIENT, SHORT_LIVED, Yard, eventually, is_stale, open_yard
from support.packages import Package, make_wheel
from support.simulator import Simulator, silent

OLD, NEW = make_wheel("demo", "1.0"), make_wheel("demo", "2.0")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two doors, and a server that asks the first of them first."""

    first: Simulator
    second: Simulator
    yard: Yard

    def asked(self) -> tuple[int, int]:
        """Return how often each door was asked for a page."""
        return self.first.count("page"), self.second.count("page")

    def doors(self) -> list[dict[str, Any]]:
        """Return what the server says of its doors."""
        found: list[dict[str, Any]] = self.yard.client.ask("/-/status").json()["doors"]
        return found

    def circuits(self) -> list[str]:
        """Return the states of the two circuits."""
        return [door["circuit"] for door in self.doors()]

    def ask_until(self, *states: str) -> None:
        """Ask for things that nobody has until the circuit of the first door is in such a state."""
        numbers = itertools.count()

        def has_come() -> bool:
            self.yard.ask_page(f"nothing-{next(numbers)}")
            return self.circuits()[0] in states

        eventually(has_come, f"a circuit that is {' or '.join(states)}")

    def ask_many(self, prefix: str, count: int = 20) -> set[int]:
        """Return the statuses of pages that nobody has asked for, and both doors have."""
        for door in (self.first, self.second):
            door.add(*(make_wheel(f"{prefix}-{number}", "1.0") for number in range(count)))
        return {self.yard.ask_page(f"{prefix}-{number}").status for number in range(count)}


@contextmanager
def paired(
    data: Path,
    first: tuple[Package, ...] = (OLD, NEW),
    second: tuple[Package, ...] = (OLD, NEW),
    settings: dict[str, object] | None = None,
) -> Iterator[Pair]:
    """Run a server in front of two doors with these packages, whose pages are old at once."""
    with Simulator() as one, Simulator() as two:
        for door, packages in ((one, first), (two, second)):
            door.add(*packages)
            door.fault("page", SHORT_LIVED)
        words = {**PATIENT, **(settings or {})}
        with open_yard(data, one, upstreams=[one.url, two.url], settings=words) as yard:
            yield Pair(one, two, yard)


def test_first_door_that_is_sound_is_the_only_one_asked(tmp_path: Path) -> None:
    """A-20: the order is the operator's."""
    with paired(tmp_path) as pair:
        statuses = pair.ask_many("calm")
        asked = pair.asked()

    assert statuses == {200}
    assert asked == (20, 0)


def test_second_door_serves_while_the_first_is_out_and_no_longer(tmp_path: Path) -> None:
    """A-20 and G8: known and unknown, nobody sees an error, and the first is preferred again."""
    with paired(tmp_path) as pair:
        pair.yard.client.page("demo")
        pair.first.down()
        during = pair.ask_many("during")
        page = pair.yard.page_with("demo", "2.0")
        circuits = pair.circuits()
        pair.first.up()
        pair.ask_until("closed")
        before = pair.asked()
        after = pair.ask_many("after", 10)  # so few that none of them can be called late
        asked = pair.asked()

    assert (during, after, page.status) == ({200}, {200}, 200)
    assert circuits == ["open", "closed"]
    assert (asked[0] - before[0], asked[1] - before[1]) == (10, 0)


def test_door_that_comes_and_goes_is_not_preferred_at_once(tmp_path: Path) -> None:
    """A-20: no flapping. After a relapse it is on trial, and nobody notices any of it."""
    with paired(tmp_path) as pair:
        for _ in range(2):
            pair.first.up()
            pair.ask_until("closed")
            pair.first.down()
            pair.ask_until("open")
        trials = (tried(pair, f"trial-{number}") for number in range(6))
        asked, seconds = next(trial for trial in trials if trial is not None)

    assert asked[1] == 20
    # One a second, behind, and not one for each question.
    assert asked[0] <= min(seconds + 3, 19)


def tried(pair: Pair, names: str) -> tuple[tuple[int, int], float] | None:
    """Return what each door was asked while the first is on trial, and for how many seconds.

    None if the machine was so slow that the trial was over before; the next one takes longer.
    """
    pair.first.up()
    pair.ask_until("half-open", "closed")
    began, before = time.monotonic(), pair.asked()
    assert pair.ask_many(names) == {200}
    asked, seconds = pair.asked(), time.monotonic() - began
    if pair.circuits()[0] == "half-open":
        return (asked[0] - before[0], asked[1] - before[1]), seconds
    pair.first.down()
    pair.ask_until("open")
    return None


def test_door_that_is_behind_gives_way_and_is_the_last_resort(tmp_path: Path) -> None:
    """A-21: the fresher copy is asked; alone, the older one is used, and marked."""
    lone = make_wheel("lone", "1.0")
    with paired(tmp_path, first=(OLD, lone), second=(OLD, NEW)) as pair:
        pair.yard.client.page("demo")
        fresh = pair.yard.page_with("demo", "2.0")
        pair.second.down()
        pair.yard.ask_page("nothing")
        known, unknown = pair.yard.stale_page("demo"), pair.yard.ask_page("lone")

    assert not is_stale(fresh)
    assert known.json()["versions"] == ["1.0", "2.0"]
    assert (unknown.status, is_stale(unknown)) == (200, True)


def test_index_does_not_go_back_in_time(tmp_path: Path) -> None:
    """A-22: a door with less than what is held replaces nothing; the old copy is marked."""
    with paired(tmp_path, second=(OLD,)) as pair:
        before = pair.yard.client.page("demo")
        pair.first.down()
        pages = [pair.yard.stale_page("demo") for _ in range(5)]

    assert before.json()["versions"] == ["1.0", "2.0"]
    assert {page.body for page in pages} == {before.body}


def test_links_of_two_doors_are_never_mixed(tmp_path: Path) -> None:
    """A-23: each has a file that the other has not; a page is one door's alone."""
    second = (OLD, make_wheel("demo", "3.0"))
    with paired(tmp_path, second=second) as pair:
        seen = {tuple(pair.yard.client.page("demo").json()["versions"])}
        for _ in range(3):
            pair.first.down()
            seen |= {tuple(pair.yard.ask_page("demo").json()["versions"]) for _ in range(10)}
            pair.first.up()
            seen |= {tuple(pair.yard.ask_page("demo").json()["versions"]) for _ in range(10)}

    assert seen <= {("1.0", "2.0"), ("1.0", "3.0")}


@pytest.mark.parametrize("others", [("demo", "other"), ("other",)], ids=["same name", "no name"])
def test_door_to_another_index_is_never_used(tmp_path: Path, others: tuple[str, ...]) -> None:
    """Not for what is known, not for what is unknown, and "not here" is no answer of its."""
    private = tuple(make_wheel(name, "1.0", payload_bytes=10) for name in others)
    with paired(tmp_path, second=private) as pair:
        before = pair.yard.client.page("demo")
        pair.first.down()
        known = pair.yard.stale_page("demo")
        unknown, absent = pair.yard.ask_page("other"), pair.yard.ask_page("nowhere")
        said = pair.yard.server.log()

    assert known.body == before.body
    assert (unknown.status, absent.status) == (503, 503)
    assert "is a door to a different index and is not used" in said


def test_late_page_is_asked_for_at_the_next_door(tmp_path: Path) -> None:
    """A hedge: no deadline is over, and nobody waits for one."""
    late = make_wheel("late", "1.0")
    with paired(tmp_path, settings=dict(PATIENT)) as pair:
        pair.ask_many("quick", 30)
        pair.first.add(late)
        pair.second.add(late)
        pair.first.fault("/simple/late/", silent())

        answer = pair.yard.ask_page("late")
        asked = pair.second.count("/simple/late/")

    assert (answer.status, asked) == (200, 1)
