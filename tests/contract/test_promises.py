"""Which test shows which promise: faults, threats, conformance, and what went before.

``F`` is a fault that something outside may have, ``T`` a threat, ``C`` a promise to clients, ``A``
one that systems of the past made or should have made, ``G`` a goal.  A number is what people refer
to, and a test is found by it; so the lists in ``promises/`` are kept, and a test that is renamed or
removed has to be put right there too.  A path without a name is a module of which every test
counts.
"""

import re
from collections.abc import Iterable

import pytest

from contract.promises.clients import CLIENTS, HOSTING
from contract.promises.faults import FAULTS, GOALS, THREATS
from contract.promises.filling import MIRRORS, TREES
from contract.promises.systems import ANCESTORS, OWN_INDEXES, PREDECESSORS
from support.house import ROOT

pytestmark = pytest.mark.house

PROMISES = {
    **FAULTS,
    **CLIENTS,
    **HOSTING,
    **PREDECESSORS,
    **OWN_INDEXES,
    **MIRRORS,
    **TREES,
    **ANCESTORS,
    **THREATS,
    **GOALS,
}


@pytest.mark.parametrize(
    ("number", "place"),
    [pytest.param(*each, id=each[0]) for each in PROMISES.items()],
)
def test_promise_has_its_test(number: str, place: str) -> None:
    """A number that people refer to leads to a test that is there."""
    module, _, name = place.partition("::")

    text = (ROOT / "tests" / module).read_text("utf-8")
    assert re.search(rf"^(?:async )?def {name or 'test_'}", text, re.MULTILINE), number


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        (FAULTS, [f"F{n:02}" for n in (*range(1, 18), *range(24, 35), 36, 73, 78)]),
        (CLIENTS, [f"C-{n}" for n in range(105, 126) if n != 117]),
        (HOSTING, [f"C-{n}" for n in (*range(58, 61), *range(63, 88), 97, 117)]),
        (PREDECESSORS, [f"A-{n:02}" for n in range(1, 19)]),
        (OWN_INDEXES, [f"A-{n}" for n in (42, *range(50, 65), 77)]),
        (
            MIRRORS,
            [f"A-{n}" for n in (*range(30, 42), 97)] + [f"C-{n}" for n in range(92, 97)],
        ),
        (
            TREES,
            [f"A-{n}" for n in (25, 26, 43, 76, *range(90, 97), *range(98, 104), 117)]
            + ["C-131", "C-132"],
        ),
        (
            ANCESTORS,
            [f"H-{n:02}" for n in (5, 6, *range(8, 15), *range(21, 25))]
            + [f"F-{n:02}" for n in range(1, 10)],
        ),
        (
            THREATS,
            [f"T{n:02}" for n in (*range(1, 9), *range(13, 17), 21, 22, *range(35, 48))],
        ),
    ],
)
def test_list_is_whole(numbers: Iterable[str], expected: list[str]) -> None:
    """Nothing is left out without a word."""
    assert list(numbers) == expected
