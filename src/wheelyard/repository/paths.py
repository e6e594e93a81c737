"""Where a file is on our own index: the path that a page links to, and back again.

Three forms, and each contains a digest, so no URL ever changes its bytes:

* ``/packages/<2>/<2>/<60>/NAME`` exactly as PyPI has it, where the upstream's own URL has this
  form: lock files made against PyPI keep working after a change of host;
* the same form made of the SHA-256, where the upstream states one;
* the same form made of a digest of the name, until the file was fetched once and its SHA-256 is
  known. The ledger then binds the name to these bytes.
"""

import re
from hashlib import blake2b
from urllib.parse import quote, unquote, urlsplit

from wheelyard.model import File
from wheelyard.names import ProjectName

__all__ = ["canonical_path", "file_path", "name_path"]

_PYPI_PATH = re.compile(r"packages/[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{60}/[^/]+")
# Nearly every address of a file there is; the others are taken apart, at five times the cost.
_PYPI_URL = re.compile(
    r"https?://[^/?#%]+/(packages/[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{60}/([A-Za-z0-9._+!-]+))"
)
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/._~!$&'()*+,;=:@-]*", re.ASCII)
_PLAIN = "!$&'()*+,;=:@~"
"""What may stand in a path component as it is. Source: RFC 3986, 3.3."""


def file_path(project: ProjectName, file: File) -> str:
    """Return the path of ``file`` below the index, without a leading slash, percent-encoded."""
    plain = _PYPI_URL.fullmatch(file.url)
    if plain is not None and plain[2] == file.filename:
        return plain[1]
    upstream = urlsplit(file.url).path.lstrip("/")
    if _PYPI_PATH.fullmatch(upstream) and unquote(upstream).endswith(f"/{file.filename}"):
        return canonical_path(upstream)
    return _digest_path(file.sha256, file.filename) if file.sha256 else name_path(project, file)


def canonical_path(path: str) -> str:
    """Return ``path`` in the one spelling that is compared and written down.

    Clients escape more than they must: pip makes ``%2B`` of the ``+`` in a local version.

    Raises:
        UnicodeDecodeError: what is escaped is not UTF-8.
    """
    if _PLAIN_PATH.fullmatch(path):
        return path
    components = [unquote(component, errors="strict") for component in path.split("/")]
    return "/".join(quote(component, safe=_PLAIN) for component in components)


def name_path(project: ProjectName, file: File) -> str:
    """Return the path of a file whose digest nobody knows yet."""
    key = f"{project}\n{file.filename}".encode()
    return _digest_path(blake2b(key, digest_size=32).hexdigest(), file.filename)


def _digest_path(digest: str, filename: str) -> str:
    """Return the path made of 64 hex digits and a file name. Source: PyPI's file URLs."""
    name = quote(filename, safe=_PLAIN)
    return f"packages/{digest[:2]}/{digest[2:4]}/{digest[4:]}/{name}"
