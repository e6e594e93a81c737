"""The fields of core metadata: since when they are, which may repeat, which may be dynamic.

Source: https://packaging.python.org/specifications/core-metadata/ (2.6).
"""

import re
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Final

from wheelyard.upload.archives.paths import shown

__all__ = ["ADDED", "DYNAMIC_NEVER", "REPEATED", "check_description_type", "parse_metadata_version"]

_SINCE: Final = {
    (1, 0): "metadata-version name version platform summary description keywords home-page author "
    "author-email license",
    (1, 1): "supported-platform download-url classifier requires provides obsoletes",
    (1, 2): "maintainer maintainer-email requires-dist requires-python requires-external "
    "project-url provides-dist obsoletes-dist",
    (2, 1): "description-content-type provides-extra",
    (2, 2): "dynamic",
    (2, 4): "license-expression license-file",
    (2, 5): "import-name import-namespace",
}
ADDED: Final = {name: since for since, names in _SINCE.items() for name in names.split()}
"""The metadata version in which each field came, by the field's name in small letters."""

_REPEATED: Final = (
    "platform supported-platform classifier requires provides obsoletes requires-dist "
    "requires-external project-url provides-dist obsoletes-dist provides-extra dynamic "
    "license-file import-name import-namespace"
)
REPEATED: Final = frozenset(_REPEATED.split(" "))
DYNAMIC_NEVER: Final = frozenset({"metadata-version", "name", "version"})

_VERSION: Final = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})")
_TYPES: Final = ("text/plain", "text/x-rst", "text/markdown")
_VARIANTS: Final = ("", "GFM", "CommonMark")


def parse_metadata_version(text: str) -> tuple[int, int] | None:
    """Return major and minor number, or None if it is no metadata version."""
    found = _VERSION.fullmatch(text)
    return (int(found[1]), int(found[2])) if found else None


def check_description_type(text: str) -> Iterator[str]:
    """Yield what is wrong with a ``Description-Content-Type``."""
    message = EmailMessage()
    try:
        message["content-type"] = text
        kind = message.get_content_type().lower()
        parameters = message["content-type"].params
    except (ValueError, IndexError):  # control characters, and what the parser cannot read
        yield f"Description-Content-Type: {shown(text)} cannot be read."
        return
    if kind not in _TYPES or kind not in text.lower():
        yield f"Description-Content-Type: {shown(text)} must be one of {', '.join(_TYPES)}."
    if str(parameters.get("charset", "UTF-8")).upper() != "UTF-8":
        yield f"Description-Content-Type: {shown(text)} can only specify the UTF-8 charset."
    variant = str(parameters.get("variant", ""))
    if kind == "text/markdown" and variant not in _VARIANTS:
        yield f"Description-Content-Type: {shown(text)}: variants are `GFM` and `CommonMark`."
