"""The badge: a picture of the last judgement."""

from itertools import count

import pytest
from defusedxml import ElementTree

from wheelyard.catalog import ReadinessRow
from wheelyard.clock import Instant
from wheelyard.monitor.badge import render_badge

NOW = 1_000_000.0


def row(missing: int = 0, age: float = 60.0, target: str = "Python 3.12") -> ReadinessRow:
    """Return what one target came to."""
    return ReadinessRow("requirements.txt", target, Instant(NOW - age), 12, missing)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "not known"),
        ([row()], "yes"),
        ([row(missing=2)], "10 of 12"),
        ([row(), row(missing=2, target="Python 3.13")], "1 of 2 targets"),
        ([row(), row(age=8 * 86_400.0)], "not known for a week"),
    ],
    ids=count(),
)
def test_badge_says_what_was_found(rows: list[ReadinessRow], said: str) -> None:
    """For eyes and for who cannot see it."""
    picture = ElementTree.fromstring(render_badge(rows, NOW))

    assert picture.attrib["aria-label"] == f"installs offline: {said}"
    assert [text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")] == [
        "installs offline",
        said,
    ]
