"""The table of metrics: names that Prometheus and people understand."""

import re

import pytest

from wheelyard.monitor.metric_table import METRICS, MetricRow


@pytest.mark.parametrize("row", METRICS, ids=lambda row: row.name)
def test_row_says_all_that_a_reader_needs(row: MetricRow) -> None:
    """Our prefix, the unit at the end, `_total` for what only grows, and a sentence."""
    assert re.fullmatch(r"wheelyard_[a-z_]+", row.name)
    assert row.name.endswith("_total") is (row.kind == "counter")
    assert row.text[-1:] == "."


def test_names_are_given_once() -> None:
    """Prometheus refuses a name that comes twice."""
    names = [row.name for row in METRICS]

    assert len(names) == len(set(names))
