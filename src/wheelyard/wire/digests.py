"""Digests as index pages write them: which we know, which is strongest, one as a fragment."""

import re
from collections.abc import Mapping
from typing import Final

from wheelyard.model import Hashes

__all__ = [
    "HEX_DIGITS",
    "parse_fragment",
    "parse_hashes",
    "render_fragment",
    "strongest",
]

HEX_DIGITS: Final[Mapping[str, int]] = {
    "md5": 32,
    "sha1": 40,
    "sha224": 56,
    "sha256": 64,
    "sha384": 96,
    "sha512": 128,
    "blake2b": 128,
    "blake2s": 64,
    "sha3_224": 56,
    "sha3_256": 64,
    "sha3_384": 96,
    "sha3_512": 128,
}
"""Number of hex digits per algorithm: hashlib's guaranteed ones with a fixed length."""

# uv refuses a whole file over a fragment with an algorithm it does not know, so the others
# appear in JSON only, where every client skips what it does not know.
FRAGMENT_ORDER: Final = ("sha256", "sha512", "sha384", "blake2b", "md5")

_HEX = re.compile(r"[0-9a-f]+")
_PLAIN_SHA256 = re.compile(r"[0-9a-f]{64}")
_FRAGMENT = re.compile(r"(?:^|&)([a-z0-9_]+)=([0-9a-f]{32,128})(?=&|$)", re.IGNORECASE | re.ASCII)


def parse_hashes(pairs: Mapping[str, str]) -> Hashes:
    """Return the pairs that are a known algorithm with a digest of its length, in their order.

    Source: PEP 691, "Project Detail" (``hashes``).
    """
    if len(pairs) == 1 and _PLAIN_SHA256.fullmatch(pairs.get("sha256", "")):
        return (("sha256", pairs["sha256"]),)
    found: dict[str, str] = {}
    for algorithm, digest in pairs.items():
        name, text = algorithm.lower(), digest.lower()
        if len(text) == HEX_DIGITS.get(name) and _HEX.fullmatch(text):
            found.setdefault(name, text)
    return tuple(found.items())


def parse_fragment(fragment: str) -> Hashes:
    """Return the digests in a URL's fragment (without ``#``), such as ``sha256=…``.

    easy_install's ``egg=…&sha256=…`` is understood too.
    Source: PEP 503.
    """
    if fragment.startswith("sha256=") and _PLAIN_SHA256.fullmatch(fragment, 7):
        return (("sha256", fragment[7:]),)
    return parse_hashes(dict(_FRAGMENT.findall(fragment)))


def strongest(hashes: Hashes) -> tuple[str, str] | None:
    """Return the pair that a page with room for only one states; SHA-256 if there is one.

    None if no algorithm is one that every client knows.
    """
    known = dict(hashes)
    return next(((name, known[name]) for name in FRAGMENT_ORDER if name in known), None)


def render_fragment(hashes: Hashes) -> str:
    """Return ``#sha256=…`` (or the strongest there is), or nothing: exactly one digest or none."""
    pair = strongest(hashes)
    return f"#{pair[0]}={pair[1]}" if pair else ""
