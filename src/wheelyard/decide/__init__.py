"""Decisions without I/O: each takes what is known and ``now``, and returns a value.

Pure: imports the words (``errors``, ``names``, ``model``, ``clock``) and nothing else of ours.
Start at ``freshness`` (may a kept page be used?) and ``absence`` (what does an upstream's status
mean?); all are used by their module's name.
"""

__all__ = [
    "absence",
    "canaries",
    "circuit",
    "doors",
    "evidence",
    "freshness",
    "hedging",
    "likeness",
    "lookalikes",
    "losses",
    "outage",
    "ownership",
    "refusal",
]

from wheelyard.decide import (
    absence,
    canaries,
    circuit,
    doors,
    evidence,
    freshness,
    hedging,
    likeness,
    lookalikes,
    losses,
    outage,
    ownership,
    refusal,
)
