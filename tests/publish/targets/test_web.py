"""A tree that somebody serves, read over HTTP."""

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from wheelyard.errors import Absent, BadInput, Unavailable
from wheelyard.publish.targets.web import WebTree
from wheelyard.transport import ClientRules, HttpClient

pytestmark = pytest.mark.anyio

NAME = "Flask-1!3.0+local.1~x #?%.whl"


class Site(SimpleHTTPRequestHandler):
    """Serves a folder; some paths have an answer of their own."""

    def do_GET(self) -> None:
        """Answer."""
        if self.path.startswith("/tree/status/"):
            self.send_error(int(self.path.rpartition("/")[2]))
        elif self.path == "/tree/coded.gz":
            body = b"\x1f\x8b not really gzip"
            self.send_response(200)
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        else:
            super().do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Serve a folder, as `python -m http.server` does."""
    root = tmp_path / "tree"
    root.mkdir()
    handler = partial(Site, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/tree/", root
        server.shutdown()
        thread.join()


@asynccontextmanager
async def reading(address: str) -> AsyncIterator[WebTree]:
    """Open the tree at an address."""
    async with HttpClient(ClientRules(address, "tree")) as client:
        yield WebTree(client, address)


async def test_object_is_read_as_it_is_stored(site: tuple[str, Path]) -> None:
    """Under any name, and without undoing a content coding."""
    address, root = site
    root.joinpath(NAME).write_bytes(b"wheel")
    async with reading(address) as tree:
        assert await tree.get(NAME, 100) == b"wheel"
        assert b"".join([chunk async for chunk in tree.read(NAME)]) == b"wheel"
        assert await tree.get("coded.gz", 100) == b"\x1f\x8b not really gzip"
        assert tree.url == address.rstrip("/")


@pytest.mark.parametrize("path", ["none", "status/404", "status/410"])
async def test_absent_object_is_said_to_be_absent(site: tuple[str, Path], path: str) -> None:
    """These two statuses are answers."""
    async with reading(site[0]) as tree:
        assert await tree.get(path, 100) is None
        with pytest.raises(Absent, match=path):
            _ = [chunk async for chunk in tree.read(path)]


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
async def test_any_other_status_is_no_answer(site: tuple[str, Path], status: int) -> None:
    """A store says 403 of what is missing too; nobody knows which it is."""
    async with reading(site[0]) as tree:
        with pytest.raises(Unavailable, match=f"the status {status}"):
            await tree.get(f"status/{status}", 100)
        with pytest.raises(Unavailable, match=f"the status {status}"):
            _ = [chunk async for chunk in tree.read(f"status/{status}")]


async def test_object_longer_than_allowed_is_refused(site: tuple[str, Path]) -> None:
    """Who reads says how much it can take."""
    address, root = site
    root.joinpath("a").write_bytes(b"12345")
    async with reading(address) as tree:
        assert await tree.get("a", 5) == b"12345"
        with pytest.raises(BadInput, match="longer than 4 bytes"):
            await tree.get("a", 4)


@pytest.mark.parametrize(("content", "view"), [(b"a\n", "a"), (b"b", "b"), (b"x" * 2_000, None)])
async def test_pointer_names_the_view(
    site: tuple[str, Path], content: bytes, view: str | None
) -> None:
    """A bucket that is served has it as an object; a long page in its place is none."""
    address, root = site
    root.joinpath("current").write_bytes(content)
    async with reading(address) as tree:
        assert await tree.active() == view


async def test_folder_is_no_pointer(site: tuple[str, Path]) -> None:
    """A directory that is served has a folder there, which may be listed, or not."""
    address, root = site
    async with reading(address) as tree:
        without = await tree.active()
        root.joinpath("current").mkdir()
        with_folder = await tree.active()

    assert (without, with_folder) == (None, None)


async def test_address_where_nobody_is_says_so() -> None:
    """An outage is no absence."""
    async with reading("http://127.0.0.1:9/") as tree:
        with pytest.raises(Unavailable):
            await tree.get("wheelyard.json", 100)
        with pytest.raises(Unavailable):
            await tree.active()
