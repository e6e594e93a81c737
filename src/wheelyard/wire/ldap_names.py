"""Names and filters of a directory: put together so that no input means more than itself.

Source: RFC 4514 (distinguished names), RFC 4515 (filters).
"""

import re
import string
from collections.abc import Callable, Mapping

__all__ = ["escape_dn_value", "escape_filter_value", "fill", "group_name", "parse_dn"]

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_ESCAPED = re.compile(r"((?:\\[0-9a-fA-F]{2})+)|\\(.)?", re.DOTALL)
# Other letters are left alone: some of them become one of these.
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_TOKEN = re.compile(r"\\.?|[^\\]", re.DOTALL)

DistinguishedName = tuple[frozenset[tuple[str, str]], ...]
"""The steps of a name from the entry upwards, each with its types and values in lower case."""


def escape_dn_value(text: str) -> str:
    """Return ``text`` as a value in a distinguished name. Source: RFC 4514, 2.4."""
    escaped = re.sub(r'([\\,+"<>;=])', r"\\\1", text).replace("\0", "\\00")
    if escaped.startswith((" ", "#")):
        escaped = f"\\{escaped}"
    # A space that is all there is has been escaped as the first one.
    if escaped.endswith(" ") and escaped != "\\ ":
        escaped = f"{escaped[:-1]}\\ "
    return escaped


def escape_filter_value(text: str) -> str:
    """Return ``text`` as a value in a filter, in ASCII. Source: RFC 4515, 3."""
    return "".join(
        character if character.isascii() and character.isalnum() else _hexadecimal(character)
        for character in text
    )


def _hexadecimal(character: str) -> str:
    return "".join(f"\\{byte:02x}" for byte in character.encode("utf-8", "surrogatepass"))


def fill(pattern: str, values: Mapping[str, str], escape: Callable[[str], str]) -> str:
    """Return ``pattern`` with each ``{name}`` replaced by its escaped value, and that left alone.

    Names that there is no value for stay as they are.
    """
    return _PLACEHOLDER.sub(
        lambda found: escape(values[found[1]]) if found[1] in values else found[0], pattern
    )


def parse_dn(text: str) -> DistinguishedName:
    """Return the steps of a distinguished name; anything that is none equals no name of ours."""
    return tuple(
        frozenset(_parse_pair(pair) for pair in _split(step, "+")) for step in _split(text, ",")
    )


def group_name(dn: str, base: str) -> str:
    """Return the name of the group at ``dn`` in lower case; empty if it is not below ``base``."""
    steps, above = parse_dn(dn), parse_dn(base)
    if len(steps) <= len(above) or steps[-len(above) :] != above or len(steps[0]) != 1:
        return ""
    [(kind, name)] = steps[0]
    return name if kind == "cn" and name.isascii() else ""


def _split(text: str, mark: str) -> list[str]:
    """Return what is between the marks that are not escaped."""
    parts = [""]
    for token in _TOKEN.findall(text):
        if token == mark:
            parts.append("")
        else:
            parts[-1] += token
    return parts


def _parse_pair(text: str) -> tuple[str, str]:
    """Return the type and the value of a part of a step."""
    kind, _, value = text.partition("=")
    return kind.strip().lower(), _ESCAPED.sub(_unescape, value.strip()).translate(_LOWER)


def _unescape(found: re.Match[str]) -> str:
    if found[1]:
        return bytes.fromhex(found[1].replace("\\", "")).decode("utf-8", "replace")
    return found[2] or ""
