"""Batches made by hand."""

from collections.abc import Sequence

from wheelyard.publish.purging.purger import PurgeBatch

__all__ = ["batch_of"]


def batch_of(
    paths: Sequence[str], keys: Sequence[str] = ("project/a",), owed: int = 0
) -> PurgeBatch:
    """Return a batch of these paths."""
    return PurgeBatch("i-main-7-x", "i", "main", 7, tuple(paths), tuple(keys), owed or len(paths))
