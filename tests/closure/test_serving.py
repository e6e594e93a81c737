"""Views over HTTP: pages and metadata for whoever has the address, and nothing else."""

import json

import anyio
import pytest

from support.closures import LINUX, PackageIndex
from support.packages import make_wheel
from wheelyard.closure.asked import Formats
from wheelyard.closure.serving import Views, serving_views
from wheelyard.closure.shop import Shop
from wheelyard.closure.view import View
from wheelyard.errors import Unavailable

pytestmark = pytest.mark.anyio

WHEEL = make_wheel("demo", "1.0+local", requires=["other"])
FILE = "demo-1.0%2Blocal-py3-none-any.whl"


def view_of(index: PackageIndex) -> View:
    """Return a view of an index."""
    return View(Shop(index), LINUX, Formats())


async def ask(url: str, raw: bytes = b"") -> tuple[int, bytes]:
    """Ask for a URL on a connection of its own; `raw` is what is sent instead."""
    _, _, rest = url.partition("//")
    authority, _, path = rest.partition("/")
    host, _, port = authority.partition(":")
    async with await anyio.connect_tcp(host, int(port)) as stream:
        await stream.send(raw or f"GET /{path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        received = b""
        while b"\r\n\r\n" not in received:
            received += await stream.receive()
        head, _, body = received.partition(b"\r\n\r\n")
        fields = [line.partition(b":") for line in head.splitlines()[1:]]
        length = next(int(value) for name, _, value in fields if name == b"Content-Length")
        while len(body) < length:
            body += await stream.receive()
    return int(head.split()[1]), body


async def test_page_leads_to_metadata() -> None:
    """What a resolver does: the page, then the metadata beside a file's URL."""
    async with serving_views() as views:
        url = views.url_of(view_of(PackageIndex(WHEEL)))
        status, body = await ask(f"{url}demo/")
        (file,) = json.loads(body)["files"]
        answer = await ask(f"{url.removesuffix('simple/')}files/demo/{FILE}.metadata")

    assert status == 200
    assert file["url"] == f"../../files/demo/{FILE}"
    assert file["core-metadata"] is True
    assert answer == (200, WHEEL.metadata)


@pytest.mark.parametrize(
    "path", ["nothing-there/", "../9/simple/demo/", "../x/simple/demo/", "%00/", ""]
)
async def test_what_is_not_there_is_not_found(path: str) -> None:
    """Nothing is guessed."""
    views = Views("http://127.0.0.1:1/")
    url = views.url_of(view_of(PackageIndex(WHEEL)))

    status, _, body = await views.answer(f"{url.removeprefix(views.base_url)}{path}")

    assert status in {404, 502}
    assert b"other" not in body


async def test_address_without_the_secret_shows_nothing() -> None:
    """Others on this machine read no pages here."""
    async with serving_views() as views:
        url = views.url_of(view_of(PackageIndex(WHEEL)))
        host = url.split("/")[2]

        answers = [await ask(f"http://{host}{path}") for path in ("/", "/0/simple/demo/")]

    assert [status for status, _ in answers] == [404, 404]


async def test_two_views_are_kept_apart() -> None:
    """Each resolver sees its own."""
    async with serving_views() as views:
        one = views.url_of(view_of(PackageIndex(WHEEL)))
        two = views.url_of(view_of(PackageIndex()))

        answers = [await ask(f"{url}demo/") for url in (one, two)]

    assert [status for status, _ in answers] == [200, 404]


async def test_outage_is_an_answer_of_its_own() -> None:
    """A resolver must not take it for a project that does not exist."""
    index = PackageIndex(WHEEL)
    index.failing["demo"] = Unavailable("The page", "silent")
    async with serving_views() as views:
        status, body = await ask(f"{views.url_of(view_of(index))}demo/")

    assert status == 502
    assert b"silent" in body


async def test_other_methods_are_not_answered_with_contents() -> None:
    """There is nothing to change here; HEAD has no body."""
    async with serving_views() as views:
        url = views.url_of(view_of(PackageIndex(WHEEL)))
        path = "/" + url.split("/", 3)[3]
        raw = f"POST {path}demo/ HTTP/1.1\r\n\r\n".encode()

        status, _ = await ask(url, raw)

    assert status == 404


async def test_error_inside_comes_out_as_itself() -> None:
    """The tasks behind the server do not wrap it."""
    with pytest.raises(Unavailable):
        async with serving_views():
            raise Unavailable("The resolver", "it is gone")


async def test_connection_that_says_nothing_ends_with_the_server() -> None:
    """Nobody is waited for."""
    async with serving_views() as views:
        port = int(views.base_url.split(":")[2].split("/")[0])
        stream = await anyio.connect_tcp("127.0.0.1", port)

    async with stream:
        with pytest.raises(anyio.EndOfStream):
            await stream.receive()
