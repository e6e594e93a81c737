"""Metrics as Prometheus reads them: rows of a table and their samples become text.

Nothing is registered anywhere: the registry is made for one answer and belongs to it, so that
two servers in one process (tests) never share a number.
Source: Prometheus text format 0.0.4.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from wheelyard.monitor.metric_table import MetricRow

__all__ = ["METRICS_TYPE", "Labels", "Values", "expose", "families"]

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Labels = tuple[str, ...]
Values = Mapping[Labels, float]
"""The samples of a metric: values of its labels, and the number."""


def expose(metrics: Sequence[Metric]) -> bytes:
    """Return metrics in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Once(metrics))
    return generate_latest(registry)


def families(rows: Iterable[MetricRow], samples: Mapping[str, Values]) -> Iterator[Metric]:
    """Yield the counters and gauges among ``rows`` with their samples.

    ``samples`` are by the name of the metric without our prefix.
    """
    for row in rows:
        if row.kind == "histogram":
            continue
        make = CounterMetricFamily if row.kind == "counter" else GaugeMetricFamily
        family = make(row.name.removesuffix("_total"), row.text, labels=row.labels)
        for labels, value in samples[row.name.removeprefix("wheelyard_")].items():
            family.add_metric(labels, value)
        yield family


class _Once(Collector):
    """A collector of metrics that are already made."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        """Return the metrics. Part of prometheus-client's interface."""
        return self._metrics
