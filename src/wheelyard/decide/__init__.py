"""Decisions without I/O: each takes what is known and ``now``, and returns a value.

Pure: imports the words (``errors``, ``names``, ``model``, ``clock``) and nothing else of ours.
Start at ``freshness`` (may a kept page be used?) and ``absence`` (what does an upstream's status
mean?); all are used by their module's name.
"""

__all__ = ["absence", "circuit", "freshness", "losses", "outage"]

from wheelyard.decide import absence, circuit, freshness, losses, outage
