"""Upstream: someone else's index, over HTTP, as one door."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar, assert_never
from urllib.parse import quote, urlsplit, urlunsplit

import anyio.to_thread
import msgspec

from wheelyard.blobs import Blob
from wheelyard.clock import Clock
from wheelyard.decide import absence
from wheelyard.decide.absence import Kind, classify
from wheelyard.errors import Absent, BadInput, Refused, Unavailable
from wheelyard.model import File, FileRef, Project, ProjectList
from wheelyard.names import ProjectName
from wheelyard.repository.base import DocumentWanted, Loaded, Unchanged, Validators
from wheelyard.repository.news import NEWS, is_no_news, news_name, news_request
from wheelyard.repository.remote import RemoteBlob
from wheelyard.transport import Client, Document, Request
from wheelyard.wire.http_cache import lifetime_seconds, parse_serial
from wheelyard.wire.sniff import parse_list, parse_page

__all__ = ["Upstream", "UpstreamRules"]

T = TypeVar("T")

PAGE_ACCEPT = (
    "application/vnd.pypi.simple.v1+json, "
    "application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
)
_METADATA_MAX_BYTES = 16 * 1024**2
_JSON_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_IN_PLACE_BYTES = 64 * 1024
"""Smaller pages are parsed on the loop: a thread would cost more than the parse."""


@dataclass(frozen=True, slots=True)
class UpstreamRules:
    """What is particular to one upstream.

    ``url`` is the index URL and ends in a slash. ``unhashed`` says what to do with files for
    which it states no digest.
    """

    name: str
    url: str
    unhashed: str = "record"
    forbidden_means_absent: bool = False
    max_page_bytes: int = 256 * 1024**2


class Upstream:
    """One upstream index. Every answer is classified in one place: ``_ask``."""

    def __init__(self, client: Client, rules: UpstreamRules, clock: Clock) -> None:
        """Ask the index at ``rules.url`` through ``client``."""
        self._client = client
        self._rules = rules
        self._clock = clock

    async def refresh_projects(self, held: Validators | None) -> Loaded[ProjectList] | Unchanged:
        """Return the project list; see ``Door``."""
        request = self._page_request(self._rules.url, held)
        return await self._refresh(request, "The project list", _root)

    async def refresh_project(
        self, name: ProjectName, held: Validators | None, *, again: bool = False
    ) -> Loaded[Project] | Unchanged:
        """Return the page of ``name``; see ``Door``. A second reading is on a new connection."""
        return await self.refresh_page(name, f"{self._rules.url}{name}/", held, again=again)

    async def refresh_page(
        self, name: ProjectName, url: str, held: Validators | None, *, again: bool = False
    ) -> Loaded[Project] | Unchanged:
        """Return the page of ``name``, which is at ``url`` of this index."""
        request = self._page_request(url, None if again else held)
        if again:
            request = replace(request, fresh_connection=True)
        return await self._refresh(request, f"`{name}`", partial(self._project, name))

    async def refresh_document(
        self, wanted: DocumentWanted, held: Validators | None
    ) -> Loaded[bytes] | Unchanged:
        """Return a JSON API document, a provenance object or news; see ``Door``."""
        if wanted.kind in NEWS:
            request = news_request(self._rules.url, wanted, self._rules.max_page_bytes)
            return await self._get(request, news_name(wanted), _body)
        url = wanted.url or self._json_url(wanted.name)
        request = self._request(url, "application/json, */*;q=0.1", held)
        return await self._refresh(request, f"`{wanted.name}`", _json_body)

    async def file(self, ref: FileRef) -> Blob:
        """Return the file at the URL that the page gave."""
        if ref.file.sha256 is None and self._rules.unhashed == "refuse":
            reason = f"the upstream states no SHA-256 and `[upstream.{self._rules.name}] unhashed`"
            raise Refused(f"`{ref.file.filename}`", f'{reason} is "refuse"')
        unstated = not ref.file.hashes
        return RemoteBlob(self._client, ref.file.url, self._clock, is_unstated=unstated)

    async def metadata(self, ref: FileRef) -> bytes:
        """Return the document beside the file. Source: PEP 658 ("appended to the path")."""
        request = Request(metadata_url(ref.file), max_bytes=_METADATA_MAX_BYTES)
        return (await self._get(request, f"`{ref.file.filename}.metadata`", _body)).value

    def _page_request(self, url: str, held: Validators | None) -> Request:
        """Return the request of a page of the Simple API."""
        return self._request(url, PAGE_ACCEPT, held)

    def _request(self, url: str, accept: str, held: Validators | None) -> Request:
        """Return a request, conditional if what we hold came through this same door."""
        if held is None or held.door != self._rules.url:
            return Request(url, accept, max_bytes=self._rules.max_page_bytes)
        return Request(
            url, accept, held.etag, held.last_modified, max_bytes=self._rules.max_page_bytes
        )

    async def _refresh(
        self, request: Request, what: str, parse: Callable[[Document], T]
    ) -> Loaded[T] | Unchanged:
        """Ask; only who asked on a condition can be told that nothing changed."""
        if request.etag or request.last_modified:
            return await self._ask(request, what, parse)
        return await self._get(request, what, parse)

    async def _get(self, request: Request, what: str, parse: Callable[[Document], T]) -> Loaded[T]:
        """Ask without any condition."""
        answer = await self._ask(request, what, parse)
        if isinstance(answer, Unchanged):
            raise Unavailable(what, "the upstream answered 304 to an unconditional request")
        return answer

    async def _ask(
        self, request: Request, what: str, parse: Callable[[Document], T]
    ) -> Loaded[T] | Unchanged:
        """Ask, classify, parse. What cannot be parsed counts as no answer at all."""
        document = await self._load(request, what)
        headers, now = document.headers, self._clock.now()
        lifetime = lifetime_seconds(headers, now)
        if is_no_news(request, document.status):
            raise Absent(what, self._rules.name)
        forbidden = self._rules.forbidden_means_absent
        verdict = classify(
            document.status, headers, Kind.PAGE, now=now, forbidden_means_absent=forbidden
        )
        match verdict:
            case absence.NotModified():
                return Unchanged(self._rules.url, lifetime)
            case absence.Absent():
                raise Absent(what, self._rules.name)
            case absence.Unavailable(reason, retry_seconds, failing):
                raise Unavailable(what, reason, retry_seconds=retry_seconds, failing=failing)
            case absence.Answer():
                value = await _parsed(parse, document, what)
            case _:
                assert_never(verdict)
        validators = Validators(self._rules.url, headers.get("etag"), headers.get("last-modified"))
        return Loaded(
            value,
            validators,
            lifetime,
            url=document.url,
            content_type=headers.get("content-type", ""),
            serial=parse_serial(document.headers),
        )

    async def _load(self, request: Request, what: str) -> Document:
        """Return the answer, whatever it is. One that leads us astray is none (F15).

        Our own origin is always admitted, so what is refused there is a redirect to a place that
        is not: a captive portal's, say. What we hold is good all the same.
        """
        try:
            return await self._client.load(request)
        except Refused as error:
            if urlsplit(request.url)[:2] != urlsplit(self._rules.url)[:2]:
                raise
            raise Unavailable(what, f"the upstream redirects: {error}") from error

    def _project(self, name: ProjectName, document: Document) -> Project:
        """Return the page, without files that its policy does not admit."""
        content_type = document.headers.get("content-type", "")
        project = parse_page(document.body, content_type, document.url, name)
        serial = parse_serial(document.headers)
        files = project.files
        if self._rules.unhashed == "refuse":
            files = tuple(file for file in files if file.sha256)
        if serial in {None, project.serial} and files is project.files:
            return project
        return msgspec.structs.replace(
            project, files=files, serial=project.serial if serial is None else serial
        )

    def _json_url(self, name: str) -> str:
        """Return the JSON API's URL beside the index. Source: PyPI's JSON API."""
        parts = urlsplit(self._rules.url)
        root = parts.path.removesuffix("/").removesuffix("/simple")
        path = f"{root}/pypi/{quote(name)}/json"
        return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def metadata_url(file: File) -> str:
    """Return where the metadata of ``file`` is: the suffix goes to the path, before a query."""
    parts = urlsplit(file.url)
    return urlunsplit(parts._replace(path=f"{parts.path}.metadata", fragment=""))


async def _parsed(parse: Callable[[Document], T], document: Document, what: str) -> T:
    """Return what ``document`` says; large ones are parsed off the loop."""
    try:
        if len(document.body) < _IN_PLACE_BYTES:
            return parse(document)
        return await anyio.to_thread.run_sync(parse, document)
    except BadInput as error:
        reason = f"the upstream's answer is not what was asked for: {error}"
        raise Unavailable(what, reason) from error


def _root(document: Document) -> ProjectList:
    """Return the project list in ``document``."""
    content_type = document.headers.get("content-type", "")
    listed = parse_list(document.body, content_type, document.url)
    serial = parse_serial(document.headers)
    return ProjectList(listed.projects, serial if serial is not None else listed.serial)


def _body(document: Document) -> bytes:
    """Return the body as it is."""
    return document.body


def _json_body(document: Document) -> bytes:
    """Return the body if it is a JSON object; a login page is none.

    Raises:
        BadInput: it is anything else.
    """
    try:
        _JSON_OBJECT.decode(document.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(f"body: not a JSON object: {str(error)[:200]}") from error
    return document.body
