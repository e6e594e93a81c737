"""Names of people and groups, parsed once: in lower case, and nothing that a header could break."""

import re

from wheelyard.errors import BadInput

__all__ = ["fold_name", "parse_person_name"]

MAX_NAME_LENGTH = 100
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._@+-]*[a-z0-9])?")


def fold_name(text: str) -> str:
    """Return ``text`` as names are written down, valid or not: people type either case."""
    return text.strip().lower()


def parse_person_name(text: str) -> str:
    """Return the name of a user or a group that ``text`` spells.

    Raises:
        BadInput: it cannot be one.
    """
    name = fold_name(text)
    if len(name) > MAX_NAME_LENGTH or _NAME.fullmatch(name) is None:
        raise BadInput(
            f"`{text[:80]!a}` is not a name for a user or a group: use ASCII letters, digits, "
            "`.`, `_`, `-`, `+` and `@`, starting and ending with a letter or digit, at most "
            f"{MAX_NAME_LENGTH} characters."
        )
    return name
