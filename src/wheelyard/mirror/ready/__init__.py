"""Readiness: would this install if every upstream vanished now, and what to do that it would.

Start with ``judging.py`` (the question), then ``keeping.py`` (fetch and pin) and ``drilling.py``
(the proof: a real installer, with nobody to ask but us).
May import: ``closure``, ``repository`` and what is below them.
"""

from wheelyard.mirror.ready.asked import Asked, find_files, parse_asked
from wheelyard.mirror.ready.drilling import INSTALLERS, Drill, Drilled, Installer, drill
from wheelyard.mirror.ready.judging import Question, Views, judge, wanted_files
from wheelyard.mirror.ready.keeping import Kept, NotKept, keep
from wheelyard.mirror.ready.records import (
    Judgement,
    Missing,
    Progress,
    Site,
    TargetJudgement,
    Tell,
    owner_of,
)

__all__ = [
    "INSTALLERS",
    "Asked",
    "Drill",
    "Drilled",
    "Installer",
    "Judgement",
    "Kept",
    "Missing",
    "NotKept",
    "Progress",
    "Question",
    "Site",
    "TargetJudgement",
    "Tell",
    "Views",
    "drill",
    "find_files",
    "judge",
    "keep",
    "owner_of",
    "parse_asked",
    "wanted_files",
]
