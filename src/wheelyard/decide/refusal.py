"""Whether the files of a project are given out at all, and what to say if not.

The one rule that there is today is its index's own: what that has put into quarantine is malware
until it says otherwise, however long ago the file was fetched, and whoever is out of order.
Source: PEP 792; DESIGN.md, section 4 (takedowns win over staleness).
"""

from wheelyard.model import ProjectStatus
from wheelyard.names import ProjectName

__all__ = ["why_refused"]


def why_refused(name: ProjectName, status: ProjectStatus) -> str:
    """Return why no file of ``name`` is given out, for who asks; empty if they are."""
    if status.status != "quarantined":
        return ""
    return status.reason or f"`{name}` is quarantined by its index"
