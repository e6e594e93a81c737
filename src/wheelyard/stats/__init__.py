"""Stats: how often files were taken, counted here, from logs, and brought together from nodes.

Start at ``counting.py`` (from a request to a row). ``ingesting.py`` does the same for the logs of
others, with the rule of what counts in ``logged.py``. ``merging.py`` sums what the nodes of a site
publish below ``/local-stats/days/``, read through ``node_days.py``; ``export.py`` writes files.
The format of the files is in ``wire/local_stats.py``, the rows in ``catalog/downloads.py``.
"""

from wheelyard.stats.counting import DownloadWriter, Tally, day_of, is_finished, shown_agent

__all__ = ["DownloadWriter", "Tally", "day_of", "is_finished", "shown_agent"]
