"""Every cell of {outage} x {root, page, metadata, file} x {known, unknown}, at protocol level.

Short deadlines, real servers, one for each kind of outage. What is promised stands in `matrix.py`.
"""

from collections.abc import Callable

import pytest

from scenario.outage.matrix import OUTAGES, Cell, Outage, cells
from scenario.outage.observing import Observed

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

Observe = Callable[[Outage], Observed]


@pytest.mark.parametrize("cell", list(cells()), ids=str)
def test_cell_is_as_promised(cell: Cell, observed: Observe) -> None:
    """What a client gets is what the table says, to the byte."""
    found = observed(cell.outage).cells[cell.thing, cell.is_known]

    assert found == cell.promised


@pytest.mark.parametrize("outage", OUTAGES, ids=str)
def test_status_names_the_outage(outage: Outage, observed: Observe) -> None:
    """Whoever runs the server reads what is wrong."""
    shown = observed(outage).shown
    beginnings = {outage.shown, outage.also_shown or outage.shown}

    named = [each for each in beginnings if shown.startswith(each) and bool(shown) == bool(each)]
    assert named, f"{shown!r} begins with none of {beginnings}"
