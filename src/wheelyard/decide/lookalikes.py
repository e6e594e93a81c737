"""Which known name a new one could be taken for: by a reader, or by a slip of the fingers.

The theory. What people mistype are letters next to each other, one letter too many or too few, and
one for another; what they misread are signs that look the same (``l 1 I``, ``0 O``, ``rn m``) and
where the dashes are; what they misremember is the order of the words, and whether ``python`` is
``python3``. A number is none of these: ``boto`` and ``boto3`` are not taken for each other.

By accident, too, short names are alike, and the more so the more names there are. So one letter of
difference counts only in names that are long enough for their number; see ``least_letters``.
Source: threat T05 in the reliability reference of this project ("typosquat upload").
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from itertools import chain, permutations

from wheelyard.names import ProjectName

__all__ = ["least_letters", "resembles"]

_SAME_LOOK = str.maketrans({"0": "o", "1": "l", "i": "l", "-": None})
_SIGNS = "abcdefghijklmnopqrstuvwxyz-"
_MAX_WORDS = 4
"""Of more words than these not every order is tried."""

_PYTHONS = frozenset({"py", "py2", "py3", "python", "python2", "python3"})
_FEW, _MANY = 20_000, 200_000


def resembles(name: ProjectName, known: AbstractSet[ProjectName]) -> ProjectName | None:
    """Return one of the ``known`` names that ``name`` could be taken for; None if it is known.

    Best asked with the names that are in use here: see ``least_letters``. With 700,000 names it
    takes about 0.2 s, so it is for a thread and not for the event loop.
    """
    if name in known:
        return None
    least = least_letters(len(known))
    slips = (slip for slip in _one_slip_away(name) if min(len(slip), len(name)) >= least)
    found = next((other for other in chain(_other_words(name), slips) if other in known), None)
    return found or _looks_like(name, known)


def least_letters(count: int) -> int:
    """Return how long a name has to be for one letter to tell something, of ``count`` names.

    A name of five letters has some 300 neighbours. Of a few thousand names hardly one is among
    them by accident; of all the public names there are, several.
    """
    if count <= _FEW:
        return 5
    return 8 if count <= _MANY else 10


def _looks_like(name: ProjectName, known: AbstractSet[ProjectName]) -> ProjectName | None:
    """Return the name that has the same look: all of them as one text, searched at once."""
    names = tuple(known)
    text = _look("\n".join(("", *names, "")))
    found = text.find(f"\n{_look(name)}\n")
    return None if found < 0 else names[text.count("\n", 0, found)]


def _look(text: str) -> str:
    """Return ``text`` without what the eye passes over."""
    return text.translate(_SAME_LOOK).replace("rn", "m").replace("vv", "w")


def _one_slip_away(name: ProjectName) -> Iterator[ProjectName]:
    """Yield what one slip of the fingers makes of it: letters swapped, left out, added, wrong."""
    cuts = [(name[:at], name[at:]) for at in range(len(name) + 1)]
    for left, right in cuts:
        if len(right) > 1 and right[0] != right[1]:
            yield ProjectName(left + right[1] + right[0] + right[2:])
    for left, right in cuts:
        if right and not right[0].isdigit():
            yield ProjectName(left + right[1:])
    for left, right in cuts:
        for sign in _SIGNS:
            yield ProjectName(left + sign + right)
            if right and not right[0].isdigit():
                yield ProjectName(left + sign + right[1:])


def _other_words(name: ProjectName) -> Iterator[ProjectName]:
    """Yield the names of the same words in another order, or for another Python."""
    words = name.split("-")
    if not 1 < len(words) <= _MAX_WORDS:
        return
    for order in permutations(words):
        yield ProjectName("-".join(order))
        for at, word in enumerate(order):
            if word in _PYTHONS:
                for python in sorted(_PYTHONS):
                    yield ProjectName("-".join((*order[:at], python, *order[at + 1 :])))
