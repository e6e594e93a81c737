"""What holds where: markers. For the Pythons that a release allows see ``specifiers.py``.

Source: PEP 508 (markers), PEP 751 (markers of lock files).
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final, Literal

from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.version import InvalidVersion

from wheelyard.errors import BadInput

__all__ = ["Condition", "parse_condition"]

MAX_TEXT: Final = 8_192
_ANY_EXTRA = re.compile(
    r"""\bextra\s*[!=]=\s*["']([^"']*)["']|["']([^"']*)["']\s*[!=]=\s*extra\b"""
)


class Condition:
    """A marker, which holds in some environments and for some extras."""

    def __init__(self, marker: Marker) -> None:
        self._marker = marker
        self._text = str(marker)

    def __str__(self) -> str:
        return self._text

    def holds(self, values: Mapping[str, str]) -> bool:
        """Say whether it may hold in this environment, for no extra or for one of those it names.

        Whoever wants everything wants what any choice of extras would bring.
        """
        named = (first or second for first, second in _ANY_EXTRA.findall(self._text))
        return any(self._holds({**values, "extra": extra}) for extra in ("", *named))

    def holds_in_lock(
        self, values: Mapping[str, str], extras: Collection[str], groups: Collection[str]
    ) -> bool:
        """Say whether it holds in this environment with these extras and groups of a lock.

        Or with none or one of them: what any choice would bring is wanted. Source: PEP 751.
        """
        return any(
            self._holds(
                {**values, "extras": frozenset(some), "dependency_groups": frozenset(others)},
                "lock_file",
            )
            for some, others in _choices(extras, groups)
        )

    def _holds(
        self,
        values: Mapping[str, str | frozenset[str]],
        context: Literal["metadata", "lock_file"] = "metadata",
    ) -> bool:
        """Evaluate it once; a comparison without a meaning does not hold."""
        try:
            return self._marker.evaluate({**values}, context)
        except (UndefinedComparison, UndefinedEnvironmentName, InvalidVersion):
            return False


def _choices(
    extras: Collection[str], groups: Collection[str]
) -> Iterator[tuple[Collection[str], Collection[str]]]:
    """Yield all, none, and one at a time."""
    yield (extras, groups)
    yield ((), ())
    for extra in extras:
        yield ((extra,), ())
    for group in groups:
        yield ((), (group,))


def parse_condition(text: str) -> Condition:
    """Return the marker that ``text`` states.

    Raises:
        BadInput: it is not one; the message says where it stops being one.
    """
    if len(text) > MAX_TEXT:
        raise BadInput(f"it is longer than {MAX_TEXT} characters")
    try:
        return Condition(Marker(text))
    except (InvalidMarker, RecursionError) as error:
        first = str(error).partition("\n")[0].rstrip(".")
        raise BadInput(first or "it is too deeply nested") from error
