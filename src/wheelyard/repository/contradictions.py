"""Contradictions: somebody offers other bytes under a name that stands for certain bytes."""

import logging
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from wheelyard.errors import Corrupt
from wheelyard.names import Filename, ProjectName

__all__ = ["Contradictions", "Offer"]

_LOG = logging.getLogger(__name__)
_MAX_REMEMBERED: Final = 10_000


@dataclass(frozen=True, slots=True)
class Offer:
    """Other bytes for a file than those ``known``. Digests as ``ALGORITHM HEX``.

    ``source`` is who offers them, without credentials; ``since`` says where the known digest is
    from, for the sentence.
    """

    project: ProjectName
    filename: Filename
    known: str
    offered: str
    source: str
    since: str = "the page that is held states it"


@dataclass(slots=True)
class Contradictions:
    """Every offer is refused, and said once; ``seen`` counts the different ones since the start."""

    seen: int = 0
    latest: str = ""
    """The last of the sentences."""
    _said: OrderedDict[Offer, None] = field(default_factory=OrderedDict)

    def note(self, offer: Offer) -> Corrupt:
        """Say it if it was not said before, and return the error."""
        what = f"`{offer.filename}` of `{offer.project}`"
        if offer not in self._said:
            self.seen += 1
            self.latest = (
                f"{offer.source} offers {offer.offered} for {what}, which is {offer.known} "
                f"({offer.since}). A file name keeps its bytes for ever: the offer is refused. "
                "Ask the index's owner what happened to the file."
            )
            _LOG.error("%s", self.latest)
        self._said[offer] = None
        self._said.move_to_end(offer)
        while len(self._said) > _MAX_REMEMBERED:
            self._said.popitem(last=False)
        return Corrupt(what, expected=offer.known, actual=offer.offered, where=offer.source)
