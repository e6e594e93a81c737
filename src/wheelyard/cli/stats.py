"""``wheelyard stats``: how often files were taken."""

from wheelyard.cli.acting import make_group
from wheelyard.cli.stats_convert import convert
from wheelyard.cli.stats_estimate import estimate
from wheelyard.cli.stats_export import export
from wheelyard.cli.stats_ingest import ingest
from wheelyard.cli.stats_merge import merge
from wheelyard.cli.stats_show import show

__all__ = ["command"]

command = make_group(
    "stats",
    "Count downloads, and show, export and merge the counts.",
    show,
    ingest,
    export,
    merge,
    convert,
    estimate,
)
