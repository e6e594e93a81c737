"""Certificates for a simulator, good and bad, from an authority that only the test knows."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

import trustme

__all__ = ["Identity", "Trust", "make_identity"]

Trust = Literal["good", "expired", "wrong-host", "unknown-ca"]

_PAST = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Identity:
    """What the server shows, and the authority (PEM) that a client is told to trust."""

    context: ssl.SSLContext = field(repr=False)
    authority: trustme.CA = field(repr=False)

    @property
    def authority_pem(self) -> bytes:
        """Return the certificate of the authority that a client is told to trust."""
        return self.authority.cert_pem.bytes()


def make_identity(
    trust: Trust, hosts: Sequence[str], authority: trustme.CA | None = None
) -> Identity:
    """Return an identity for `hosts`; whatever `trust` says, the authority itself is sound.

    With an `authority` the clients of another identity trust this one, as far as it deserves it.
    """
    told = authority or trustme.CA()
    signer = trustme.CA() if trust == "unknown-ca" else told
    names = ["elsewhere.example"] if trust == "wrong-host" else [*hosts, "localhost"]
    expiry = _PAST if trust == "expired" else None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    signer.issue_cert(*names, not_after=expiry).configure_cert(context)
    return Identity(context, told)
