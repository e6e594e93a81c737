"""The one table of requests that every server of a tree has to answer alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from support.served_trees import TREE
from wheelyard.publish.serving.contents import FOR_EVER
from wheelyard.wire.negotiate import Form

__all__ = [
    "ACCEPTS",
    "ADDRESSES",
    "CODED",
    "FOR_A_WHILE",
    "JSON",
    "MISSING",
    "PLUS",
    "REDIRECTS",
    "WHEEL",
    "Address",
    "link_to",
]

JSON: Final = "application/vnd.pypi.simple.v1+json"
V1_HTML: Final = "application/vnd.pypi.simple.v1+html"
FOR_A_WHILE: Final = "public, max-age=600, stale-while-revalidate=300, stale-if-error=86400"

ACCEPTS: Final = (
    None,
    "",
    "*/*",
    "text/html",
    JSON,
    V1_HTML,
    # pip, uv, and the older pips that know HTML alone
    f"{JSON}, {V1_HTML}; q=0.1, text/html; q=0.01",
    f"{JSON}, {V1_HTML};q=0.2, text/html;q=0.01",
    "text/html, application/xhtml+xml;q=0.9, */*;q=0.8",
    "application/vnd.pypi.simple.latest+json",
    "application/vnd.pypi.simple.latest+html",
    # weights that decide
    f"{JSON};q=0.5, text/html;q=0.6",
    f"{JSON};q=0.6, text/html;q=0.5",
    f"text/html;q=0.9,{JSON};q=0.95",
    f"{JSON};q=0.10, {V1_HTML};q=0.1",
    f"{V1_HTML};q=0.2, {JSON};q=0.15",
    f"{JSON};q=0, */*",
    f"{JSON};q=0, text/html;q=0.000",
    "application/*;q=0.5, text/html;q=0.4",
    "application/*, text/html",
    "text/*",
    "*/*;q=0.3, text/html;q=0.2",
    f"{JSON};q=.5, */*;q=0.1",
    f"{JSON.upper()} ; Q=0.7",
    f'{JSON};profile="a";q=0.4, text/html;q=0.3',
    # what cannot be read, or is not here
    f"{JSON};q=yes, text/html;q=0.1",
    "image/png",
    "application/json",
    f"{JSON}x",
    "*",
    ",,;q=",
)


@dataclass(frozen=True, slots=True)
class Address:
    """One thing at one address: its path as in a link, its type, and how long it is kept.

    ``object_path`` is where it is in the tree.
    """

    link: str
    object_path: str
    content_type: str
    cache_control: str = FOR_A_WHILE
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        short = self.link if len(self.link) < 40 else self.link.rpartition("/")[2]
        return " ".join([short, *self.headers.values()])


def link_to(filename: str) -> str:
    """Return the link to a file of the tree, with a slash before it."""
    return "/" + TREE.path_of(filename).replace("+", "%2B")


WHEEL: Final = "demo-1.0-py3-none-any.whl"
PLUS: Final = "demo-2.0+local.1-py3-none-any.whl"
_SDIST: Final = "from_source-1.0.tar.gz"
_BYTES: Final = "application/octet-stream"
_TEXT: Final = "text/plain; charset=utf-8"
_PROVENANCE: Final = f"integrity/demo/1.0/{WHEEL}/provenance"

ADDRESSES: Final = (
    *(Address(link_to(each), TREE.path_of(each), _BYTES, FOR_EVER) for each in (WHEEL, _SDIST)),
    Address(link_to(PLUS), TREE.path_of(PLUS), _BYTES, FOR_EVER),
    Address("/" + TREE.path_of(PLUS), TREE.path_of(PLUS), _BYTES, FOR_EVER),
    Address(f"{link_to(PLUS)}.metadata", f"{TREE.path_of(PLUS)}.metadata", _TEXT, FOR_EVER),
    # Whoever takes compressed pages takes files as they are all the same.
    Address(
        link_to(_SDIST), TREE.path_of(_SDIST), _BYTES, FOR_EVER, {"Accept-Encoding": "gzip, zstd"}
    ),
    Address(link_to(WHEEL), TREE.path_of(WHEEL), _BYTES, FOR_EVER, {"Accept-Encoding": "gzip"}),
    Address(f"/{_PROVENANCE}", _PROVENANCE, "application/vnd.pypi.integrity.v1+json"),
    Address("/simple/demo/index.json", "simple/demo/index.json", Form.JSON.media_type),
    Address("/simple/demo/index.html", "simple/demo/index.html", Form.HTML.media_type),
    Address("/simple/index.json", "simple/index.json", Form.JSON.media_type),
    Address("/wheelyard.json", "wheelyard.json", "application/json"),
    Address("/-/manifest", "-/manifest", _TEXT),
    Address("/-/projects.jsonl.gz", "-/projects.jsonl.gz", "application/gzip"),
    Address("/snapshot.sqlite", "snapshot.sqlite", "application/vnd.sqlite3"),
    Address("/snapshot.sqlite.sha256", "snapshot.sqlite.sha256", _TEXT),
)
"""What has an address of its own."""

CODED: Final[Mapping[str | None, frozenset[str]]] = {
    None: frozenset({""}),
    "identity": frozenset({""}),
    "gzip": frozenset({"gzip"}),
    "gzip, deflate": frozenset({"gzip"}),
    "gzip;q=0": frozenset({""}),
    "gzip;q=0.0, br": frozenset({""}),
    "br;q=1.0, gzip;q=0.8": frozenset({"gzip"}),
    "gzip, deflate, br, zstd": frozenset({"gzip", "zstd"}),
    "zstd": frozenset({"zstd", ""}),
    "br": frozenset({""}),
}
"""What may be sent to whom: ``Accept-Encoding`` to codings."""

REDIRECTS: Final = {
    "/simple": "/simple/",
    "/simple/demo": "/simple/demo/",
    f"/simple/demo?format={JSON}": f"/simple/demo/?format={JSON}",
}

MISSING: Final[Sequence[str]] = (
    "/simple/not-there/",
    "/simple/not-there/index.json",
    "/simple/demo/index.json.gz",
    "/simple/demo/other",
    "/simple/demo/index.html/",
    "/simple/demo/demo/",
    "/packages/",
    f"{link_to(WHEEL).rpartition('/')[0]}/",
    f"{link_to(WHEEL)}x",
    f"{link_to(WHEEL)}/",
    f"{link_to(WHEEL)}/more",
    "/integrity/demo/1.0/other-1.0-py3-none-any.whl/provenance",
    "/views/a/simple/demo/index.json",
    "/views/a/simple/demo/",
    "/current/simple/demo/index.html",
    "/.wheelyard/draft",
    "/packages/../.wheelyard/draft",
    "/packages/%2e%2e/.wheelyard/draft",
    "/.wheelyard-json/",
    "/-/",
    "/elsewhere",
)
"""What is not there, for anybody."""
