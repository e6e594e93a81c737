"""Answer requests as a healthy index does: paths, negotiation, caching and ranges."""

import gzip
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from support.packages import normalize
from support.simulator.contents import Contents, Listing, State
from support.simulator.json_api import render_json_api
from support.simulator.message import (
    Answer,
    Content,
    Delivery,
    Flat,
    Kind,
    Request,
    Window,
    select_range,
)
from support.simulator.pages import (
    Addresses,
    Format,
    PageMaker,
    negotiate,
    render_page,
    render_root,
)
from support.simulator.style import PYPI, Style

__all__ = ["Routes", "classify"]

_FILE = re.compile(r"\.(whl|tar\.gz|zip|egg|tar\.bz2)$")
_JSON_API = re.compile(r"/pypi/([^/]+)(?:/([^/]+))?/json")
_PROVENANCE = re.compile(r"/integrity/([^/]+)/([^/]+)/([^/]+)/provenance")
_HEAVY_ENTRIES = 1000
_FOREVER = "max-age=365000000, immutable, public"


def classify(path: str) -> Kind:
    """Return what kind of thing a path leads to."""
    if path in ("/simple", "/simple/"):
        return "root"
    if path.endswith(".metadata"):
        return "metadata"
    if _FILE.search(path):
        return "file"
    if path.startswith("/simple/"):
        return "page"
    if _JSON_API.fullmatch(path):
        return "json"
    return "provenance" if path.startswith("/integrity/") else "other"


@dataclass(slots=True)
class _Rendered:
    """Pages already rendered from one state in one style."""

    state: State
    style: Style
    bodies: dict[tuple[str, str, bool], tuple[bytes, str]]


class Routes:
    """An index over contents, in a style that may be changed at any time."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self.style = PYPI
        self.addresses = Addresses("", "")
        self._rendered = _Rendered(contents.state, PYPI, {})
        self._by_kind: Mapping[Kind, Callable[[Request, State], Answer]] = {
            "root": self._answer_root,
            "page": self._answer_page,
            "file": self._answer_file,
            "metadata": self._answer_metadata,
            "json": self._answer_json_api,
            "provenance": self._answer_provenance,
            "other": lambda *_: _problem(404, "there is nothing here"),
        }

    def answer(self, request: Request, state: State | None = None) -> Answer:
        """Return the answer to a request, from an older state if one is given."""
        state = state or self._contents.state
        if request.method not in ("GET", "HEAD"):
            return _problem(405, "Method Not Allowed", {"Allow": "GET, HEAD"})
        if request.door == "files" and request.kind not in ("file", "metadata"):
            return _problem(404, "only files are here")
        return self._by_kind[request.kind](request, state)

    def is_heavy(self, request: Request) -> bool:
        """Say whether answering takes so long that it must not be done on an event loop."""
        state = self._contents.state
        if request.kind not in ("root", "page", "json"):
            return False
        if request.kind == "root":
            weight = state.many + len(state.projects)
        else:
            project = state.project(normalize(request.path.split("/")[2]))
            weight = len(project.listings) if project is not None else 0
        return weight > _HEAVY_ENTRIES

    def _maker(self, state: State) -> PageMaker:
        return PageMaker(state, self.style, self.addresses)

    def _negotiate(self, request: Request) -> Format:
        asked = [part[7:] for part in request.query.split("&") if part.startswith("format=")]
        return negotiate(asked[0] if asked else request.headers.get("accept", ""), self.style)

    # --- pages ------------------------------------------------------------------------------------

    def _answer_root(self, request: Request, state: State) -> Answer:
        if request.path == "/simple":
            return _redirect("/simple/")
        form = self._negotiate(request)
        body = self._body_held(request, state, form)
        if body is None:
            body = self._hold(request, state, form, render_root(state, self.style, form))
        return self._finish_page(request, body, form, state.serial)

    def _answer_page(self, request: Request, state: State) -> Answer:
        name = request.path.removeprefix("/simple/").removesuffix("/")
        project = state.project(normalize(name))
        if project is None:
            return _problem(404, f"no project {name}")
        if request.path != f"/simple/{normalize(name)}/":
            return _redirect(f"/simple/{normalize(name)}/")
        form = self._negotiate(request)
        body = self._body_held(request, state, form)
        if body is None:
            content = render_page(self._maker(state), project, form)
            body = self._hold(request, state, form, content)
        return self._finish_page(request, body, form, project.serial)

    def _body_held(self, request: Request, state: State, form: Format) -> tuple[bytes, str] | None:
        held = self._rendered
        if held.state is not state or held.style is not self.style:
            self._rendered = _Rendered(state, self.style, {})
            return None
        return held.bodies.get((request.path, form.value, self._compresses(request)))

    def _hold(self, request: Request, state: State, form: Format, body: bytes) -> tuple[bytes, str]:
        packs = self._compresses(request)
        content = gzip.compress(body, 5, mtime=0) if packs else body
        held = content, _etag(content)
        self._rendered.bodies[request.path, form.value, packs] = held
        return held

    def _compresses(self, request: Request) -> bool:
        return self.style.gzip and "gzip" in request.headers.get("accept-encoding", "")

    def _finish_page(
        self, request: Request, body: tuple[bytes, str], form: Format, serial: int
    ) -> Answer:
        style, (content, etag) = self.style, body
        headers = {"Content-Type": _content_type(form), "Vary": "Accept"}
        if style.content_type is not None:
            headers["Content-Type"] = style.content_type
        if self._compresses(request):
            headers |= {"Content-Encoding": "gzip", "Vary": "Accept, Accept-Encoding"}
        if style.serials:
            headers["X-PyPI-Last-Serial"] = str(serial)
        if style.caching:
            headers |= {"ETag": etag, "Cache-Control": "max-age=600, public"}
        answer = Answer(headers={name: value for name, value in headers.items() if value})
        if style.caching and _is_current(request, etag):
            return replace(answer.with_headers({"Content-Type": None}), status=304)
        chunked = Delivery(chunked=not style.content_length)
        return replace(answer, body=Flat(content), delivery=chunked)

    # --- everything else --------------------------------------------------------------------------

    def _answer_json_api(self, request: Request, state: State) -> Answer:
        found = _JSON_API.fullmatch(request.path)
        if found is None or not self.style.json_api:
            return _problem(404, "no JSON API here")
        name, version = found.groups()
        if name != normalize(name):
            return _redirect(request.path.replace(name, normalize(name), 1))
        project = state.project(name)
        body = render_json_api(self._maker(state), project, version) if project else None
        if project is None or body is None:
            return _problem(404, f"no release {name} {version or ''}")
        headers = {"Content-Type": "application/json", "Access-Control-Allow-Origin": "*"}
        if self.style.serials:
            headers["X-PyPI-Last-Serial"] = str(project.serial)
        if not self.style.caching:
            return Answer(headers=headers, body=Flat(body))
        headers |= {"ETag": _etag(body), "Cache-Control": "max-age=900, public"}
        if _is_current(request, headers["ETag"]):
            return Answer(status=304, headers=headers)
        return Answer(headers=headers, body=Flat(body))

    def _answer_provenance(self, request: Request, state: State) -> Answer:
        found = _PROVENANCE.fullmatch(request.path)
        if found is None:
            return _problem(404, "no provenance here")
        name, _, filename = found.groups()
        project = state.project(normalize(name))
        for listing in project.listings if project is not None else ():
            if listing.package.filename == filename and listing.provenance is not None:
                content_type = "application/vnd.pypi.integrity.v1+json"
                headers = {"Content-Type": content_type, "Cache-Control": "max-age=600"}
                return Answer(headers=headers, body=Flat(json.dumps(listing.provenance).encode()))
        return _problem(404, "no provenance")

    def _answer_file(self, request: Request, state: State) -> Answer:
        listing = self._find(request, state)
        if listing is None:
            return _problem(404, "no such file")
        return self._send(request, listing.content, listing.sha256)

    def _answer_metadata(self, request: Request, state: State) -> Answer:
        listing = self._find(request, state) if self.style.metadata else None
        metadata = listing.served_metadata if listing is not None else None
        if metadata is None:
            return _problem(404, "no metadata")
        return self._send(request, Flat(metadata), hashlib.sha256(metadata).hexdigest())

    def _find(self, request: Request, state: State) -> Listing | None:
        if self.style.separate_file_host and request.door == "index":
            return None
        path = request.path.removesuffix(".metadata")
        if self.style.layout == "simple":
            return state.listing(path)
        name, _, filename = path.removeprefix("/simple/").partition("/")
        project = state.project(normalize(name))
        listings = project.listings if project is not None else ()
        return next((each for each in listings if each.package.filename == filename), None)

    def _send(self, request: Request, body: Content, digest: str) -> Answer:
        headers = {"Content-Type": "application/octet-stream"}
        etag = f'"{digest[:32]}"'
        if self.style.caching:
            headers |= {"ETag": etag, "Cache-Control": _FOREVER}
        delivery = Delivery(chunked=not self.style.content_length)
        whole = Answer(headers=headers, body=body, delivery=delivery)
        if not self.style.ranges:
            return whole
        whole = whole.with_headers({"Accept-Ranges": "bytes"})
        if request.range is None or request.headers.get("if-range", etag) != etag:
            return whole
        return _cut_out(whole, request.range)


def _cut_out(whole: Answer, span: str) -> Answer:
    size = whole.body.size
    try:
        selected = select_range(span, size)
    except ValueError:
        return whole
    if selected is None:
        refusal = whole.with_headers({"Content-Range": f"bytes */{size}"})
        return replace(refusal, status=416, body=Flat())
    start, stop = selected
    part = whole.with_headers({"Content-Range": f"bytes {start}-{stop - 1}/{size}"})
    return replace(part, status=206, body=Window(whole.body, start, stop))


def _content_type(form: Format) -> str:
    return form.value if form is Format.JSON else f"{form.value}; charset=utf-8"


def _etag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'


def _is_current(request: Request, etag: str) -> bool:
    known = request.headers.get("if-none-match", "")
    return etag in (each.strip().removeprefix("W/") for each in known.split(","))


def _redirect(location: str) -> Answer:
    return Answer(status=301, headers={"Location": location, "Content-Type": "text/html"})


def _problem(status: int, text: str, headers: Mapping[str, str] | None = None) -> Answer:
    body = Flat(f"{status} {text}\n".encode())
    return Answer(
        status=status, headers={"Content-Type": "text/plain", **(headers or {})}, body=body
    )
