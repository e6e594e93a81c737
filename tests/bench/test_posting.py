"""The clients that upload: every file is sent once, and what is refused is not counted as done."""

import http.server
import threading
from collections.abc import Iterator

import pytest
from bench.errors import CannotMeasureError
from bench.forms import Upload
from bench.posting import Target, post_all


class Index(http.server.ThreadingHTTPServer):
    """Takes uploads that somebody signed, unless they are bad."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.taken: list[bytes] = []
        self.connections: set[object] = set()

    @property
    def url(self) -> str:
        """Return where uploads go."""
        return f"http://127.0.0.1:{self.server_port}/legacy/"


class Answers(http.server.BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Index

    def do_POST(self) -> None:
        """Take an upload, or refuse it."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        is_good = body != b"bad" and self.headers["Authorization"] == "Basic x"
        self.server.connections.add(self.client_address)
        if is_good:
            self.server.taken.append(body)
        self.send_response(200 if is_good else 403, "Yes" if is_good else "No such luck")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def index() -> Iterator[Index]:
    """Run an index."""
    with Index() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def target(index: Index) -> Target:
    """Return where uploads go, and what has to be shown there."""
    return Target(url=index.url, headers={"Authorization": "Basic x"})


def uploads(*bodies: bytes) -> list[Upload]:
    """Return uploads that say this."""
    return [Upload(f"{number}.whl", body) for number, body in enumerate(bodies)]


def test_every_file_is_sent_once_by_as_many_clients(index: Index) -> None:
    """Each client keeps its connection."""
    wanted = [b"%d" % number for number in range(20)]

    posted = post_all(target(index), uploads(*wanted), 4)

    assert sorted(index.taken) == sorted(wanted)
    assert (len(posted.waits), posted.failed) == (20, 0)
    assert len(index.connections) == 4
    assert 0 < posted.wait_at(0.5) <= posted.wait_at(0.99) <= posted.seconds


def test_upload_that_is_refused_counts_as_failed(index: Index) -> None:
    """A server that refuses quickly is not a fast one."""
    posted = post_all(target(index), uploads(b"one", b"bad", b"two"), 1)

    assert (len(posted.waits), posted.failed) == (2, 1)
    assert posted.complaint == "answers 403 No such luck"


def test_server_that_takes_nothing_cannot_be_measured(index: Index) -> None:
    """The reason is what it said first."""
    with pytest.raises(CannotMeasureError, match="answers 403 No such luck"):
        post_all(target(index), uploads(b"bad", b"bad"), 2)
