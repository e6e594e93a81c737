"""How downloads are counted, and how the counts are told: ``[stats]``."""

from dataclasses import dataclass
from typing import Annotated, Literal

from wheelyard.settings import kinds
from wheelyard.settings.words import Words

__all__ = ["StatsSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatsSettings:
    """How downloads are counted, and how the counts are told."""

    count_downloads: Annotated[
        bool,
        kinds.SWITCH,
        Words(
            "Count what this server sends, by day, file and program; no addresses are kept. Say "
            "`false` where the log of a server in front is counted with `stats ingest`: every "
            "request that reaches both would count twice."
        ),
    ] = True
    user_agents: Annotated[
        Literal["whole", "program"],
        kinds.choice("whole", "program"),
        Words(
            "What is kept of a program's name for itself: all of it, up to 512 characters, or "
            "only its beginning, such as `pip/24.0`."
        ),
    ] = "whole"
    max_user_agents: Annotated[
        int,
        kinds.whole(1),
        Words("Programs that are told apart on one day; further ones count as `other`."),
    ] = 1_000
    keep_days: Annotated[
        int,
        kinds.whole(0),
        Words("For how many days counts are kept; 0 means for ever.", "days"),
    ] = 800
    remember_lines_days: Annotated[
        int,
        kinds.whole(1),
        Words(
            "For how many days `stats ingest` knows which lines of a day were counted, after it "
            "last read something of that day. It keeps digests of lines, and nothing that is in "
            "them.",
            "days",
        ),
    ] = 45
    header: Annotated[
        bool,
        kinds.SWITCH,
        Words(
            "Begin the files of `/local-stats/days/` with the line that names the columns; some "
            "readers of the past stumble over it."
        ),
    ] = True
