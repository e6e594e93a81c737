"""Access logs of servers and CDNs: lines to records, and records to lines.

Pure, like the rest of ``wire``: takes pieces of text that somebody else read and unpacked. A line
that cannot be read is told and passed over, whatever its bytes are; it takes time in proportion to
its length. Start at ``read_log``; ``base`` has the record, and each format is a module.
"""

from wheelyard.wire.access_logs.combined import render_combined
from wheelyard.wire.access_logs.detecting import detect_format
from wheelyard.wire.access_logs.entry import BadLine, CacheResult, LogEntry
from wheelyard.wire.access_logs.formats import FORMATS, LogFormat, parse_format
from wheelyard.wire.access_logs.reading import read_log

__all__ = [
    "FORMATS",
    "BadLine",
    "CacheResult",
    "LogEntry",
    "LogFormat",
    "detect_format",
    "parse_format",
    "read_log",
    "render_combined",
]
