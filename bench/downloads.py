"""Downloads of large files, one or a whole herd at once, with as little work as can be.

One thread, one buffer that every byte is read into and forgotten: fifty clients of this kind take
less time than one that is written with comfort, so what is measured is the server.
"""

import selectors
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

__all__ = ["Download", "download", "download_together"]

TIMEOUT_SECONDS = 120.0
BUFFER_BYTES = 512 * 1024
END_OF_HEAD = b"\r\n\r\n"
AS_IT_IS = {"Accept": "*/*", "Accept-Encoding": "identity"}
REDIRECTS = {301, 302, 303, 307, 308}


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """What one client got; seconds count from before it connected.

    `stated_bytes` is the length that the server promised, -1 if it promised none.
    """

    status: int
    first_byte_seconds: float
    seconds: float
    received_bytes: int
    stated_bytes: int
    redirected: bool
    is_compressed: bool

    def is_whole(self, size: int) -> bool:
        """Say whether the client got a file of so many bytes."""
        return self.status == 200 and self.received_bytes == size


def download(url: str, headers: Mapping[str, str] = AS_IT_IS) -> Download:
    """Return what one client gets."""
    return download_together(url, 1, headers)[0]


def download_together(
    url: str, clients: int, headers: Mapping[str, str] = AS_IT_IS
) -> list[Download]:
    """Return what each of several clients gets that ask at the same moment."""
    buffer = memoryview(bytearray(BUFFER_BYTES))
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    began = time.perf_counter()
    with selectors.DefaultSelector() as selector:
        waiting = [_Client(url, lines, began, selector) for _ in range(clients)]
        while selector.get_map():
            events = selector.select(TIMEOUT_SECONDS)
            for key, _ in events:
                step: Callable[[memoryview], None] = key.data
                step(buffer)
            if not events:
                break
        return [client.finish() for client in waiting]


@dataclass(slots=True)
class _Client:
    """One client: its connection, and how far it is."""

    url: str
    header_lines: str
    began: float
    selector: selectors.BaseSelector
    connection: socket.socket = field(init=False)
    head: bytes = b""
    status: int = 0
    stated: int = -1
    received: int = 0
    first_byte: float = 0
    ended: float = 0
    redirected: bool = False
    compressed: bool = False

    def __post_init__(self) -> None:
        self._connect()

    def _connect(self) -> None:
        parts = urlsplit(self.url)
        self.connection = socket.create_connection((parts.hostname, parts.port), TIMEOUT_SECONDS)
        first = f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        # An answer without a length ends with its connection.
        lines = f"{first}{self.header_lines}Connection: close\r\n\r\n"
        self.connection.sendall(lines.encode())
        self.connection.settimeout(0)
        self.selector.register(self.connection, selectors.EVENT_READ, self._read)

    def _read(self, buffer: memoryview) -> None:
        try:
            count = self.connection.recv_into(buffer)
        except BlockingIOError:
            return
        except OSError:
            count = 0
        if count == 0:
            self._close()
        elif self.status == 0:
            self._read_head(bytes(buffer[:count]))
        else:
            self._count(count)

    def _read_head(self, data: bytes) -> None:
        self.head += data
        head, end, body = self.head.partition(END_OF_HEAD)
        if not end:
            return
        first, *lines = head.decode("latin-1").split("\r\n")
        self.status = int(first.split(" ")[1])
        pairs = (line.partition(":") for line in lines)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        self.stated = int(headers.get("content-length", -1))
        self.compressed = headers.get("content-encoding", "identity") != "identity"
        if self.status in REDIRECTS:
            self._follow(headers.get("location", ""))
        elif body or self.stated == 0:
            self._count(len(body))

    def _count(self, count: int) -> None:
        self.first_byte = self.first_byte or time.perf_counter()
        self.received += count
        if self.received == self.stated:
            self._close()

    def _follow(self, location: str) -> None:
        self._close()
        self.url = urljoin(self.url, location)
        self.head, self.status, self.redirected = b"", 0, True
        self._connect()

    def _close(self) -> None:
        self.ended = time.perf_counter()
        self.selector.unregister(self.connection)
        self.connection.close()

    def finish(self) -> Download:
        """Return what came, and give up what did not."""
        if not self.ended or self.connection.fileno() != -1:
            self._close()
        return Download(
            status=self.status,
            first_byte_seconds=(self.first_byte or self.ended) - self.began,
            seconds=self.ended - self.began,
            received_bytes=self.received,
            stated_bytes=self.stated,
            redirected=self.redirected,
            is_compressed=self.compressed,
        )
