"""What the house rules look at: the files of this clone, their syntax trees, their imports.

Read ``sources`` first, then ``rules``; ``layers`` holds the order of the rooms, ``limits`` counts
lines, and ``markdown`` reads the documents.  Nothing here imports ``wheelyard``: a rule about the
source must hold even while the source cannot be imported.
"""

from support.house import rules
from support.house.layers import imports_of
from support.house.markdown import Block, anchors_of, blocks_of, links_of, prose_lines
from support.house.sources import ROOT, Module, modules_in, tracked_files

__all__ = [
    "ROOT",
    "Block",
    "Module",
    "anchors_of",
    "blocks_of",
    "imports_of",
    "links_of",
    "modules_in",
    "prose_lines",
    "rules",
    "tracked_files",
]
