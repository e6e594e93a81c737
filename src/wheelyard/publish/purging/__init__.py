"""Purging: caches before a published tree are told what has changed, and nothing else.

Start with ``purger.py`` (``Purger``, ``PurgeBatch``), then ``owing.py``: what is owed is written
down before a change can be seen, and done afterwards, until it is done. One module for each kind of
cache; ``opening.py`` makes them out of ``[publish.INDEX]``.
"""

from wheelyard.publish.purging.aws_signature import AwsCredentials, read_aws_credentials
from wheelyard.publish.purging.opening import Endpoints, PurgerParts, open_purgers
from wheelyard.publish.purging.owing import PurgeParts, PurgeReport, Purging
from wheelyard.publish.purging.purger import (
    Changed,
    PurgeBatch,
    Purged,
    Purger,
    address_of,
)

__all__ = [
    "AwsCredentials",
    "Changed",
    "Endpoints",
    "PurgeBatch",
    "PurgeParts",
    "PurgeReport",
    "Purged",
    "Purger",
    "PurgerParts",
    "Purging",
    "address_of",
    "open_purgers",
    "read_aws_credentials",
]
