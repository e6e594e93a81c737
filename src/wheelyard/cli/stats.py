"""``wheelyard stats``: how often files were taken."""

from wheelyard.cli.acting import make_group
from wheelyard.cli.stats_export import export
from wheelyard.cli.stats_merge import merge
from wheelyard.cli.stats_show import show

__all__ = ["command"]

command = make_group(
    "stats", "Show, export and merge the counts of downloads.", show, export, merge
)
