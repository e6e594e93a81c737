"""Contact: where the people behind an upstream reach those behind this server.

It goes into the ``User-Agent`` of every request to an upstream, as a comment.
Source: RFC 9110, 10.1.5 (``User-Agent``) and 5.6.5 (comments); PyPI's terms for mirrors.
"""

import re

from wheelyard.errors import BadInput
from wheelyard.settings.kinds import Kind, Place

__all__ = ["CONTACT"]

_USABLE = re.compile(r"[!-'*-\[\]-~]{1,200}", re.ASCII)
"""Visible ASCII but the characters that have a meaning in a comment."""


def _read(value: object, _place: Place) -> str:
    if not isinstance(value, str) or (value and not _USABLE.fullmatch(value)):
        raise BadInput("mismatch")
    return value


CONTACT = Kind(
    "a mail address or the address of a page: visible ASCII, without spaces and parentheses", _read
)
