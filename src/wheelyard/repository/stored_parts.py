"""What the files of one owner are kept with, one by one or in batches."""

from dataclasses import dataclass, field

from wheelyard.blobs import Fills
from wheelyard.catalog import Catalog
from wheelyard.clock import Clock
from wheelyard.repository.contradictions import Contradictions

__all__ = ["StoredParts"]


@dataclass(frozen=True, slots=True)
class StoredParts:
    """What the files of one owner are kept with."""

    owner: str
    catalog: Catalog
    fills: Fills
    clock: Clock
    contradictions: Contradictions = field(default_factory=Contradictions)
