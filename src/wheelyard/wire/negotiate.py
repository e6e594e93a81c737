"""Which form and which coding a client gets, from what its headers ask for.

Never a refusal: broken proxies mangle ``Accept``, and old clients send none, so whatever cannot be
read or matched gets ``text/html`` as it is, which every client since easy_install understands.
Source: PEP 691, "Version + Format Selection"; RFC 9110, 12.4.2, 12.5.1, 12.5.3.
"""

import re
from collections.abc import Iterator
from enum import Enum
from typing import Final, Literal

__all__ = ["Encoding", "Form", "negotiate", "negotiate_encoding"]

Encoding = Literal["identity", "gzip", "zstd"]

MAX_HEADER_LENGTH: Final = 4_096


class Form(Enum):
    """A form of a page; ``media_type`` is what its ``Content-Type`` says."""

    JSON = "application/vnd.pypi.simple.v1+json"
    V1_HTML = "application/vnd.pypi.simple.v1+html"
    HTML = "text/html"

    @property
    def media_type(self) -> str:
        """The value of ``Content-Type``; HTML names its charset, because pip honours it."""
        name: str = self.value
        return name if self is Form.JSON else f"{name}; charset=utf-8"


_FORMS: Final = {
    **{form.value: form for form in Form},
    "application/vnd.pypi.simple.latest+json": Form.JSON,
    "application/vnd.pypi.simple.latest+html": Form.V1_HTML,
}
# The most expressive first, when a client names several with one weight.
_NAMED_ORDER: Final = (Form.JSON, Form.V1_HTML, Form.HTML)
# `*/*` comes from those who would take anything and understand HTML only.
_WILD_ORDER: Final = (Form.HTML, Form.JSON, Form.V1_HTML)

_QUOTED = re.compile(r'"[^"]*"?')
_WEIGHT = re.compile(r";\s*q\s*=\s*([^;\s]*)", re.IGNORECASE)
_DECIMAL = re.compile(r"(?:[01](?:\.[0-9]{0,9})?|\.[0-9]{1,9})")


def negotiate(accept: str | None, format_parameter: str | None = None) -> Form:
    """Return the form in which to answer.

    A ``format`` in the query wins over ``Accept``; one that is unknown is ignored.
    """
    if format_parameter is not None:
        # In a query `+` means a space, but people type the media type as it is.
        wanted = _FORMS.get(format_parameter.strip().replace(" ", "+").lower())
        if wanted is not None:
            return wanted
    if accept is None or len(accept) > MAX_HEADER_LENGTH:
        return Form.HTML
    weights = _weights(accept)
    ranked = [
        (weight, specificity, -order.index(form), form.value)
        for form in Form
        for weight, specificity, order in [_quality(form, weights)]
        if weight > 0
    ]
    return Form(max(ranked)[3]) if ranked else Form.HTML


def _quality(form: Form, weights: dict[str, float]) -> tuple[float, int, tuple[Form, ...]]:
    """Return weight and specificity of the range that decides about ``form``, and the tie order."""
    named = [weights[name] for name, known in _FORMS.items() if known is form and name in weights]
    if named:
        return max(named), 2, _NAMED_ORDER
    kind = form.value.partition("/")[0] + "/*"
    if kind in weights:
        return weights[kind], 1, _NAMED_ORDER
    return weights.get("*/*", 0.0), 0, _WILD_ORDER


def negotiate_encoding(accept_encoding: str | None) -> Encoding:
    """Return the content coding in which to send a page.

    zstd before gzip at equal weight; ``*`` is taken for gzip, which everyone can undo.  If nothing
    that we have is acceptable the answer is ``identity`` all the same, as for other headers.
    """
    if not accept_encoding or len(accept_encoding) > MAX_HEADER_LENGTH:
        return "identity"
    weights = _weights(accept_encoding)
    gzip = weights.get("gzip", weights.get("x-gzip", weights.get("*/*", 0.0)))
    zstd = weights.get("zstd", 0.0)
    best = max(gzip, zstd)
    # Without its own weight `identity` is acceptable, but nobody asked for it.
    if best <= 0 or weights.get("identity", 0.0) > best:
        return "identity"
    return "zstd" if zstd >= gzip else "gzip"


def _weights(header: str) -> dict[str, float]:
    """Return the ranges of a header with their weights; what cannot be read is left out."""
    found: dict[str, float] = {}
    for name, weight in _ranges(header):
        found[name] = max(weight, found.get(name, 0.0))
    return found


def _ranges(header: str) -> Iterator[tuple[str, float]]:
    """Yield name and weight of each element; parameters other than ``q`` mean nothing here."""
    for element in _QUOTED.sub("", header).split(","):
        name, _, _ = element.partition(";")
        name = name.strip().lower()
        match = _WEIGHT.search(element)
        weight = match[1] if match else "1"
        if _DECIMAL.fullmatch(weight) and float(weight) <= 1:
            # Java writes `*` for `*/*`.
            yield ("*/*" if name == "*" else name), float(weight)
