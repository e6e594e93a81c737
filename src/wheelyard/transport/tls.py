"""Whom we believe: one place makes the TLS contexts, and none of them can be told not to check."""

import ssl
from dataclasses import dataclass

import anyio
import anyio.to_thread

from wheelyard.errors import ConfigError
from wheelyard.transport.rules import Certificates

__all__ = ["Contexts", "LazyContexts", "load_contexts"]


@dataclass(frozen=True, slots=True)
class Contexts:
    """The context for the upstream's own origin, which shows our certificate, and for others."""

    own: ssl.SSLContext
    others: ssl.SSLContext


class LazyContexts:
    """The contexts for some files, loaded once, when they are first needed.

    Reading the system's authorities takes some 30 ms, and an upstream in plain http needs none.
    """

    def __init__(self, certificates: Certificates) -> None:
        self._certificates = certificates
        self._lock = anyio.Lock()
        self._contexts: Contexts | None = None

    async def get(self) -> Contexts:
        """Return the contexts.

        Raises:
            ConfigError: a file cannot be read or is not what it should be.
        """
        async with self._lock:
            if self._contexts is None:
                self._contexts = await anyio.to_thread.run_sync(load_contexts, self._certificates)
            return self._contexts


def load_contexts(certificates: Certificates) -> Contexts:
    """Return the contexts for these files. It reads them: call it in a thread.

    Raises:
        ConfigError: a file cannot be read or is not what it should be.
    """
    others = _load_context(certificates)
    if certificates.client is None:
        return Contexts(others, others)
    own = _load_context(certificates)
    try:
        # The empty password keeps OpenSSL from asking for one on the terminal.
        own.load_cert_chain(certificates.client, certificates.client_key, password=lambda: "")
    except (OSError, ValueError) as error:
        sentence = (
            f"The client certificate `{certificates.client}` cannot be used ({_reason(error)}): "
            "give a PEM file with certificate and key, the key without a password."
        )
        raise ConfigError(sentence) from error
    return Contexts(own, others)


def _load_context(certificates: Certificates) -> ssl.SSLContext:
    """Return a verifying context that believes the system, the given file, or both."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if not certificates.ca_replaces_system or certificates.ca is None:
        context.load_default_certs()
    if certificates.ca is not None:
        try:
            if certificates.ca.is_dir():
                context.load_verify_locations(capath=certificates.ca)
            else:
                context.load_verify_locations(cafile=certificates.ca)
        except OSError as error:
            sentence = (
                f"The certificate authority `{certificates.ca}` cannot be used "
                f"({_reason(error)}): give a file of certificates in PEM form."
            )
            raise ConfigError(sentence) from error
    return context


def _reason(error: Exception) -> str:
    """Return what the library says, in a few words."""
    if isinstance(error, ssl.SSLError):
        return error.reason or "it is not in PEM form"
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return type(error).__name__
