"""An upstream that nobody waits for twice: what its circuit does, as clients see it. G8.

Who was asked is counted, and never timed: a clock would only measure the machine. The bounds are
wide, since a probe a second is let through; without a circuit every question would reach out.
"""

import itertools
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from contract.conformance.asking import Answer
from faults.yard import HASTY, Yard, at_once, eventually, open_yard
from support.packages import Package, make_wheel
from support.simulator import TWO_HOSTS, Simulator, silent, status

QUESTIONS = 24
FEW = 12
"""More probes than any machine takes seconds for so many questions at once."""

OUTAGES: dict[str, Callable[[Simulator], object]] = {
    "f02-refused": lambda upstream: upstream.down(),
    "f03-blackhole": lambda upstream: upstream.vanish(),
    "f06-silent": lambda upstream: upstream.mute(),
    "f09-503": lambda upstream: upstream.fault("*", status(503)),
    "f12-429": lambda upstream: upstream.fault("*", status(429, retry_after=2)),
}


def packages(prefix: str) -> list[Package]:
    """Return a package for each question."""
    return [make_wheel(f"{prefix}-{number}", "1.0") for number in range(QUESTIONS)]


def tried(yard: Yard) -> int:
    """Return how often the upstream was tried."""
    (door,) = yard.client.ask("/-/status").json()["doors"]
    return int(door["requests"])


def open_circuit(yard: Yard) -> None:
    """Ask for things that nobody has until the upstream is left alone."""
    numbers = itertools.count()

    def is_open() -> bool:
        yard.ask_page(f"nothing-{next(numbers)}")
        return yard.circuits() == {"open"}

    eventually(is_open, "an open circuit")


def ask_all(yard: Yard, names: list[str]) -> list[Answer]:
    """Ask for all these pages at once."""
    return at_once(*[partial(yard.ask_page, name) for name in names])


@pytest.mark.parametrize("outage", OUTAGES)
def test_held_pages_need_nobody_once_the_circuit_is_open(hasty: Yard, outage: str) -> None:
    """The first client may have waited; those who come for other pages do not even ask."""
    held = packages(f"held-{outage}")
    hasty.add_held(*held)
    OUTAGES[outage](hasty.upstream)
    open_circuit(hasty)
    before = tried(hasty)

    pages = at_once(*[partial(hasty.stale_page, package.name) for package in held])

    assert [page.json()["versions"] for page in pages] == [["1.0"]] * QUESTIONS
    assert tried(hasty) - before < FEW


@pytest.mark.parametrize("outage", OUTAGES)
def test_cold_page_is_503_at_once_while_the_circuit_is_open(hasty: Yard, outage: str) -> None:
    """With a sentence that says since when, and nobody asked."""
    OUTAGES[outage](hasty.upstream)
    open_circuit(hasty)
    before = tried(hasty)

    answers = ask_all(hasty, [package.name for package in packages(f"cold-{outage}")])

    told = [answer for answer in answers if "has been out of order since" in answer.text]
    assert {answer.status for answer in answers} == {503}
    assert {answer["retry-after"] for answer in answers} == {"1"}
    assert len(told) > QUESTIONS - FEW
    assert tried(hasty) - before < FEW


@pytest.mark.parametrize("outage", OUTAGES)
def test_upstream_that_returns_is_in_use_again_without_a_restart(hasty: Yard, outage: str) -> None:
    """Held pages are renewed, and what nobody had asked for before is there."""
    known, unknown = make_wheel(f"known-{outage}", "1.0"), packages(f"unknown-{outage}")
    hasty.add_held(known)
    OUTAGES[outage](hasty.upstream)
    open_circuit(hasty)
    hasty.upstream.add(make_wheel(known.name, "2.0"), *unknown)

    hasty.recover()
    answers = ask_all(hasty, [package.name for package in unknown])

    assert {answer.status for answer in answers} == {200}
    assert hasty.page_with(known.name, "2.0").status == 200


def test_file_and_metadata_are_503_at_once_while_the_circuit_is_open(hasty: Yard) -> None:
    """Whatever is asked for, as long as it is not held."""
    package = make_wheel("out-of-reach", "1.0")
    hasty.add_held(package)
    path = hasty.path_of(package)
    hasty.upstream.down()
    open_circuit(hasty)
    before = tried(hasty)

    answers = at_once(*[partial(hasty.client.ask, path)] * QUESTIONS)

    assert {answer.status for answer in answers} == {503}
    assert tried(hasty) - before < FEW


def test_pages_are_renewed_while_the_host_of_the_files_is_out(tmp_path: Path) -> None:
    """An index and its files are two hosts, and fail each on its own."""
    package = make_wheel("apart", "1.0")
    with Simulator(TWO_HOSTS) as upstream, open_yard(tmp_path, upstream, settings=HASTY) as yard:
        yard.add_held(package)
        path = yard.path_of(package)
        upstream.vanish("files")
        file = yard.client.ask(path)
        circuits = yard.circuits()
        yard.add(make_wheel("apart", "2.0"), make_wheel("new", "1.0"))

        new, old = yard.ask_page("new"), yard.page_with("apart", "2.0")

    assert (file.status, circuits) == (503, {"open"})
    assert (new.status, old.status) == (200, 200)


def test_one_silent_page_does_not_keep_the_others_out_for_long(hasty: Yard) -> None:
    """It opens the circuit, and the next answer closes it again."""
    slow, others = make_wheel("silent", "1.0"), packages("other")
    hasty.add_held(slow)
    hasty.upstream.fault("/simple/silent/", silent())
    hasty.stale_page("silent")
    hasty.upstream.add(*others)
    before = hasty.circuits()

    hasty.recover()

    assert before == {"open"}
    assert {answer.status for answer in ask_all(hasty, [each.name for each in others])} == {200}
