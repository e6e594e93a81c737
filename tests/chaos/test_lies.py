"""An upstream that lies, again and again: G5 (404 for everything) and G6 (less than there was).

A lie is told once, or for as long as the round lasts where time would not make it true: an older
serial. A loss that every reading bears out is no lie: it is believed, and that is shown here too.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random

import pytest

from chaos.campaign import Campaign, count
from contract.conformance.asking import Answer
from faults.yard import Yard, eventually, is_stale, open_yard
from support.packages import make_wheel
from support.simulator import PYPI, Fault, Simulator, empty_page, older_serial, status

LIES: dict[str, tuple[Fault, bool]] = {
    "rolled back": (older_serial(), True),
    "shrunk": (older_serial(), False),
    "emptied": (empty_page(), False),
    "gone": (status(404), False),
}
"""What is said, and whether it is said for good; "shrunk" is told by an index without serials."""


@pytest.fixture(scope="module")
def _yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    """One server in front of one upstream, for every round."""
    data = tmp_path_factory.mktemp("lies") / "data"
    with Simulator() as upstream, open_yard(data, upstream) as opened:
        yield opened


@pytest.fixture
def yard(_yard: Yard) -> Iterator[Yard]:
    """The same, with an upstream that is sound again after the test."""
    yield _yard
    _yard.upstream.style = PYPI
    _yard.recover()


def known(yard: Yard, name: str, random: Random) -> bytes:
    """Have a project with some releases held here, and return its page."""
    newest = random.randint(2, 6)
    for number in range(1, newest + 1):
        yard.add(make_wheel(name, f"{number}.0"))
    return yard.client.page(name).body


def lists(versions: list[str]) -> Callable[[Answer], bool]:
    """Return whether a page lists these versions and no others."""
    return lambda answer: bool(answer.json()["versions"] == versions)


@pytest.mark.parametrize("kind", LIES)
def test_lies_are_not_believed(yard: Yard, campaign: Campaign, kind: str) -> None:
    """G6: what is held stays, to the byte, marked as an old copy."""
    fault, for_good = LIES[kind]
    yard.upstream.style = replace(PYPI, serials=kind != "shrunk")
    for each in campaign.rounds(25):
        with each:
            name = f"{kind.replace(' ', '-')}-{each.number}"
            before = known(yard, name, each.random)
            if for_good:
                yard.upstream.fault(f"/simple/{name}/", fault)
            else:
                yard.upstream.fault(f"/simple/{name}/", fault, times=1)
            page = yard.stale_page(name)
            assert page.body == before


def test_removals_are_believed(yard: Yard, campaign: Campaign) -> None:
    """G6: what its owner took away is gone here as well: one file, the newest, or all."""
    for each in campaign.rounds(25):
        with each:
            name = f"removal-{each.number}"
            known(yard, name, each.random)
            if each.random.random() < 0.3:
                yard.upstream.remove_project(name)
                yard.until(f"/simple/{name}/", lambda answer: answer.status == 404)
            else:
                versions = yard.client.page(name).json()["versions"]
                gone = each.random.choice(versions)
                yard.upstream.remove(make_wheel(name, gone).filename)
                left = [version for version in versions if version != gone]
                page = yard.until(f"/simple/{name}/", lists(left))
                assert not is_stale(page)


def test_404_for_everything_is_never_passed_on(yard: Yard, campaign: Campaign) -> None:
    """G5: known names keep their pages, unknown ones get 503, for as long as it lasts.

    Whether the upstream still knows what it knew is looked at every two seconds: unknown names are
    asked for from then on.
    """
    names = [f"mass-{number}" for number in range(count(40))]
    bodies = {name: known(yard, name, campaign.random(number)) for number, name in enumerate(names)}
    yard.upstream.fault("page", status(404))
    unknown = itertools.count()
    eventually(lambda: yard.ask_page(f"early-{next(unknown)}").status == 503, "doubt")
    for each in campaign.rounds(100):
        with each:
            if each.random.random() < 0.2:
                answer = yard.ask_page(f"unknown-{each.number}")
                assert answer.status == 503
            else:
                name = each.random.choice(names)
                answer = yard.ask_page(name)
                assert (answer.status, answer.body) == (200, bodies[name])
