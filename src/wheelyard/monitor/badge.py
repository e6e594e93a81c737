"""A badge: whether something would install without upstreams, as a small picture for a README.

It says what was found when somebody last looked, and no longer after a week: a judgement does not
age well.
"""

from collections.abc import Sequence
from html import escape
from typing import Final

from wheelyard.catalog import ReadinessRow

__all__ = ["render_badge"]

_LABEL: Final = "installs offline"
_WEEK: Final = 7 * 86_400.0
_GREEN, _RED, _GREY = "#2da44e", "#cf222e", "#6e7781"
_CHARACTER: Final = 6.6
"""About how many units wide a character is, at 11 units high."""


def render_badge(rows: Sequence[ReadinessRow], now: float) -> bytes:
    """Return the badge of one judgement, a row for each target, as SVG."""
    text, colour = _said(rows, now)
    left, right = (round(len(word) * _CHARACTER + 12) for word in (_LABEL, text))
    shown = escape(text)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" '
        f'aria-label="{_LABEL}: {shown}"><title>{_LABEL}: {shown}</title>'
        f'<rect width="{left}" height="20" fill="#24292f"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="{colour}"/>'
        '<g fill="#fff" font-family="Verdana,sans-serif" font-size="11" text-anchor="middle">'
        f'<text x="{left / 2:g}" y="14">{_LABEL}</text>'
        f'<text x="{left + right / 2:g}" y="14">{shown}</text></g></svg>\n'
    ).encode()


def _said(rows: Sequence[ReadinessRow], now: float) -> tuple[str, str]:
    """Return what the badge says, and its colour."""
    if not rows:
        return "not known", _GREY
    if now - min(row.checked_at for row in rows) > _WEEK:
        return "not known for a week", _GREY
    missing = sum(not row.is_ready for row in rows)
    if not missing:
        return "yes", _GREEN
    if len(rows) == 1:
        return f"{rows[0].wanted - rows[0].missing:,} of {rows[0].wanted:,}", _RED
    return f"{len(rows) - missing:,} of {len(rows):,} targets", _RED
