"""Upload: from the bytes of a stranger to a file that may be served.

May import everything below the activities.  Start at ``checks`` (what a form and a name must be)
and ``inspecting`` (what is inside the file, in a process of its own).

That process imports this package, so nothing heavy is imported here: take what you need from its
module.
"""

from wheelyard.upload.archives.limits import ArchiveLimits

__all__ = ["ArchiveLimits"]
