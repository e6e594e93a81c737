"""Ask the server of a data directory how it is, over HTTP and without any proxy."""

import http.client
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

from wheelyard.errors import BadInput, ConfigError, Unavailable
from wheelyard.monitor import Address, StatusReport, parse_status
from wheelyard.settings import ServerSettings, hide_url

__all__ = ["ask_status", "configured_address", "parse_address"]

TIMEOUT_SECONDS = 5.0
MAX_STATUS_BYTES = 4 * 1024**2
_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - recognised, not bound


def parse_address(url: str) -> Address:
    """Return the address that a person wrote: with or without `/simple` and a final slash.

    Raises:
        BadInput: it is not the address of a server.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        usable = None
    if not usable:
        raise BadInput(
            f"`--url`: expected an address such as `http://127.0.0.1:8765`, got `{hide_url(url)}`."
        )
    root = url.partition("?")[0].partition("#")[0].rstrip("/").removesuffix("/simple")
    return Address(root.rstrip("/"))


def configured_address(server: ServerSettings) -> Address:
    """Return where the settings say that the server listens."""
    scheme = "https" if server.tls_cert else "http"
    host = _WILDCARDS.get(server.host, server.host)
    netloc = f"[{host}]:{server.port}" if ":" in host else f"{host}:{server.port}"
    return Address(
        f"{scheme}://{netloc}",
        uds=str(server.uds) if server.uds else "",
        certificate=str(server.tls_cert) if server.tls_cert else "",
    )


def ask_status(address: Address) -> StatusReport | None:
    """Return what the server at ``address`` says of itself, or None if nobody listens there.

    Raises:
        Unavailable: somebody listens, but gives no usable answer.
    """
    where = f"The server at `{address.uds or hide_url(address.url)}`"
    try:
        status, body = _find(address)
    except (ConnectionRefusedError, FileNotFoundError, socket.gaierror):
        return None
    except TimeoutError as error:
        reason = f"it gave no answer within {TIMEOUT_SECONDS:g} seconds"
        raise Unavailable(where, reason) from error
    except (OSError, http.client.HTTPException) as error:
        raise Unavailable(where, f"it gave no usable answer ({error})") from error
    try:
        return parse_status(body)
    except BadInput as error:
        reason = f"something answered with status {status}, but it is not Wheelyard"
        raise Unavailable(where, reason) from error


def _find(address: Address) -> tuple[int, bytes]:
    """Return status and body of the first path that is there, else of the last one tried."""
    answer: tuple[int, bytes] = http.client.NOT_FOUND, b""
    paths = ["/-/status"] if address.uds else _paths(address.url)
    for path in paths:
        answer = _get(address, path)
        if answer[0] != http.client.NOT_FOUND:
            break
    return answer


def _paths(url: str) -> Iterator[str]:
    """Yield where the status may be: below the address given, or nearer to the root.

    The address of a named index is one step below the server's.
    """
    path = urlsplit(url).path.rstrip("/")
    yield f"{path}/-/status"
    while path:
        path = path.rpartition("/")[0]
        yield f"{path}/-/status"


def _get(address: Address, path: str) -> tuple[int, bytes]:
    """Return status and body of one GET."""
    connection = _connection(address)
    try:
        connection.request("GET", path, headers={"Accept": "application/json"})
        response = connection.getresponse()
        return response.status, response.read(MAX_STATUS_BYTES)
    finally:
        connection.close()


def _connection(address: Address) -> http.client.HTTPConnection:
    """Return a connection to the server, to be opened by its first request."""
    parts = urlsplit(address.url)
    host, port = parts.hostname or "localhost", parts.port
    context = _context(address.certificate) if parts.scheme == "https" else None
    if address.uds:
        return _UnixConnection(host, address.uds, context)
    if context is not None:
        return http.client.HTTPSConnection(host, port, timeout=TIMEOUT_SECONDS, context=context)
    return http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket, with TLS if there is a context for it."""

    def __init__(self, host: str, path: str, context: ssl.SSLContext | None) -> None:
        super().__init__(host, timeout=TIMEOUT_SECONDS)
        self._path = path
        self._context = context

    def connect(self) -> None:
        """Open the socket; ``HTTPConnection`` asks for it and closes it."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
        if self._context is not None:
            self.sock = self._context.wrap_socket(self.sock, server_hostname=self.host)


def _context(certificate: str) -> ssl.SSLContext:
    """Return how to check the server: against its own certificate if we know it.

    We reach it under an address such as ``127.0.0.1`` that its certificate need not name; what
    counts is that it holds the key of the certificate that it was started with.
    """
    if not certificate:
        return ssl.create_default_context()
    try:
        context = ssl.create_default_context(cafile=certificate)
    except (OSError, ssl.SSLError) as error:
        message = f"`{certificate}` is not a readable certificate: correct `server.tls_cert`."
        raise ConfigError(message) from error
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context
