"""The one thing that is sent to the outside instead of asked for: a POST to an address of ours.

It goes through the same guard, certificates, proxies and deadlines as every question. The host that
the operator wrote down is all there is for it: no redirect is followed, and of the answer nothing
counts but the status. A POST is never repeated here: whether to is decided by whoever counts.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from wheelyard.errors import BadInput, ConfigError, Unavailable
from wheelyard.transport.base import Fault, Request
from wheelyard.transport.body import Body
from wheelyard.transport.connections import Connections
from wheelyard.transport.credentials import split_credentials
from wheelyard.transport.faults import unavailable
from wheelyard.transport.guard import Guard
from wheelyard.transport.headers import IDENTITY
from wheelyard.transport.proxies import Proxies
from wheelyard.transport.resolver import Lookup
from wheelyard.transport.rules import Certificates, ClientRules, Deadlines, Limits
from wheelyard.transport.sender import Answer, Sender
from wheelyard.transport.tls import LazyContexts
from wheelyard.transport.urls import Target, parse_target

__all__ = ["WebhookClient", "WebhookRules"]

_READ_BYTES = 16 * 1024
"""How much of an answer is read, out of politeness; the rest is not waited for."""


@dataclass(frozen=True, slots=True)
class WebhookRules:
    """Where a webhook is and how long it may take. ``url`` may be a secret."""

    url: str = field(repr=False)
    proxies: Proxies = field(default_factory=Proxies)
    total_seconds: float = 10.0


class WebhookClient:
    """Posts to one address; use it as a context manager, which closes what is open.

    ``lookup`` replaces this machine's resolver.

    Raises:
        ConfigError: the address is none; at once, and without repeating it.
    """

    def __init__(self, rules: WebhookRules, lookup: Lookup | None = None) -> None:
        url, self._credentials = split_credentials(rules.url)
        self._target = _parse(url)
        self._seconds = seconds = rules.total_seconds
        deadlines = Deadlines(
            resolve=seconds / 2, connect=seconds / 2, first_byte=seconds, between_chunks=seconds
        )
        self._rules = ClientRules(
            origin=str(self._target.origin), proxies=rules.proxies, deadlines=deadlines
        )
        guard = Guard(self._target.origin, (), "webhook")
        self._connections = Connections(guard, deadlines, Limits(), lookup)
        self._sender = Sender(
            self._rules,
            self._target.origin,
            self._connections,
            LazyContexts(Certificates()),
            self._credentials,
        )

    @property
    def shown(self) -> str:
        """The address as people may see it: scheme, host and port."""
        return str(self._target.origin)

    async def __aenter__(self) -> Self:
        """Begin; nothing is opened before it is needed."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close every connection."""
        await self._connections.close()

    async def post(self, body: bytes, headers: Mapping[str, str]) -> int:
        """Send ``body``, and return the status of the answer.

        Raises:
            Unavailable: it did not arrive, or no answer came in time.
            Refused: the name of the host resolves to where we may not go.
        """
        request = Request(self._target.url, method="POST", fresh_connection=True, body=body)
        fields = {"Accept": "*/*", "Accept-Encoding": IDENTITY, **headers}
        try:
            async with asyncio.timeout(self._seconds):
                return await self._post(request, fields)
        except TimeoutError as error:
            detail = f"no answer within {self._seconds:g} s"
            raise unavailable(self.shown, Fault.SLOW, detail) from error
        except Unavailable as error:
            # The sentence of any other error may have the path, which may be a key.
            raise Unavailable(f"`{self.shown}`", error.reason) from None

    async def _post(self, request: Request, headers: dict[str, str]) -> int:
        """Send the request and read a little of what comes back."""
        answer = await self._sender.send(request, self._target, headers, faithful=True)
        try:
            await self._read_a_little(answer)
            return answer.response.status
        finally:
            answer.close()

    async def _read_a_little(self, answer: Answer) -> None:
        """Let a receiver that says a few words say them; whatever they are, the status counts."""
        seconds = min(1.0, self._seconds / 2)
        try:
            async with asyncio.timeout(seconds):
                async for _ in Body(answer, self._rules, _READ_BYTES):
                    pass
        except (TimeoutError, Unavailable):
            return


def _parse(url: str) -> Target:
    """Return the place to post to.

    Raises:
        ConfigError: it is none.
    """
    try:
        return parse_target(url)
    except BadInput as error:
        sentence = (
            "An address in `outage_webhooks` or `publish_webhooks` cannot be used, because "
            f"{error}: "
            "write it like `https://hooks.example/path`."
        )
        raise ConfigError(sentence) from error
