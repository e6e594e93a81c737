"""How names are spelled: the types of names that were parsed, and the one normal form of a name.

Apart from ``names``, which has the parsing: every command reads settings, these speak of names, and
versions, which ``names`` knows as well, take a library that is slow to import.
"""

import re
from typing import NewType

__all__ = ["MAIN", "Filename", "IndexName", "ProjectName", "Sha256", "normalise"]

ProjectName = NewType("ProjectName", str)
Filename = NewType("Filename", str)
Sha256 = NewType("Sha256", str)
IndexName = NewType("IndexName", str)

MAIN = IndexName("main")
"""The index that there is without any configuration."""

_SEPARATORS = re.compile(r"[-_.]+")


def normalise(text: str) -> str:
    """Return ``text`` with runs of ``-``, ``_`` and ``.`` as one ``-``, in lower case.

    Source: PEP 503, "Normalized Names".
    """
    normal = _SEPARATORS.sub("-", text).lower()
    # The same object where it can be: a list has hundreds of thousands of names.
    return text if normal == text else normal
