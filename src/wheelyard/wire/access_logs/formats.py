"""The formats that are known, and who reads them."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from wheelyard.errors import BadInput
from wheelyard.wire.access_logs.cloudfront import CloudFrontJsonReader, CloudFrontReader
from wheelyard.wire.access_logs.combined import CombinedReader
from wheelyard.wire.access_logs.entry import LineReader
from wheelyard.wire.access_logs.fastly import FastlyReader
from wheelyard.wire.access_logs.haproxy import HaproxyReader

__all__ = ["FORMATS", "FormatName", "LogFormat", "open_reader", "parse_format"]

FormatName = Literal[
    "combined", "vhost-combined", "cloudfront", "cloudfront-json", "fastly", "haproxy"
]
FORMATS: Final[tuple[FormatName, ...]] = get_args(FormatName)


@dataclass(frozen=True, slots=True)
class LogFormat:
    """One format, and what its lines do not say of themselves."""

    name: FormatName
    fields: tuple[str, ...] = ()
    """CloudFront: names of the columns, for logs without a `#Fields:` line. HAProxy: the captured
    headers, in order."""
    delimiter: str = "\t"
    """CloudFront: what is between two columns."""


def parse_format(name: str) -> LogFormat:
    """Return the format of that name.

    Raises:
        BadInput: there is none.
    """
    for known in FORMATS:
        if name == known:
            return LogFormat(known)
    raise BadInput(f"`{name[:40]}` is no format of a log: use one of {', '.join(FORMATS)}")


def open_reader(form: LogFormat) -> LineReader:
    """Return who reads the lines of a format, from its first one on."""
    match form.name:
        case "combined":
            return CombinedReader(has_host=False)
        case "vhost-combined":
            return CombinedReader(has_host=True)
        case "cloudfront":
            return CloudFrontReader(form.fields, form.delimiter)
        case "cloudfront-json":
            return CloudFrontJsonReader()
        case "fastly":
            return FastlyReader()
        case "haproxy":
            return HaproxyReader(form.fields)
