"""Single values in the columns of a log."""

from typing import Final

from wheelyard.errors import BadInput

__all__ = ["parse_method", "parse_number", "parse_status"]

_MAX_DIGITS: Final = 18
_MAX_STATUS: Final = 999


def parse_number(text: str, name: str) -> int:
    """Return the number in the column ``name``.

    Raises:
        BadInput: something else is in it.
    """
    if not (text.isascii() and text.isdigit()) or len(text) > _MAX_DIGITS:
        raise BadInput(f"expected a number in `{name}`, got `{text[:20]}`")
    return int(text)


def parse_status(text: str) -> int:
    """Return a status; 0 if there is none, because the client was gone before.

    Raises:
        BadInput: it is no number of three digits.
    """
    status = parse_number(text, "status") if text else 0
    if status > _MAX_STATUS:
        raise BadInput(f"expected a status of three digits, got `{text[:20]}`")
    return status


def parse_method(text: str) -> str:
    """Return a method; of a whole request line, which some write there, the beginning."""
    return text.strip().partition(" ")[0]
