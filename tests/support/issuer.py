"""An issuer of identities: a small real HTTP server that signs with real keys.

::

    with running_issuer() as issuer:
        token = issuer.sign({"sub": "repo:acme/app", "aud": "wheelyard"})
        ...  # a program that is told `issuer.url` can check it

A pipeline gets a token of its own at `/request?audience=...`, as GitHub's do, with what `run` says.
People are asked nothing: whoever is sent to `/authorize` comes back signed in as `issuer.person`.
"""

import base64
import hashlib
import json
import secrets
import ssl
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

__all__ = ["Issuer", "SigningKey", "make_key", "running_issuer"]

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key with the name under which its public half is published."""

    key_id: str
    algorithm: str
    private: PrivateKey = field(repr=False)

    @property
    def public(self) -> dict[str, object]:
        """The public half as a document. Source: RFC 7517."""
        algorithm = jwt.get_algorithm_by_name(self.algorithm)
        document = json.loads(algorithm.to_jwk(self.private.public_key()))
        return {**document, "kid": self.key_id, "alg": self.algorithm, "use": "sig"}


def make_key(key_id: str, algorithm: str = "ES256") -> SigningKey:
    """Return a new key; for RSA it takes a moment."""
    if algorithm.startswith("ES"):
        return SigningKey(key_id, algorithm, ec.generate_private_key(ec.SECP256R1()))
    return SigningKey(key_id, algorithm, rsa.generate_private_key(65537, 2048))


@dataclass(slots=True)
class Issuer:
    """A running issuer. `asked` has the paths of all requests; `down` has it answer 503."""

    url: str = ""
    keys: list[SigningKey] = field(default_factory=lambda: [make_key("first")])
    person: dict[str, object] = field(default_factory=dict)
    run: dict[str, object] = field(default_factory=dict)
    client_secret: str = "hush"
    asked: list[str] = field(default_factory=list)
    down: bool = False
    documents: dict[str, object] = field(default_factory=dict)
    """What replaces parts of its description."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def sign(
        self,
        claims: Mapping[str, object],
        *,
        key: SigningKey | None = None,
        header: Mapping[str, object] | None = None,
        now: float | None = None,
    ) -> str:
        """Return a token of five minutes; a claim that is None is left out."""
        now = time.time() if now is None else now
        times = {"iat": int(now), "nbf": int(now), "exp": int(now) + 300}
        whole = {"iss": self.url, "jti": secrets.token_hex(8), **times, **claims}
        whole = {name: value for name, value in whole.items() if value is not None}
        key = key or self.keys[0]
        return jwt.encode(
            whole, key.private, key.algorithm, headers={"kid": key.key_id, **(header or {})}
        )

    def answer(self, path: str) -> tuple[int, object]:
        """Return what is at `path`."""
        if self.down:
            return 503, {}
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.url,
                "jwks_uri": f"{self.url}/keys",
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                **self.documents,
            }
        if path == "/keys":
            return 200, {"keys": [key.public for key in self.keys]}
        return 404, {}

    def authorize(self, query: Mapping[str, str]) -> str:
        """Sign the person in, and return where to go next."""
        code = secrets.token_urlsafe(16)
        self.codes[code] = dict(query)
        answer = urlencode({"code": code, "state": query["state"], "iss": self.url})
        return f"{query['redirect_uri']}?{answer}"

    def exchange(self, fields: Mapping[str, str], authorization: str) -> tuple[int, object]:
        """Return a token for a code, which is good once. Source: RFC 7636, 4.6."""
        asked = self.codes.pop(fields.get("code", ""), None)
        wanted = base64.b64encode(f"wheelyard:{self.client_secret}".encode()).decode()
        if asked is None or authorization != f"Basic {wanted}":
            return 400, {"error": "invalid_grant"}
        proof = hashlib.sha256(fields["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(proof).rstrip(b"=").decode()
        same = fields["redirect_uri"] == asked["redirect_uri"]
        if challenge != asked["code_challenge"] or not same:
            return 400, {"error": "invalid_grant"}
        claims = {"aud": asked["client_id"], "nonce": asked["nonce"], **self.person}
        return 200, {"id_token": self.sign(claims), "token_type": "Bearer", "access_token": "x"}


@contextmanager
def running_issuer(context: ssl.SSLContext | None = None) -> Iterator[Issuer]:
    """Run an issuer on a free port of this machine for the length of a `with` block."""
    issuer = Issuer()

    class Handler(_Handler):
        pass

    Handler.issuer = issuer
    server = _Server(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    scheme = "http" if context is None else "https"
    issuer.url = f"{scheme}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    """Takes no notice of a client that is gone."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Tell of an error, unless it is a lost connection."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # passed on


class _Handler(BaseHTTPRequestHandler):
    """Answers the requests of one issuer."""

    issuer: Issuer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer a document, or send a person on."""
        parts = urlsplit(self.path)
        self.issuer.asked.append(parts.path)
        if parts.path == "/authorize":
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            self._send(302, {}, self.issuer.authorize(query))
            return
        if parts.path == "/request":
            (audience,) = parse_qs(parts.query)["audience"]
            self._send(200, {"value": self.issuer.sign({"aud": audience, **self.issuer.run})})
            return
        self._send(*self.issuer.answer(parts.path))

    def do_POST(self) -> None:
        """Exchange a code."""
        self.issuer.asked.append(self.path)
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        fields = {name: values[0] for name, values in parse_qs(body).items()}
        self._send(*self.issuer.exchange(fields, self.headers.get("Authorization", "")))

    def _send(self, status: int, document: object, location: str = "") -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
