"""The servers of a published tree, each with the configuration that is given out for it."""

import contextlib
import http.client
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from support.served_trees import TREE, write_served_tree
from support.web_servers import Place, RunningWebServer, WebServer, apache, caddy, nginx, running
from wheelyard.publish.serving import Kind, Site, render_configuration
from wheelyard.publish.serving.apache import MODULES

__all__ = ["CODINGS", "Answer", "Served", "copy_of", "serving", "tree_in"]

CODINGS: Mapping[Kind, frozenset[str]] = {
    "nginx": frozenset({"gzip"}),
    "nginx-front": frozenset({"gzip"}),
    "apache": frozenset({"gzip", "zstd"}),
    "caddy": frozenset({"gzip", "zstd"}),
}
"""What each can send of what is in a tree."""

_SERVERS: Mapping[Kind, WebServer] = {
    "nginx": nginx.NGINX,
    "nginx-front": nginx.NGINX,
    "apache": apache.APACHE,
    "caddy": caddy.CADDY,
}
_PATIENCE_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, as it was sent; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def words(self, name: str) -> set[str]:
        """Return the elements of a header that is a list, in lower case."""
        return {each.strip().lower() for each in self.headers.get(name, "").split(",") if each}


@dataclass(frozen=True, slots=True)
class Served:
    """A tree behind a server. ``base_url`` is the address of the tree, without a slash."""

    kind: Kind
    base_url: str
    folder: Path
    server: RunningWebServer = field(repr=False)

    @property
    def index_url(self) -> str:
        """The address that installers are given."""
        return f"{self.base_url}/simple/"

    def ask(
        self,
        path: str,
        headers: Mapping[str, str] | None = None,
        method: str = "GET",
        body: bytes | None = None,
    ) -> Answer:
        """Return the answer to a request for an address below that of the tree."""
        parts = urlsplit(self.base_url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=_PATIENCE_SECONDS)
        try:
            connection.request(method, parts.path + path, body, dict(headers or {}))
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        said = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, said, content)


@contextlib.contextmanager
def serving(kind: Kind, folder: Path, tree: Path, site: Site) -> Iterator[Served]:
    """Serve a tree; the site says below which path, and what is behind it."""

    def configuration(place: Place) -> str:
        return _whole(kind, place, _with_place(kind, site, tree, place))

    with running(_SERVERS[kind], folder, configuration) as server:
        yield Served(kind, server.base_url + site.prefix, tree, server)


def tree_in(folder: Path, name: str = "tree", *, has_views: bool = True) -> Path:
    """Write the tree into a folder."""
    tree = folder / name
    tree.mkdir()
    tree.chmod(0o755)
    write_served_tree(tree, TREE, has_views=has_views)
    return tree


def copy_of(tree: Path, where: Path) -> Path:
    """Return a copy of a tree, links and all."""
    shutil.copytree(tree, where, symlinks=True)
    return where


def _with_place(kind: Kind, site: Site, tree: Path, place: Place) -> str:
    """Return the configuration that is given out, for this port."""
    listen = f"127.0.0.1:{place.port}" if kind.startswith("nginx") else str(place.port)
    here = Site(
        tree=str(tree),
        host="127.0.0.1",
        listen=listen,
        prefix=site.prefix,
        page_max_age_seconds=site.page_max_age_seconds,
        server=site.server,
    )
    (text,) = render_configuration(kind, here).values()
    return text


def _whole(kind: Kind, place: Place, text: str) -> str:
    """Return all of what the program reads."""
    if kind == "apache":
        return apache.whole(place, text, MODULES)
    return caddy.whole(place, text) if kind == "caddy" else nginx.whole(place, text)
