"""What our pages link to.

File links are relative: they hold under any host, any proxy and any sub-path, and no header
of a request can put a host name on a page. Only what a standard wants absolute is absolute.
"""

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from wheelyard.model import File
from wheelyard.names import ProjectName, filename_version
from wheelyard.repository import file_path

__all__ = ["PageLinks"]

_TO_INDEX = "../../"
"""From ``simple/NAME/`` to the index's own root."""


@dataclass(frozen=True, slots=True)
class PageLinks:
    """The links of one index.

    ``files_url`` and ``base_url`` are configured, without a slash at their ends; else empty.
    ``to_index`` leads from the page to the index's own root.
    """

    files_url: str = ""
    base_url: str = ""
    to_index: str = _TO_INDEX

    def file_url(self, project: ProjectName, file: File) -> str:
        """Return where a client finds ``file``, as seen from the page."""
        start = f"{self.files_url}/" if self.files_url else self.to_index
        return start + file_path(project, file)

    def provenance_url(self, project: ProjectName, file: File) -> str | None:
        """Return where a client finds the provenance: ours if we have an https address.

        Source: PEP 740 ("fully qualified", secure origin); else the upstream's own stays.
        """
        if file.provenance is None:
            return None
        version = filename_version(file.filename, project)
        if version is None or urlsplit(self.base_url).scheme != "https":
            return file.provenance
        tail = "/".join(quote(part, safe="") for part in (project, version, file.filename))
        return f"{self.base_url}/integrity/{tail}/provenance"
