"""Choosing the form of a page by ``Accept``, said in regular expressions.

Web servers cannot compute, but they can match: nginx in a ``map``, Apache in ``SetEnvIf`` and
``RewriteCond``, Caddy in a ``map`` and in CEL. So each form gets a *rank*, a text such as
``01-23``, by the first row whose expression matches the header; and the greatest rank, as text,
wins. A rank is the weight (`1`, or `0` and the decimals without final zeros), a dash, how exactly
the form was named (2 by its name, 1 by `text/*`, 0 by `*/*`), and which of several is preferred
then. A dash comes before every digit, so texts compare as what they stand for. `-` alone is the
rank of what is not wanted.

The outcome is that of ``wire/negotiate.py``, which has the reasons; a test compares the two for
arbitrary headers. Where a header names one form twice, the first counts here.

Editing rules: RE2 must understand the rows (no look-ahead, no backreference), because Caddy has it;
nothing may need more than one capture; ``GREATER`` is for the others.
"""

from dataclasses import dataclass
from typing import Final

from wheelyard.wire.negotiate import Form

__all__ = [
    "FORMS",
    "GREATER",
    "NOT_WANTED",
    "USUAL",
    "FormRows",
    "Row",
    "asked_by_query",
    "rows_of",
]

NOT_WANTED: Final = "-"

FORMS: Final = {Form.JSON: "json", Form.V1_HTML: "v1_html", Form.HTML: "html"}
"""What the forms are called in a configuration."""

USUAL: Final = (
    r"^application/vnd\.pypi\.simple\.v1\+json, ?application/vnd\.pypi\.simple\.v1\+html; ?"
    r"q=0\.[12], ?text/html; ?q=0\.01$"
)
"""What pip and uv send: JSON, found out by one expression instead of a dozen."""

_ALPHABET: Final = "-0123456789"
GREATER: Final = (
    "^([-0-9]*)(?:"
    + "|".join(
        f"{digit}[-0-9]*:\\1[{_ALPHABET[: place + 1]}]" for place, digit in enumerate(_ALPHABET[1:])
    )
    + ")"
)
"""Matches two ranks with a colon between them if the first one is greater."""

_QUERY: Final = {
    Form.JSON: r"^application(?:/|%2F)vnd\.pypi\.simple\.(?:v1|latest)(?:\+|%2B|%20| )json$",
    Form.V1_HTML: r"^application(?:/|%2F)vnd\.pypi\.simple\.(?:v1|latest)(?:\+|%2B|%20| )html$",
    Form.HTML: r"^text(?:/|%2F)html$",
}

_OWN: Final = {
    Form.JSON: r"application/vnd\.pypi\.simple\.(?:v1|latest)\+json",
    Form.V1_HTML: r"application/vnd\.pypi\.simple\.(?:v1|latest)\+html",
    Form.HTML: r"text/html",
}
_OF_KIND: Final = {
    Form.JSON: r"application/\*",
    Form.V1_HTML: r"application/\*",
    Form.HTML: r"text/\*",
}
# Java writes `*` for `*/*`.
_ANY: Final = r"\*(?:/\*)?"

# The most expressive first, when they are named; HTML first, when anything is taken.
_NAMED: Final = {Form.JSON: 3, Form.V1_HTML: 2, Form.HTML: 1}
_WILD: Final = {Form.HTML: 3, Form.JSON: 2, Form.V1_HTML: 1}

_BEFORE: Final = r"(?:^|,)\s*"
_AFTER: Final = r"\s*(?:[,;]|$)"
_WEIGHT: Final = r"\s*(?:;[^,]*)?;\s*q\s*=\s*"
_NO_WEIGHT: Final = r"\s*(?:;\s*[^q;,\s][^;,]*)*(?:,|$)"
_ONE: Final = rf"(?:{_WEIGHT}1(?:\.0*)?{_AFTER}|{_NO_WEIGHT})"
_ZERO: Final = rf"{_WEIGHT}(?:0(?:\.0*)?|\.0+){_AFTER}"
_LESS: Final = rf"{_WEIGHT}0?\.([0-9]*[1-9])0*{_AFTER}"


@dataclass(frozen=True, slots=True)
class Row:
    """A header that ``pattern`` matches, in any case of letters, gives this rank.

    ``has_decimals``: the decimals of the weight, which the pattern captures, belong between the
    `0` that the rank begins with and its dash.
    """

    pattern: str
    rank: str
    has_decimals: bool = False

    def with_capture(self, capture: str) -> str:
        """Return the rank as a program writes it that calls what was captured ``capture``."""
        return f"0{capture}{self.rank}" if self.has_decimals else self.rank


FormRows = tuple[Row, ...]


def rows_of(form: Form) -> FormRows:
    """Return the rows that rank a form; the first that matches counts, none is ``NOT_WANTED``."""
    return (
        *_rows(_OWN[form], f"-2{_NAMED[form]}"),
        *_rows(_OF_KIND[form], f"-1{_NAMED[form]}"),
        *_rows(_ANY, f"-0{_WILD[form]}"),
    )


def asked_by_query(form: Form) -> str:
    """Return what matches a ``format`` of the query, encoded or not, that asks for a form.

    A `+` as it is means a space in a query, and people type it all the same.
    """
    return _QUERY[form]


def _rows(name: str, exactness: str) -> FormRows:
    """Return the rows for one name of a form."""
    named = f"{_BEFORE}{name}"
    return (
        Row(f"{named}{_LESS}", exactness, has_decimals=True),
        Row(f"{named}{_ZERO}", NOT_WANTED),
        Row(f"{named}{_ONE}", f"1{exactness}"),
    )
