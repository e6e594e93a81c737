"""Trove classifiers that nobody agreed on, and those that were given up.

Source: https://packaging.python.org/specifications/core-metadata/ (Classifier).
"""

from collections.abc import Iterable, Iterator
from typing import Final

from trove_classifiers import classifiers, deprecated_classifiers

from wheelyard.upload.archives.paths import shown

__all__ = ["classifier_problems"]

_PRIVATE: Final = "Private :: "


def classifier_problems(found: Iterable[str]) -> Iterator[str]:
    """Yield a sentence for each classifier that is unknown or deprecated.

    ``Private :: Do Not Upload`` and its like keep a package from the public index, not from here.
    """
    for classifier in found:
        if replacement := deprecated_classifiers.get(classifier):
            words = " or ".join(f"`{name}`" for name in replacement)
            yield f"Classifier: {shown(classifier)} has been deprecated; use {words}."
        elif classifier in deprecated_classifiers:
            yield f"Classifier: {shown(classifier)} has been deprecated; remove it."
        elif classifier not in classifiers and not classifier.startswith(_PRIVATE):
            yield f"Classifier: {shown(classifier)} is not a valid classifier."
