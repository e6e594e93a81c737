"""The hand-made logs in ``tests/data/access_logs``: one story of requests in every format.

``story.json`` has the requests, as they were sent; ``expected.json`` what counting them comes to.
pip, uv, poetry and setuptools install, two mirror programs fetch, a browser looks at pages, five
pieces of one file are asked for, and there are answers that are no downloads.
"""

import json
from pathlib import Path

from support.house import ROOT
from wheelyard.wire.access_logs import LogEntry, LogFormat, parse_format
from wheelyard.wire.access_logs.moments import parse_iso_moment

__all__ = ["DATA", "GONE", "LOGS", "Told", "form_of", "path_of", "story", "told"]

DATA = ROOT / "tests/data/access_logs"
LOGS = sorted(each.name for each in DATA.glob("*.log*") if not each.name.startswith("damaged"))
GONE = {0, 408, 499}
"""What writers of logs make of a client that left before it was answered."""

Told = tuple[int, str, str, int, str]
"""Second, method, path, status and user agent of a request."""


def form_of(name: str) -> LogFormat | None:
    """Return what has to be said of the format of a log; None if it says so itself."""
    if "plain" not in name:
        return None
    fields = (DATA / "cloudfront-v2-plain.fields").read_text("utf-8").split()
    return LogFormat(parse_format("cloudfront").name, tuple(fields))


def story() -> list[Told]:
    """Return what was asked for, in order."""
    document = json.loads((DATA / "story.json").read_bytes())
    return sorted(
        (
            int(parse_iso_moment(each["at"])),
            each["method"],
            each["path"],
            each["status"],
            document["agents"][each["agent"]],
        )
        for each in document["requests"]
    )


def told(entries: list[LogEntry]) -> list[Told]:
    """Return what a log tells, in order."""
    return sorted(
        (
            int(entry.at),
            entry.method,
            entry.path,
            0 if entry.status in GONE else entry.status,
            entry.user_agent,
        )
        for entry in entries
    )


def path_of(name: str) -> Path:
    """Return where a log is."""
    return DATA / name
