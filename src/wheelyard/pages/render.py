"""A page as bytes: every form and coding, each made once, when first asked for.

An ETag is a digest of the bytes that it stands for, so each representation has its own, and
the same content has the same ETag on every node and after every restart.
Source: RFC 9110, 8.8.3; PEP 691.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from threading import RLock

import zstandard
from isal import igzip

from wheelyard.model import Project, ProjectList
from wheelyard.wire import simple_html, simple_json
from wheelyard.wire.links import Links
from wheelyard.wire.negotiate import Encoding, Form

__all__ = ["Rendered", "Variant", "render_project", "render_root"]

_ZSTD_LEVEL = 3
_GZIP_LEVEL = 1
"""igzip's level 1 reaches the size of zlib's 6 at a tenth of the time."""

_MIN_COMPRESSED_BYTES = 512


@dataclass(frozen=True, slots=True)
class Variant:
    """One representation: the body, its ETag (quoted), and the headers that go with it."""

    body: bytes
    etag: bytes
    headers: tuple[tuple[bytes, bytes], ...]


@dataclass(slots=True)
class Rendered:
    """The representations of one page; any thread may ask for them.

    ``forms`` holds what was not rendered yet, and with it the model.
    """

    forms: dict[Form, Callable[[], bytes]]
    extra_headers: tuple[tuple[bytes, bytes], ...] = ()
    _variants: dict[tuple[Form, Encoding], Variant] = field(default_factory=dict)
    _lock: RLock = field(default_factory=RLock, repr=False)

    @property
    def size_bytes(self) -> int:
        """How much memory the representations made so far take."""
        return sum(len(variant.body) for variant in tuple(self._variants.values()))

    def held(self, form: Form, encoding: Encoding) -> Variant | None:
        """Return a representation if it has been made."""
        return self._variants.get((form, encoding))

    def variant(self, form: Form, encoding: Encoding) -> Variant:
        """Return a representation; the first call makes it. Large pages: call it in a thread."""
        with self._lock:  # a herd that wants a large page has it made by the first
            found = self._variants.get((form, encoding))
            if found is None:
                found = self._variants[form, encoding] = self._make(form, encoding)
            return found

    def _make(self, form: Form, encoding: Encoding) -> Variant:
        """Render or compress one representation."""
        if encoding == "identity":
            return self._labelled(self._plain(form), form, encoding)
        plain = self.variant(form, "identity")
        if len(plain.body) < _MIN_COMPRESSED_BYTES:
            return plain
        return self._labelled(_compress(plain.body, encoding), form, encoding)

    def _plain(self, form: Form) -> bytes:
        """Return the body of ``form``; both types of HTML share it."""
        twin = {Form.HTML: Form.V1_HTML, Form.V1_HTML: Form.HTML}.get(form, form)
        made = self._variants.get((twin, "identity"))
        body = made.body if made else self.forms[form]()
        self.forms = {key: make for key, make in self.forms.items() if key not in {form, twin}}
        return body

    def _labelled(self, body: bytes, form: Form, encoding: Encoding) -> Variant:
        """Return ``body`` with its ETag and headers."""
        label = f"{form.media_type}\n{encoding}\n".encode()
        etag = b'"%s"' % blake2b(label + body, digest_size=16).hexdigest().encode()
        headers = [
            (b"content-type", form.media_type.encode()),
            (b"content-length", b"%d" % len(body)),
            (b"etag", etag),
            (b"vary", b"Accept, Accept-Encoding"),
            *self.extra_headers,
        ]
        if encoding != "identity":
            headers.append((b"content-encoding", encoding.encode()))
        return Variant(body, etag, tuple(headers))


def render_project(project: Project, links: Links) -> Rendered:
    """Return the page of ``project``, to be rendered when asked for."""

    def html() -> bytes:
        return simple_html.render_project(project, links)

    def json() -> bytes:
        return simple_json.render_project(project, links)

    return Rendered({Form.HTML: html, Form.V1_HTML: html, Form.JSON: json}, _serial(project.serial))


def render_root(listed: ProjectList) -> Rendered:
    """Return the page of all projects, to be rendered when asked for."""

    def html() -> bytes:
        return simple_html.render_project_list(listed)

    def json() -> bytes:
        return simple_json.render_project_list(listed)

    return Rendered({Form.HTML: html, Form.V1_HTML: html, Form.JSON: json}, _serial(listed.serial))


def _serial(serial: int | None) -> tuple[tuple[bytes, bytes], ...]:
    """Return the upstream's serial as a header. Source: PyPI's ``X-PyPI-Last-Serial``."""
    return () if serial is None else ((b"x-pypi-last-serial", b"%d" % serial),)


def _compress(body: bytes, encoding: Encoding) -> bytes:
    """Return ``body`` compressed; the same bytes for the same input, always."""
    if encoding == "zstd":
        return zstandard.ZstdCompressor(_ZSTD_LEVEL).compress(body)
    return igzip.compress(body, _GZIP_LEVEL, mtime=0)
