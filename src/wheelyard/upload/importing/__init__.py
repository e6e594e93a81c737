"""Importing: taking over what another index has, through the same checks as an upload.

Start with ``offers.py`` (what a source offers), then ``importer.py`` (what becomes of it) and
``finding.py`` (which kind of source something is). The sources: ``directories.py`` (archives that
lie somewhere), ``devpi.py`` (what ``devpi-server --export`` writes), ``simple.py`` (an index by its
address, or a mirror's tree).
"""

from wheelyard.upload.importing.finding import find_source, is_address, tree_address
from wheelyard.upload.importing.importer import Importer, ImportParts
from wheelyard.upload.importing.offers import Offer, Source, Unusable, Wanted
from wheelyard.upload.importing.report import Item, Report
from wheelyard.upload.importing.simple import SimpleSource

__all__ = [
    "ImportParts",
    "Importer",
    "Item",
    "Offer",
    "Report",
    "SimpleSource",
    "Source",
    "Unusable",
    "Wanted",
    "find_source",
    "is_address",
    "tree_address",
]
