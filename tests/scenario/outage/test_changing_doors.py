"""Two doors, and the first dies in the middle of an installation: no client notices."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from threading import Thread

import pytest

from chaos.campaign import FACTOR
from faults.yard import HASTY
from scenario.outage.breaking import zeros
from scenario.outage.site import TREE, Seed
from support.clients import PIP_AND_UV, Installer, Kind, Sandbox
from support.server import running_server
from support.simulator import (
    Fault,
    Request,
    Simulator,
    refuse,
    silent,
)

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

AFTER_FILES = 12
"""So many files come from the first door before it dies."""


_GONE = refuse()

DEATHS: dict[str, tuple[bool, Fault]] = {
    "refused": (True, _GONE),
    "silent": (True, silent()),
    "wrong-bytes": (False, zeros()),
}
"""How the first door dies, and whether it does so with all of it, or with its files alone."""


@dataclass(frozen=True, slots=True)
class Case:
    """A death of the first door, and the client that must not notice."""

    death: str
    kind: Kind[Installer]

    def __str__(self) -> str:
        return f"{self.death}-{self.kind}"


_PIP, _UV = PIP_AND_UV
CASES = [
    Case(death, kind)
    for death in DEATHS
    for kind in (_PIP, _UV)
    if kind is _UV or death == "refused" or FACTOR > 1
]


def die_in_the_middle(door: Simulator, fault: Fault, *, is_whole: bool) -> None:
    """Have a door that fails from a certain file on, in whatever it is asked for then."""
    files = count(1)
    seen = [0]

    def is_dead(request: Request) -> bool:
        if request.kind == "file":
            seen[0] = next(files)
            if fault is _GONE and seen[0] == AFTER_FILES + 1:
                # Not from the simulator's own thread, which has to be free to shut its door.
                Thread(target=door.down, daemon=True).start()
        return seen[0] > AFTER_FILES and (is_whole or request.kind in ("file", "metadata"))

    door.fault(is_dead, fault)


@pytest.fixture
def doors() -> Iterator[tuple[Simulator, Simulator]]:
    """Run two indexes that are the same."""
    with Simulator() as first, Simulator() as second:
        first.add(*TREE.packages)
        second.copy_contents_from(first)
        yield first, second


@pytest.mark.parametrize("case", CASES, ids=str)
def test_door_that_dies_within_an_installation_is_not_noticed(
    doors: tuple[Simulator, Simulator],
    case: Case,
    seed: Seed,
    sandbox: Sandbox,
    tmp_path: Path,
) -> None:
    """Nothing is known before; what the first door no longer gives, the second does.

    The client ends well and says nothing of an error or another try, and has the right bytes.
    """
    first, second = doors
    is_whole, fault = DEATHS[case.death]
    die_in_the_middle(first, fault, is_whole=is_whole)
    urls = [first.url, second.url]
    client = case.kind.start(sandbox)

    with running_server(tmp_path / "data", upstreams=urls, settings=HASTY) as server:
        result = client.install([TREE.root], server.url, tmp_path / "changing").checked()

    assert result.files == seed.files
    assert result.installed == TREE.expected
    assert first.count("file") > AFTER_FILES
    assert second.count("file") > 0
    said = result.output.lower()
    assert not [word for word in ("error", "warning", "retry") if word in said], result.output
