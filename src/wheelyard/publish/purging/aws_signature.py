"""The signature of a request to AWS, version 4, as its header `Authorization`.

Pure: it takes the moment and the credentials, and touches nothing.
Source: AWS's "Signature Version 4 signing process"; its published test suite is among our tests.
"""

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl, quote, urlsplit

from wheelyard.clock import Instant
from wheelyard.settings import Secret

__all__ = ["AwsCredentials", "AwsRequest", "read_aws_credentials", "sign_request"]

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_UNRESERVED: Final = "-_.~"


@dataclass(frozen=True, slots=True)
class AwsCredentials:
    """Who asks. ``token`` belongs to credentials that are lent for a while."""

    key_id: str
    secret: Secret
    token: Secret | None = None


@dataclass(frozen=True, slots=True)
class AwsRequest:
    """What is asked of which service in which region. ``headers`` are signed, all of them."""

    url: str
    region: str
    service: str
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)


def read_aws_credentials(environment: Mapping[str, str]) -> AwsCredentials | None:
    """Return the credentials that the environment has, under the names that AWS gives them."""
    key_id = environment.get("AWS_ACCESS_KEY_ID", "")
    secret = environment.get("AWS_SECRET_ACCESS_KEY", "")
    if not key_id or not secret:
        return None
    token = environment.get("AWS_SESSION_TOKEN", "")
    return AwsCredentials(key_id, Secret(secret), Secret(token) if token else None)


def sign_request(request: AwsRequest, credentials: AwsCredentials, now: Instant) -> dict[str, str]:
    """Return the headers of the request with those that prove who asks."""
    moment = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    headers = {**request.headers, "X-Amz-Date": moment}
    if credentials.token is not None:
        headers["X-Amz-Security-Token"] = credentials.token.reveal()
    signed = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    signed["host"] = urlsplit(request.url).netloc
    names = ";".join(sorted(signed))
    scope = f"{moment[:8]}/{request.region}/{request.service}/aws4_request"
    canonical = "\n".join(_canonical(request, signed, names))
    to_sign = "\n".join([_ALGORITHM, moment, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    signature = hmac.new(_key(credentials, scope), to_sign.encode(), hashlib.sha256).hexdigest()
    proof = f"Credential={credentials.key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {**headers, "Authorization": f"{_ALGORITHM} {proof}"}


def _canonical(request: AwsRequest, signed: Mapping[str, str], names: str) -> Iterator[str]:
    """Yield the lines of the request in the form that is signed."""
    parts = urlsplit(request.url)
    yield request.method
    yield quote(parts.path or "/", safe=f"/{_UNRESERVED}")
    query = sorted(
        (quote(name, safe=_UNRESERVED), quote(value, safe=_UNRESERVED))
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
    )
    yield "&".join(f"{name}={value}" for name, value in query)
    for name in sorted(signed):
        yield f"{name}:{signed[name]}"
    yield ""
    yield names
    yield hashlib.sha256(request.body).hexdigest()


def _key(credentials: AwsCredentials, scope: str) -> bytes:
    """Return the key of one day, region and service."""
    key = f"AWS4{credentials.secret.reveal()}".encode()
    for word in scope.split("/"):
        key = hmac.new(key, word.encode(), hashlib.sha256).digest()
    return key
