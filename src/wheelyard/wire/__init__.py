"""Bytes to records and back: everything that knows how the outside spells things.

Pure: imports the words (``errors``, ``names``, ``model``, ``clock``) and nothing else of ours, and
does no I/O.  Only ``BadInput`` leaves a parser.  Start at ``sniff`` (reading pages) and at
``simple_json`` (both ways); every module is used by its own name.
"""

from wheelyard.wire.links import Links
from wheelyard.wire.negotiate import Encoding, Form, negotiate, negotiate_encoding
from wheelyard.wire.sniff import parse_list, parse_page

__all__ = [
    "Encoding",
    "Form",
    "Links",
    "negotiate",
    "negotiate_encoding",
    "parse_list",
    "parse_page",
]
