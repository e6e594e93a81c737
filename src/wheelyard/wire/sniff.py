"""Which form an index page is in, by what it says and, where that is odd, by how it starts.

Proxies and object stores lose content types (``application/octet-stream``, ``text/plain``) or
change them, so only the two types of the Simple API are taken at their word.  Everything else is
judged by its first character; whether it really is a page is for its parser to say.
Source: PEP 691, "Content-Types".
"""

import re
from typing import Final

from wheelyard.errors import BadInput
from wheelyard.model import Project, ProjectList
from wheelyard.names import ProjectName
from wheelyard.wire import simple_html, simple_json

__all__ = ["parse_list", "parse_page"]

_JSON_TYPE: Final = "application/vnd.pypi.simple.v1+json"
_HTML_TYPE: Final = "application/vnd.pypi.simple.v1+html"
_OTHER_VERSION = re.compile(r"application/vnd\.pypi\.simple\.(?!v1\+)[^;]*", re.IGNORECASE)
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_MAX_TYPE_LENGTH: Final = 1_000


def parse_page(body: bytes, content_type: str | None, url: str, name: ProjectName) -> Project:
    """Return the project that a page in either form describes.

    Raises:
        BadInput: it is not a page of ``name``.
    """
    form, charset = _form(body, content_type or "")
    if form == _JSON_TYPE:
        return simple_json.parse_project(_without_mark(body), url, name)
    return simple_html.parse_project(body, url, name, charset)


def parse_list(body: bytes, content_type: str | None, url: str) -> ProjectList:
    """Return the project list that a root page in either form holds.

    Raises:
        BadInput: it is not a project list.
    """
    form, charset = _form(body, content_type or "")
    if form == _JSON_TYPE:
        return simple_json.parse_project_list(_without_mark(body))
    return simple_html.parse_project_list(body, url, charset)


def _form(body: bytes, content_type: str) -> tuple[str, str]:
    """Return the type that the page is to be read as, and its charset if one is given."""
    header = content_type[:_MAX_TYPE_LENGTH]
    if _OTHER_VERSION.match(header.strip()):
        raise BadInput(f"content-type: `{header[:80]!a}` is not understood; this program reads v1.")
    charset = _CHARSET.search(header)
    label = charset[1] if charset else ""
    declared = header.partition(";")[0].strip().lower()
    if declared in {_JSON_TYPE, _HTML_TYPE}:
        return declared, label
    start = _without_mark(body[:1_024]).lstrip()[:1]
    if start == b"{":
        return _JSON_TYPE, ""
    if start == b"<" or declared == "text/html" or body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _HTML_TYPE, label
    raise BadInput("body: neither the JSON nor the HTML form of an index page.")


def _without_mark(body: bytes) -> bytes:
    """Return ``body`` without a UTF-8 byte order mark."""
    return body.removeprefix(b"\xef\xbb\xbf")
