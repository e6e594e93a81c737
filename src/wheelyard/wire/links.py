"""What a renderer asks of the one who knows our URLs."""

from typing import Protocol

from wheelyard.model import File
from wheelyard.names import ProjectName

__all__ = ["Links"]


class Links(Protocol):
    """Where a client finds a file and what belongs to it; made by ``pages/``."""

    def file_url(self, project: ProjectName, file: File) -> str:
        """Return the URL of ``file``, absolute or relative to the page, ending in its name.

        Plain: without query and fragment, because clients append ``.metadata`` to it.
        """

    def provenance_url(self, project: ProjectName, file: File) -> str | None:
        """Return the absolute URL of the provenance object, or None.

        The renderer leaves out what is not https (or loopback).
        """
