"""What short texts on pages stand for, spelled out for SQL: tags of wheels, and Pythons."""

from collections.abc import Iterator
from itertools import product
from typing import Final

from wheelyard.publish.snapshot.schema import PYTHONS
from wheelyard.specifiers import allows_python

__all__ = ["expand_pythons", "expand_tags"]

MAX_TAGS: Final = 1_000
"""Three sets of fifty would be a quarter of a million rows."""
_SETS: Final = 3


def expand_tags(tags: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield the rows of ``wheel_tags`` for the tags in the name of a wheel; each once.

    Source: PEP 425, "Compressed Tag Sets".
    """
    sets = [sorted(set(part.split("."))) for part in tags.split("-")]
    if len(sets) != _SETS or len(sets[0]) * len(sets[1]) * len(sets[2]) > MAX_TAGS:
        return
    for python, abi, platform in product(*sets):
        yield tags, python, abi, platform


def expand_pythons(requires_python: str) -> Iterator[tuple[str, str]]:
    """Yield the rows of ``python_support`` for which Pythons are required."""
    for python in PYTHONS:
        if allows_python(requires_python, python):
            yield requires_python, python
