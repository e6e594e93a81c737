"""The headers of each object, for stores that send what they were told.

A whole day of a wrong header is a whole day in every cache, so all of them are made here.
Source: RFC 9111, 5.2.2; RFC 8246 (immutable); RFC 5861 (stale).
"""

from dataclasses import dataclass
from typing import Final

from wheelyard.publish.targets.target import ObjectHeaders
from wheelyard.wire.negotiate import Form

__all__ = ["ROOT_KEY", "TREE_KEY", "TreeHeaders", "file_key", "project_key"]

ROOT_KEY: Final = "root"
TREE_KEY: Final = "tree"
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_BINARY: Final = "application/octet-stream"
_METADATA: Final = "text/plain; charset=utf-8"
_PROVENANCE: Final = "application/vnd.pypi.integrity.v1+json"
_CODINGS: Final = {".gz": "gzip", ".zst": "zstd"}


def project_key(name: str) -> str:
    """Return the surrogate key of a project's page; of no name: the list's."""
    return f"project/{name}" if name else ROOT_KEY


def file_key(path: str) -> str:
    """Return the surrogate key of a file or of what belongs to it."""
    return f"file/{path.removesuffix('/provenance').removesuffix('.metadata').rpartition('/')[2]}"


@dataclass(frozen=True, slots=True)
class TreeHeaders:
    """The headers of a tree whose pages caches may use for so long without asking."""

    page_max_age_seconds: int

    def of_page(self, name: str, object_name: str) -> ObjectHeaders:
        """Return those of an object of a page, such as `index.json.gz`."""
        form = Form.JSON if object_name.startswith("index.json") else Form.HTML
        end = "." + object_name.rpartition(".")[2]
        return ObjectHeaders(
            form.media_type, self._for_a_while, _CODINGS.get(end, ""), project_key(name)
        )

    def of_object(self, kind: str, path: str) -> ObjectHeaders:
        """Return those of a file, of its metadata or its provenance.

        Never a content coding: what is inside a ``.gz`` is for whoever installs it.
        """
        if kind == "provenance":
            return ObjectHeaders(_PROVENANCE, self._for_a_while, "", file_key(path))
        content_type = _METADATA if kind == "metadata" else _BINARY
        return ObjectHeaders(content_type, _FOR_EVER, "", file_key(path))

    def of_tree(self, content_type: str) -> ObjectHeaders:
        """Return those of what tells of the whole tree."""
        return ObjectHeaders(content_type, self._for_a_while, "", TREE_KEY)

    @property
    def _for_a_while(self) -> str:
        """Return how long caches may use what changes."""
        age = self.page_max_age_seconds
        return f"public, max-age={age}, stale-while-revalidate=300, stale-if-error=86400"
