"""Metrics as text: rows of a table, with their samples."""

from wheelyard.monitor.exposition import Values, expose, families
from wheelyard.monitor.metric_table import MetricRow

ROWS = (
    MetricRow("wheelyard_things_total", "counter", "Things.", ("kind",)),
    MetricRow("wheelyard_open", "gauge", "Open things."),
    MetricRow("wheelyard_seconds", "histogram", "Made elsewhere."),
)


def test_rows_become_text_with_their_samples() -> None:
    """A counter keeps its suffix, and a histogram is not made here."""
    samples: dict[str, Values] = {"things_total": {("good",): 2.0}, "open": {(): 1.0}}

    text = expose([*families(ROWS, samples)]).decode()

    assert text == (
        "# HELP wheelyard_things_total Things.\n"
        "# TYPE wheelyard_things_total counter\n"
        'wheelyard_things_total{kind="good"} 2.0\n'
        "# HELP wheelyard_open Open things.\n"
        "# TYPE wheelyard_open gauge\n"
        "wheelyard_open 1.0\n"
    )
