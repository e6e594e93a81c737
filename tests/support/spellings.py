"""Every way to write a project's name that somebody may hope is another one.

::

    for spelling in spellings(random.Random(7), "acme-core", 100):
        client.ask(f"/simple/{spelling}/")
    assert heard([upstream], "acme-core") == []

What is made is ready for a request line: percent-encoded where it has to be.
"""

import random
import unicodedata
from collections.abc import Iterable, Iterator
from urllib.parse import quote, unquote

from support.packages import normalize
from support.simulator import Simulator

__all__ = ["heard", "spellings"]

_LOOK_ALIKES = {
    "a": "\u0430\uff41",
    "c": "\u0441\uff43",
    "e": "\u0435\uff45",
    "m": "\uff4d",
    "o": "\u043e\uff4f",
    "h": "\u04bb",
    "i": "\u0456",
}
"""Letters of other scripts, and wide ones, that look the same."""

_TAILS = (
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    ".",
    "-",
    "_",
    "%00",
    "%20",
    "%E2%80%8B",
    "%0A",
    "%2F",
    "/",
)
"""What may be written after a name: mostly nothing."""


def spellings(chance: random.Random, name: str, count: int) -> Iterator[str]:
    """Yield spellings of a normalised name, all different from each other as far as chance goes."""
    for _ in range(count):
        text = "".join(_letter(chance, letter) for letter in name)
        yield text + chance.choice(_TAILS)


def heard(simulators: Iterable[Simulator], *names: str) -> list[str]:
    """Return the paths asked for at any of the simulators in which one of the names can be read.

    However it was written: percent-encoded, in other letters, with other dashes.
    """
    paths = [request.path for simulator in simulators for request in simulator.requests]
    return [path for path in paths if any(name in _plain(path) for name in names)]


def _plain(path: str) -> str:
    """Return a path as the most generous reader reads it."""
    text = unicodedata.normalize("NFKC", unquote(unquote(path)))
    for letter, others in _LOOK_ALIKES.items():
        text = text.translate(dict.fromkeys(map(ord, others), letter))
    return normalize(text)


def _letter(chance: random.Random, letter: str) -> str:
    """Return one letter of a name as it may be written."""
    if letter == "-":
        letter = "".join(chance.choice("-_.") for _ in range(chance.randint(1, 3)))
        return quote(letter, safe="") if chance.random() < 0.9 else f"%{ord(letter[0]):02x}"
    if letter in _LOOK_ALIKES and chance.random() < 0.01:
        return quote(chance.choice(_LOOK_ALIKES[letter]))
    if chance.random() < 0.5:
        letter = letter.upper()
    if chance.random() < 0.1:
        form = "%{:02x}" if chance.random() < 0.5 else "%{:02X}"
        return form.format(ord(letter))
    return letter
