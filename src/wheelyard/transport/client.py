"""The HTTP client: one request at a time under the rules of its upstream.

A request goes: slot (our own limit of connections) -> guard -> hop (proxy, credentials, deadlines)
-> maybe another hop, judged like the first -> body. Everything that can fail on the way leaves as
``Unavailable`` with a ``Fault``, or as ``Refused``; a status is an answer.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Self

import anyio
import anyio.to_thread

from wheelyard.errors import BadInput, ConfigError, Unavailable
from wheelyard.transport.base import Document, Fault, Reply, Request
from wheelyard.transport.body import Body, read_document
from wheelyard.transport.brief import Brief
from wheelyard.transport.connections import Connections
from wheelyard.transport.credentials import load_netrc, split_credentials
from wheelyard.transport.decoding import OFFERED
from wheelyard.transport.faults import unavailable
from wheelyard.transport.guard import Guard
from wheelyard.transport.headers import IDENTITY, header_table, range_header, request_headers
from wheelyard.transport.itself import beyond_ourselves
from wheelyard.transport.resolver import Lookup, known_first
from wheelyard.transport.rules import Certificates, ClientRules
from wheelyard.transport.sender import Answer, Sender
from wheelyard.transport.tls import LazyContexts
from wheelyard.transport.urls import Origin, Target, display_url, parse_target

__all__ = ["HttpClient"]

_SOON_SECONDS = 1.5
"""A failure that comes within this may be made good at another address of the same host."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})


class HttpClient:
    """A ``Client`` on aiohttp; use it as a context manager, which opens and closes connections.

    ``lookup`` replaces this machine's resolver.

    Raises:
        ConfigError: the rules are unusable (at once), or a file that they name is (on entering).
    """

    def __init__(self, rules: ClientRules, lookup: Lookup | None = None) -> None:
        url, credentials = split_credentials(rules.origin)
        self._rules = replace(rules, origin=url)
        self._credentials = rules.credentials or credentials
        self._origin = _parse_origin(url, rules.name)
        self._guard = Guard.build(self._origin, rules.allow_hosts, rules.name)
        lookup = beyond_ourselves(rules.listening, known_first(rules.addresses, lookup))
        self._connections = Connections(self._guard, rules.deadlines, rules.limits, lookup)
        self._documents = anyio.Semaphore(rules.limits.document_connections)
        self._files = anyio.Semaphore(rules.limits.file_connections)
        self._sender: Sender | None = None

    async def __aenter__(self) -> Self:
        """Read the files that the rules name."""
        rules, credentials = self._rules, self._credentials
        contexts = LazyContexts(rules.certificates)
        if rules.certificates != Certificates():
            await contexts.get()  # a slip in a path is found now, and not with the first request
        if credentials is None and rules.netrc is not None:
            host = self._origin.host
            credentials = await anyio.to_thread.run_sync(load_netrc, rules.netrc, host)
        self._sender = Sender(rules, self._origin, self._connections, contexts, credentials)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close every connection."""
        self._sender = None
        await self._connections.close()

    async def load(self, request: Request) -> Document:
        """Return the whole answer, its content coding undone, within the request's limit."""
        seconds = self._rules.deadlines.total
        slots = self._files if request.is_file else self._documents
        async with self._slot(slots, request):
            if (document := await self._load_briefly(request)) is not None:
                return document
            whole = asyncio.timeout(seconds)
            try:
                async with whole:
                    return await self._load(request)
            except TimeoutError as error:
                detail = f"the answer was not complete within {seconds:g} s"
                raise unavailable(request.url, Fault.SLOW, detail) from error

    def open(self, request: Request) -> AbstractAsyncContextManager[Reply]:
        """Open a streamed answer; the body must be read inside the context."""
        return self._open(request)

    async def _load_briefly(self, request: Request) -> Document | None:
        """Return the answer that came on a kept connection; None if that is not to be had."""
        if self._sender is None:
            return None
        limit = request.max_bytes
        limit = self._rules.limits.document_bytes if limit is None else limit
        coding = _coding(request)
        target = self._guard.admit(request.url)
        headers = request_headers(request, coding)
        return await Brief(self._sender).load(request, target, headers, limit)

    async def _load(self, request: Request) -> Document:
        """Read one answer into memory."""
        limits = self._rules.limits
        limit = limits.document_bytes if request.max_bytes is None else request.max_bytes
        coding = _coding(request)
        async with self._answer(request, coding) as answer:
            headers = header_table(answer.response.headers)
            body = self._body(answer, limit)
            data = await read_document(body, headers.get("content-encoding"), limit)
            return Document(answer.response.status, answer.attempt.target.url, headers, data)

    @asynccontextmanager
    async def _open(self, request: Request) -> AsyncIterator[Reply]:
        """Hold a slot and a connection while the caller reads."""
        limits = self._rules.limits
        limit = limits.file_bytes if request.max_bytes is None else request.max_bytes
        async with (
            self._slot(self._files, request),
            self._answer(request, IDENTITY) as answer,
        ):
            headers = header_table(answer.response.headers)
            body = self._body(answer, limit)
            yield Reply(answer.response.status, answer.attempt.target.url, headers, body)

    def _body(self, answer: Answer, limit: int) -> Body:
        """Return the body of an answer, which may not even announce more than ``limit`` bytes.

        Raises:
            Unavailable: it announces more.
        """
        announced = answer.response.content_length
        if announced is not None and announced > limit and answer.response.method != "HEAD":
            detail = f"the body is said to have {announced} bytes, more than {limit}"
            raise answer.failure(Fault.TOO_LARGE, detail)
        return Body(answer, self._rules, limit)

    @asynccontextmanager
    async def _slot(self, slots: anyio.Semaphore, request: Request) -> AsyncIterator[None]:
        """Hold one of our own connection slots."""
        try:
            slots.acquire_nowait()
        except anyio.WouldBlock:
            await self._wait_for(slots, request)
        try:
            yield
        finally:
            slots.release()

    async def _wait_for(self, slots: anyio.Semaphore, request: Request) -> None:
        """Take a slot when one is free.

        Raises:
            Unavailable: none was, for too long.
        """
        seconds = self._rules.deadlines.queue
        try:
            async with asyncio.timeout(seconds):
                await slots.acquire()
        except TimeoutError as error:
            detail = f"all connections of this upstream were in use for {seconds:g} s"
            raise unavailable(request.url, Fault.BUSY, detail) from error

    @asynccontextmanager
    async def _answer(self, request: Request, coding: str) -> AsyncIterator[Answer]:
        """Follow redirects to an answer, and close it afterwards."""
        answer = await self._follow(request, coding)
        try:
            yield answer
        finally:
            # What was not read cannot stay on a connection that is used again.
            answer.close()

    async def _answered(
        self, ask: Callable[[], Awaitable[Answer]], sender: Sender, target: Target
    ) -> Answer:
        """Return the answer of one place; if one of its machines is ill, that of another one.

        A failure that took long is not made good at once: a client waits for the answer. The next
        question goes elsewhere all the same.
        """
        began = asyncio.get_running_loop().time()
        try:
            answer = await ask()
        except Unavailable:
            late = asyncio.get_running_loop().time() - began > _SOON_SECONDS
            if late or not sender.has_other_address(target):
                raise
            return await ask()
        if answer.is_sick and sender.has_other_address(target):
            answer.close()
            return await ask()
        return answer

    async def _follow(self, request: Request, coding: str) -> Answer:
        """Return the first answer that is no redirect; each hop is judged like the first."""
        if self._sender is None:
            raise RuntimeError("HttpClient is used outside of its context")
        headers = request_headers(request, coding)
        target = self._guard.admit(request.url)
        faithful = True
        seen = {target.url}
        while True:
            faithful = faithful and target.origin == self._origin
            ask = partial(self._sender.send, request, target, headers, faithful=faithful)
            answer = await self._answered(ask, self._sender, target)
            location = answer.response.headers.get("Location")
            if answer.response.status not in REDIRECTS or location is None:
                return answer
            answer.close()
            target = self._guard.admit_redirect(target, location)
            if target.url in seen or len(seen) > self._rules.limits.redirects:
                most = self._rules.limits.redirects
                detail = f"redirected in a circle, or more than {most} times"
                raise unavailable(request.url, Fault.REDIRECT_LOOP, detail)
            seen.add(target.url)


def _coding(request: Request) -> str:
    """Return the content codings that can be undone: of a part or a file, none."""
    return OFFERED if range_header(request) is None and not request.is_file else IDENTITY


def _parse_origin(url: str, name: str) -> Origin:
    """Return the origin of an upstream's URL.

    Raises:
        ConfigError: it is not one.
    """
    try:
        return parse_target(url).origin
    except BadInput as error:
        sentence = (
            f"`[upstream.{name}] urls` has `{display_url(url)}`, but {error}: "
            "write it like `https://index.example/simple/`."
        )
        raise ConfigError(sentence) from error
