"""What became of an import."""

import pytest

from wheelyard.upload.importing import Item, Report
from wheelyard.upload.importing.report import Outcome


@pytest.mark.parametrize(
    ("outcome", "is_complete"),
    [
        ("imported", True),
        ("planned", True),
        ("skipped", True),
        ("rejected", False),
        ("failed", False),
    ],
)
def test_report_is_complete_if_everything_is_there(outcome: Outcome, *, is_complete: bool) -> None:
    """Or would be there, after a real run."""
    report = Report("a source", "main", (Item("a.whl", "a.whl", outcome),))

    assert report.is_complete is is_complete
    assert report.of(outcome) == report.items
