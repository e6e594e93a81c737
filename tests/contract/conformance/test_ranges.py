"""Parts of files: statements C-47 to C-50, C-53 and C-54, and 1.8.3 in depth."""

import hashlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path

import pytest

from contract.conformance.asking import Client
from contract.conformance.contents import PAYLOAD
from contract.conformance.installers import pip_or_skip, poetry_or_skip
from contract.conformance.serving import Site
from support.clients.editions import PIP_26, POETRY
from support.clients.sandbox import Sandbox
from support.clients.uv import Uv
from support.packages import make_wheel

SIZE = PAYLOAD.size


@pytest.fixture
def url(client: Client) -> str:
    """The address of a file of several blocks that is held."""
    found: str = client.page("payload").file(PAYLOAD.filename)["url"]
    client.ask(found)
    return found


@pytest.mark.parametrize(
    ("header", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=5-", 5, SIZE),
        ("bytes=-10", SIZE - 10, SIZE),
        (f"bytes=0-{SIZE + 1000}", 0, SIZE),
        (f"bytes=0-{SIZE - 1}", 0, SIZE),
        (f"bytes={SIZE - 1}-", SIZE - 1, SIZE),
        (f"bytes={SIZE - 1}-{SIZE - 1}", SIZE - 1, SIZE),
        ("bytes=0-", 0, SIZE),
        ("bytes=1000-1999", 1000, 2000),
        ("bytes=262143-262145", 262_143, 262_146),
        ("Bytes=1-2", 1, 3),
        ("bytes= 1-2 ", 1, 3),
        (f"bytes=7-{'9' * 40}", 7, SIZE),
        ("bytes=0000001-0000002", 1, 3),
    ],
)
def test_c47_range_is_answered_with_its_bytes(
    client: Client, url: str, header: str, start: int, stop: int
) -> None:
    """The right bytes, their place, their length, under the tag of the whole."""
    answer = client.ask(url, {"Range": header})

    assert answer.status == 206
    assert answer.body == PAYLOAD.content[start:stop]
    assert answer["content-range"] == f"bytes {start}-{stop - 1}/{SIZE}"
    assert int(answer["content-length"]) == stop - start
    assert answer["etag"] == f'"{PAYLOAD.sha256}"'
    assert answer["accept-ranges"] == "bytes"


@pytest.mark.parametrize(
    "header",
    [
        f"bytes={SIZE}-",
        f"bytes={SIZE}-{SIZE + 5}",
        f"bytes={SIZE + 1}-",
        f"bytes={'9' * 40}-",
        "bytes=-0",
    ],
)
def test_c48_range_past_the_end_is_416(client: Client, url: str, header: str) -> None:
    """A client that resumes what it has whole learns that it has it."""
    answer = client.ask(url, {"Range": header})

    assert answer.status == 416
    assert answer["content-range"] == f"bytes */{SIZE}"


def test_c49_if_range_with_the_right_tag_is_a_part(client: Client, url: str) -> None:
    """The file is still the one of which the client has the beginning."""
    answer = client.ask(url, {"Range": "bytes=5-", "If-Range": f'"{PAYLOAD.sha256}"'})

    assert (answer.status, answer.body) == (206, PAYLOAD.content[5:])


@pytest.mark.parametrize(
    "condition",
    [
        '"other"',
        f'W/"{PAYLOAD.sha256}"',
        PAYLOAD.sha256,
        "Wed, 21 Oct 2026 07:28:00 GMT",
        f'"{PAYLOAD.sha256}", "other"',
        "*",
        "",
    ],
)
@pytest.mark.parametrize("header", ["bytes=5-", f"bytes={SIZE}-"])
def test_c49_if_range_with_another_tag_is_the_whole(
    client: Client, url: str, condition: str, header: str
) -> None:
    """In doubt from the beginning; then no range is wrong either. Source: RFC 9110, 13.1.5."""
    answer = client.ask(url, {"Range": header, "If-Range": condition})

    assert (answer.status, answer.body) == (200, PAYLOAD.content)


@pytest.mark.parametrize("header", [f"bytes=-{SIZE}", f"bytes=-{SIZE + 1}", f"bytes=-{'9' * 40}"])
def test_c50_suffix_longer_than_the_file_is_the_whole_file(
    client: Client, url: str, header: str
) -> None:
    """Of any wheel the last 10,000 bytes are asked for by poetry."""
    answer = client.ask(url, {"Range": header})

    assert (answer.status, answer.body) == (206, PAYLOAD.content)
    assert answer["content-range"] == f"bytes 0-{SIZE - 1}/{SIZE}"


@pytest.mark.parametrize(
    "header",
    [
        "bytes=0-1,3-4",
        "bytes=0-1,",
        "bytes=" + ",".join(["0-0"] * 400),
        "bytes=5-4",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=--5",
        "bytes=1-2-3",
        "bytes=0x10-",
        "bytes 0-1",
        "=0-1",
        "items=0-1",
        "",
        "\xff",
        "bytes=\u0661-".encode().decode("latin-1"),
        "bytes=-5-",
        "bytes=+1-2",
        "bytes=1.5-2",
        "bytes=" + "9" * 5_000 + "-",
    ],
)
def test_range_that_is_none_is_ignored(client: Client, url: str, header: str) -> None:
    """Malformed, of another unit, or several at once: the whole file. Source: RFC 9110, 14.2."""
    answer = client.ask(url, {"Range": header})

    assert (answer.status, answer.body) == (200, PAYLOAD.content)
    assert answer.get("content-range") is None


def test_if_none_match_comes_before_range(client: Client, url: str) -> None:
    """Source: RFC 9110, 13.2.2."""
    fields = {"Range": "bytes=5-", "If-None-Match": f'"{PAYLOAD.sha256}"'}

    assert client.ask(url, fields).status == 304


def test_parts_make_the_whole(client: Client, url: str) -> None:
    """Ten ranges that touch, put together."""
    edges = [SIZE * number // 10 for number in range(11)]

    parts = [
        client.ask(url, {"Range": f"bytes={start}-{stop - 1}"}).body
        for start, stop in pairwise(edges)
    ]

    assert hashlib.sha256(b"".join(parts)).hexdigest() == PAYLOAD.sha256


def test_range_of_metadata_is_a_part_too(client: Client, url: str) -> None:
    """Whatever says that it takes ranges takes them."""
    whole = client.ask(f"{url}.metadata").body

    answer = client.ask(f"{url}.metadata", {"Range": "bytes=1-9"})

    assert (answer.status, answer.body) == (206, whole[1:10])


@pytest.mark.parametrize("header", ["bytes=0-99", "bytes=-100", "bytes=1000-"])
def test_range_of_a_file_that_is_not_held_is_a_part(troubled: Site, header: str) -> None:
    """The first that is asked of a file may be its end; what is sent is right all the same."""
    start, _, end = header.removeprefix("bytes=").partition("-")
    name = f"part{start or 'x'}to{end or 'x'}"
    package = make_wheel(name, "1.0", payload_bytes=300_000)
    troubled.upstream.add(package)
    url = troubled.client.page(name).file(package.filename)["url"]

    answer = troubled.client.ask(url, {"Range": header})

    first, _, size = answer["content-range"].removeprefix("bytes ").partition("/")
    start, _, last = first.partition("-")
    assert answer.status == 206
    assert int(size) == package.size
    assert answer.body == package.content[int(start) : int(last) + 1]


def test_range_of_a_page_is_ignored(client: Client) -> None:
    """Pages say nothing of ranges and are sent whole."""
    answer = client.ask("/simple/foo-bar/", {"Range": "bytes=0-9"})

    assert answer.status == 200
    assert answer.get("accept-ranges") is None


@pytest.mark.slow
@pytest.mark.scenario
def test_c53_pip_resumes_what_was_cut(client: Client, tmp_path: Path) -> None:
    """Where the connection broke pip 26.3 goes on, and the hash is right at the end."""
    pip = pip_or_skip(PIP_26, Sandbox(tmp_path / "sandbox"), "--no-cache-dir", "--no-deps")

    with Cutting.running(client, after_bytes=100_000) as cutting:
        index = f"http://127.0.0.1:{cutting.port}/simple/"
        outcome = pip.download(["payload"], index, tmp_path / "files")

    outcome.checked()
    assert tmp_path.joinpath("files", PAYLOAD.filename).read_bytes() == PAYLOAD.content
    assert cutting.cuts == 1
    resumed = [request for request in cutting.requests if b"range: bytes=" in request.lower()]
    assert len(resumed) == 1
    assert f'if-range: "{PAYLOAD.sha256}"'.encode() in resumed[0].lower()


@pytest.mark.slow
@pytest.mark.scenario
@pytest.mark.parametrize("tool", ["uv", "poetry"])
def test_c54_lazy_lock_reads_the_wheel_in_parts(troubled: Site, tmp_path: Path, tool: str) -> None:
    """A page without metadata: the end of the wheel is all that is asked for.

    uv and poetry read the metadata of a wheel through ranges, and lock it.
    """
    name = f"lazy-{tool}"
    package = make_wheel(name, "1.0", payload_bytes=200_000)
    troubled.upstream.add(package, core_metadata=False)
    sandbox = Sandbox(tmp_path / "sandbox")
    locker = Uv(sandbox) if tool == "uv" else poetry_or_skip(POETRY, sandbox)

    with Cutting.running(troubled.client) as watching:
        index = f"http://127.0.0.1:{watching.port}/simple/"
        locked = locker.lock([name], index, tmp_path / "project")

    locked.checked()
    asked = [r.lower() for r in watching.requests if package.filename.encode() in r]
    assert any(b"range: bytes=" in request for request in asked)
    assert all(b"range: bytes=" in r for r in asked if not r.startswith(b"head ")), asked


class Cutting:
    """A relay that writes down every request, and cuts one long answer in the middle."""

    def __init__(self, client: Client, after_bytes: int | None) -> None:
        self._target = client.address
        self._after_bytes = after_bytes
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.requests: list[bytes] = []
        self.cuts = 0

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self.listener.getsockname()[1]
        return port

    @classmethod
    @contextmanager
    def running(cls, client: Client, after_bytes: int | None = None) -> "Iterator[Cutting]":
        """Relay to the server of ``client``."""
        relay = cls(client, after_bytes)
        thread = threading.Thread(target=relay.accept, daemon=True)
        thread.start()
        try:
            yield relay
        finally:
            relay.listener.shutdown(socket.SHUT_RDWR)
            relay.listener.close()
            thread.join(180)

    def accept(self) -> None:
        """Take connections until the listener is closed."""
        with suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                far = socket.create_connection(self._target, 180)
                threading.Thread(target=self._up, args=(near, far), daemon=True).start()
                threading.Thread(target=self._down, args=(near, far), daemon=True).start()

    def _up(self, near: socket.socket, far: socket.socket) -> None:
        with suppress(OSError):
            while data := near.recv(65_536):
                self.requests += [part for part in data.split(b"\r\n\r\n") if part]
                far.sendall(data)
            far.shutdown(socket.SHUT_WR)

    def _down(self, near: socket.socket, far: socket.socket) -> None:
        passed = 0
        with suppress(OSError), near, far:
            while data := far.recv(16_384):
                near.sendall(data)
                passed += len(data)
                if self._after_bytes is not None and passed > self._after_bytes and not self.cuts:
                    self.cuts += 1
                    near.shutdown(socket.SHUT_RDWR)
                    return
