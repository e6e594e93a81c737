"""The HTTP library's exceptions, translated: one place says which failure is which ``Fault``."""

import errno
import ssl
from dataclasses import dataclass

import aiohttp
from aiohttp import http_exceptions

from wheelyard.errors import Unavailable
from wheelyard.transport.base import Fault
from wheelyard.transport.pace import Progress
from wheelyard.transport.urls import Target, display_url

__all__ = ["FAILURES", "Attempt", "unavailable"]

FAILURES = (aiohttp.ClientError, OSError, TimeoutError, http_exceptions.HttpProcessingError)
"""Everything that the HTTP library raises for what the world did."""

_OUR_OWN = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


def unavailable(url: str, fault: Fault, detail: str) -> Unavailable:
    """Return the error for ``url``: the reason begins with the fault, then says it in words."""
    return Unavailable(f"`{display_url(url)}`", f"{fault}: {detail}.")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request to one place, as far as its failure can be told from the exception."""

    target: Target
    progress: Progress
    proxied: bool = False

    def failure(self, error: Exception, *, cut: bool = False) -> Unavailable:
        """Return what ``error`` means for the caller; ``cut`` if the connection was reset.

        No secret is in it.
        """
        if cut and not isinstance(error, TimeoutError):
            fault, detail = Fault.RESET, "the connection was reset within the body"
        else:
            fault, detail = self._classify(error)
        return unavailable(self.target.url, fault, detail)

    def _classify(self, error: Exception) -> tuple[Fault, str]:
        """Return the fault and a sentence without its full stop."""
        if isinstance(error, aiohttp.ClientConnectorError):
            return self._connector_fault(error)
        match error:
            case aiohttp.ClientHttpProxyError():
                answer = f"the proxy answered {error.status} when asked for a tunnel"
                found = Fault.PROXY, answer
            case ssl.SSLError():
                found = Fault.TLS, _tls_detail(error)
            case TimeoutError():
                found = self._timeout_fault()
            case aiohttp.ServerDisconnectedError():
                found = Fault.RESET, "the connection was closed without an answer"
            case aiohttp.ClientPayloadError():
                found = _payload_fault(error)
            case aiohttp.ClientResponseError() | http_exceptions.HttpProcessingError():
                found = _protocol_fault(error)
            case OSError():
                found = Fault.RESET, "the connection was reset"
            case _:
                found = Fault.FRAMING, f"the answer cannot be read ({type(error).__name__})"
        return found

    def _connector_fault(self, error: aiohttp.ClientConnectorError) -> tuple[Fault, str]:
        """Return what kept us from a connection."""
        match error:
            case aiohttp.ClientProxyConnectionError():
                return Fault.PROXY, "the proxy cannot be reached"
            case aiohttp.ClientConnectorDNSError() if self.proxied:
                return Fault.PROXY, "the name of the proxy does not resolve"
            case aiohttp.ClientConnectorDNSError():
                return Fault.DNS, f"the name `{self.target.origin.host}` does not resolve"
            case aiohttp.ClientSSLError():
                return Fault.TLS, _tls_detail(error)
            case _:
                return self._socket_fault(error.os_error)

    def _timeout_fault(self) -> tuple[Fault, str]:
        """Return the fault of the phase whose deadline passed."""
        seconds = f"{self.progress.seconds:g} s"
        place = f"`{self.target.origin}`"
        match self.progress.fault:
            case Fault.DNS:
                return Fault.DNS, f"no resolver answered for {place} within {seconds}"
            case Fault.CONNECT_TIMEOUT if self.proxied:
                return Fault.PROXY, f"no connection through the proxy within {seconds}"
            case Fault.CONNECT_TIMEOUT:
                return Fault.CONNECT_TIMEOUT, f"no connection to {place} within {seconds}"
            case Fault.SILENT:
                return Fault.SILENT, f"{place} is connected but sent no answer within {seconds}"
            case fault:
                return fault, f"{place} sent nothing for {seconds}"

    def _socket_fault(self, error: OSError) -> tuple[Fault, str]:
        """Return what an attempt to connect died of."""
        place = f"`{self.target.origin}`"
        if error.errno == errno.ECONNREFUSED:
            return Fault.REFUSED, f"nobody listens at {place}"
        if error.errno == errno.ETIMEDOUT:
            return Fault.CONNECT_TIMEOUT, f"no connection to {place}"
        if error.errno in _OUR_OWN:
            return Fault.BUSY, f"this machine has no room for a connection ({error.strerror})"
        if isinstance(error, ConnectionError):
            return Fault.RESET, f"{place} cut the connection while it was made"
        return Fault.UNREACHABLE, f"there is no way to {place} ({error.strerror or error})"


def _tls_detail(error: Exception) -> str:
    """Return what is wrong with the certificate or the handshake, as the TLS library says it."""
    inner: object = error
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        inner = error.certificate_error
    elif isinstance(error, aiohttp.ClientConnectorError):
        inner = error.os_error
    if isinstance(inner, ssl.SSLCertVerificationError):
        return f"the certificate is not accepted: {inner.verify_message.rstrip('.')}"
    reason = inner.reason if isinstance(inner, ssl.SSLError) else None
    return f"the TLS handshake failed ({(reason or type(inner).__name__).lower()})"


def _payload_fault(error: aiohttp.ClientPayloadError) -> tuple[Fault, str]:
    """Return how a body ended early."""
    match error.__cause__:
        case http_exceptions.ContentLengthError():
            return Fault.TRUNCATED, "the body is shorter than its Content-Length"
        case http_exceptions.TransferEncodingError():
            return Fault.TRUNCATED, "the body ended before its last chunk"
        case _:
            return Fault.FRAMING, "the body is not framed as HTTP"


def _protocol_fault(error: Exception) -> tuple[Fault, str]:
    """Return what is wrong with an answer that is not HTTP, or too much of it."""
    # The library keeps the kind of this error only in its text.
    if "Got more than" in str(error) or "Too many headers" in str(error):
        return Fault.TOO_LARGE, "the header of the answer is larger than allowed"
    return Fault.FRAMING, "the answer is not HTTP"
