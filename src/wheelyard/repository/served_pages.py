"""What the page of a served directory says of a file, and what is said when that is over."""

from datetime import UTC, datetime
from typing import Final

from wheelyard.errors import Unavailable
from wheelyard.model import File
from wheelyard.repository.served_files import Found
from wheelyard.repository.served_walk import Lying

__all__ = ["RETRY_SECONDS", "changed", "listed"]

RETRY_SECONDS: Final = 1.0
"""How soon a file that changed under our hands can be asked for again."""


def changed(what: str) -> Unavailable:
    """Return the error for a file that is not what a page said."""
    reason = "it was changed or taken away; its project's page tells what is there now"
    return Unavailable(f"`{what}`", reason, retry_seconds=RETRY_SECONDS)


def listed(lying: Lying, found: Found) -> File:
    """Return the file as a page lists it."""
    row = found.row
    if row is None:
        raise changed(lying.filename)
    return File(
        lying.filename,
        url="",
        hashes=(("sha256", str(row.sha256)),),
        size=row.size,
        upload_time=_upload_time(lying.modified_at),
        requires_python=row.requires_python,
        core_metadata=(("sha256", str(row.metadata_sha256)),) if row.metadata_sha256 else None,
    )


def _upload_time(modified_at: float) -> str | None:
    """Return when a file was written, as pages say it; None if its date is none."""
    try:
        moment = datetime.fromtimestamp(modified_at, UTC)
    except (OverflowError, ValueError, OSError):
        return None
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
