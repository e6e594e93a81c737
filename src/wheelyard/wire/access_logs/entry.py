"""What a line of an access log says, whoever wrote it."""

from enum import StrEnum
from typing import Final, Protocol
from urllib.parse import unquote

import msgspec

from wheelyard.clock import Instant

__all__ = ["MAX_LINE_BYTES", "BadLine", "CacheResult", "LineReader", "LogEntry"]

MAX_LINE_BYTES: Final = 64 * 1024
"""More than any server writes of one request; a line that is longer is none."""


class CacheResult(StrEnum):
    """What the cache in front had to do for an answer, in one vocabulary for all of them."""

    HIT = "hit"
    """It had the answer."""
    REFRESHED = "refreshed"
    """It had the answer, and asked whether that still counts."""
    MISS = "miss"
    """It fetched the answer."""
    PASSED = "passed"
    """It was told not to keep the answer."""
    ERROR = "error"
    """There was none, or none that counts."""
    OTHER = "other"
    """It made the answer itself: a redirect, or a page of its own."""
    UNKNOWN = "unknown"
    """The log does not say."""


class LogEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One request and its answer.

    Texts are what the client sent, without what the log did to them. Bytes that are not UTF-8 are
    lone surrogates in them, as ``os.fsdecode`` has it, so that they can be written again as they
    were: whoever keeps a text elsewhere encodes it with ``errors="replace"`` or so first.
    """

    at: Instant
    """When the request came, or was answered; logs differ."""
    method: str
    """Empty if what came was no request."""
    raw_path: str
    """The path as it was sent, without the query; what came if it was no request."""
    query: str = ""
    """The query as it was sent, without the question mark."""
    protocol: str = ""
    """Such as ``HTTP/1.1``; empty where the log does not say."""
    status: int
    """0 if the client was gone before there was one."""
    bytes_sent: int
    """All bytes of the answer; without the header where the log does not count it."""
    body_bytes: int | None = None
    """Bytes of the body alone, where the log says so."""
    user_agent: str = ""
    referer: str = ""
    request_id: str = ""
    """What tells this request from any other, where the log has such a thing."""
    range_start: int | None = None
    """First byte of the part that was asked for, where the log says so."""
    range_end: int | None = None
    """Last byte of it, where the log says so."""
    cache: CacheResult = CacheResult.UNKNOWN
    cache_word: str = ""
    """The log's own word for ``cache``."""
    host: str = ""
    """What the client called the server, with the port where the log has it."""
    client: str = ""
    """Address of the client. For writing another log only: never kept by what counts."""
    line: int = 0
    """Number of the line in its file, from 1."""

    @property
    def path(self) -> str:
        """The path, percent-decoded once."""
        return unquote(self.raw_path, errors="surrogateescape")


class BadLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line that could not be read, and why. The lines after it are read all the same."""

    where: str
    """Name of the file."""
    line: int
    """Number of the line, from 1."""
    reason: str
    text: str
    """How the line begins, printable."""
    is_end: bool = False
    """Whether the rest of the file could not be read either: it is damaged or incomplete."""

    def __str__(self) -> str:
        """Return the sentence about it, without the text: that may name people."""
        return f"{self.where}, line {self.line}: {self.reason}"


class LineReader(Protocol):
    """Reads the lines of one format, one after the other."""

    def read(self, line: str) -> LogEntry | None:
        """Return what a line says; None if it is no request, such as a heading.

        Raises:
            BadInput: it cannot be read; the sentence does not say where.
        """
