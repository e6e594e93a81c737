"""Each fault does to an answer what its name says, and to nothing else."""

import http.client
import socket
from collections.abc import Iterator

import pytest

from support.packages import make_wheel
from support.simulator import (
    JSON,
    Answer,
    Context,
    Fault,
    Simulator,
    Where,
    ask,
    change_headers,
    empty_page,
    garbage,
    login_page,
    older_serial,
    other_bytes,
    redirect_loop,
    redirect_to,
    refuse,
    reset_after,
    short_chunked,
    silent,
    slow,
    stall_after,
    status,
    truncate,
    unparsable,
    wants_credentials,
    wrong_bytes,
    wrong_length,
)

WHEEL = make_wheel("demo", "1.0", payload_bytes=500_000)


@pytest.fixture
def upstream() -> Iterator[Simulator]:
    """Run an index that holds one wheel of half a megabyte."""
    with Simulator() as running:
        running.add(WHEEL)
        yield running


def _file_url(upstream: Simulator) -> str:
    return str(ask(f"{upstream.url}demo/", JSON).files()[0]["url"])


def _exchange(upstream: Simulator, path: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", upstream.port), timeout=180)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return connection


def _read_to_the_end(connection: socket.socket) -> tuple[bytes, bool]:
    """Return what came, and whether the end was polite."""
    received = bytearray()
    with connection:
        try:
            while chunk := connection.recv(65536):
                received += chunk
        except ConnectionResetError:
            return bytes(received), False
    return bytes(received), True


def test_refused_request_is_reset_before_any_byte(upstream: Simulator) -> None:
    """Nothing comes back at all."""
    upstream.fault("page", refuse())

    assert _read_to_the_end(_exchange(upstream, "/simple/demo/")) == (b"", False)


def test_reset_comes_after_exactly_so_many_bytes(upstream: Simulator) -> None:
    """The bytes before the reset arrive, and then the connection breaks."""
    path = _file_url(upstream).removeprefix(upstream.base_url)
    upstream.fault("file", reset_after(300_000))

    received, polite = _read_to_the_end(_exchange(upstream, path))

    body = received.partition(b"\r\n\r\n")[2]
    assert (body, polite) == (WHEEL.content[:300_000], False)
    assert upstream.asked("file")[0].sent_bytes == 300_000


def test_truncated_file_ends_politely_and_too_early(upstream: Simulator) -> None:
    """The stated length is right and the body is not."""
    path = _file_url(upstream).removeprefix(upstream.base_url)
    upstream.fault("file", truncate(1000))

    received, polite = _read_to_the_end(_exchange(upstream, path))

    head, _, body = received.partition(b"\r\n\r\n")
    assert (body, polite) == (WHEEL.content[:1000], True)
    assert f"Content-Length: {WHEEL.size}".encode() in head


def test_short_chunked_file_ends_as_if_whole(upstream: Simulator) -> None:
    """Nothing but size and digest tells that bytes are missing."""
    upstream.fault("file", short_chunked(1000))

    reply = ask(_file_url(upstream))

    assert reply.body == WHEEL.content[:1000]
    assert reply.headers["transfer-encoding"] == "chunked"


def test_silent_request_is_answered_when_the_fault_is_cleared(upstream: Simulator) -> None:
    """A test decides when silence ends."""
    held = upstream.fault("page", silent())
    connection = _exchange(upstream, "/simple/demo/")
    upstream.wait_until_seen("page")
    connection.settimeout(0.05)
    with pytest.raises(TimeoutError):
        connection.recv(1)

    held.clear()

    connection.settimeout(180)
    with connection:
        assert connection.recv(12) == b"HTTP/1.1 200"


def test_stalled_file_goes_on_when_the_fault_is_cleared(upstream: Simulator) -> None:
    """The first bytes come at once, the others when the test says so."""
    held = upstream.fault("file", stall_after(1000))
    connection = http.client.HTTPConnection("127.0.0.1", upstream.port, timeout=180)
    connection.request("GET", _file_url(upstream))
    response = connection.getresponse()
    first = response.read(1000)

    held.clear()

    assert first + response.read() == WHEEL.content
    connection.close()


def test_client_that_leaves_a_silent_server_is_recorded_as_aborted(upstream: Simulator) -> None:
    """Whoever waits in vain and leaves is seen leaving."""
    upstream.fault("page", silent())
    connection = _exchange(upstream, "/simple/demo/")
    upstream.wait_until_seen("page")

    connection.close()

    upstream.wait_until_settled()
    (asked,) = upstream.asked("page")
    assert (asked.aborted, asked.status) == (True, None)


def test_slow_answer_drips(upstream: Simulator) -> None:
    """A slow answer is right in the end."""
    upstream.fault("page", slow(0.001))
    upstream.fault("page", slow(0.001, chunk_bytes=100))

    assert ask(f"{upstream.url}demo/", JSON).files()[0]["filename"] == WHEEL.filename


def test_wrong_bytes_differ_in_one_place(upstream: Simulator) -> None:
    """The length is right, and one bit is not."""
    upstream.fault("file", wrong_bytes())

    body = ask(_file_url(upstream)).body

    different = [at for at in range(WHEEL.size) if body[at] != WHEEL.content[at]]
    assert different == [WHEEL.size // 2]


def test_other_bytes_come_with_their_own_length(upstream: Simulator) -> None:
    """Another valid file stands in the place of the right one."""
    other = make_wheel("demo", "1.0").content
    upstream.fault("file", other_bytes(other))

    assert ask(_file_url(upstream)).body == other


@pytest.mark.parametrize("delta", [10, -10])
def test_wrong_length_is_stated_and_everything_sent(upstream: Simulator, delta: int) -> None:
    """The head lies about the body."""
    path = _file_url(upstream).removeprefix(upstream.base_url)
    upstream.fault("file", wrong_length(delta))

    head, _, body = _read_to_the_end(_exchange(upstream, path))[0].partition(b"\r\n\r\n")

    assert f"Content-Length: {WHEEL.size + delta}".encode() in head
    assert body == WHEEL.content


@pytest.mark.parametrize("value", [3, "Fri, 31 Dec 1999 23:59:59 GMT", "soon"])
def test_status_carries_retry_after_in_any_form(upstream: Simulator, value: int | str) -> None:
    """Servers say all sorts of things in `Retry-After`."""
    upstream.fault("page", status(429, retry_after=value, body=b"slow down"))

    reply = ask(f"{upstream.url}demo/")

    assert (reply.status, reply.body) == (429, b"slow down")
    assert reply.headers["retry-after"] == str(value)


def test_credentials_open_the_door(upstream: Simulator) -> None:
    """An index may want a name and a password."""
    upstream.fault("*", wants_credentials("me", "secret"))

    without = ask(f"{upstream.url}demo/")
    with_them = ask(f"{upstream.url}demo/", {"Authorization": "Basic bWU6c2VjcmV0"})

    assert (without.status, with_them.status) == (401, 200)
    assert without.headers["www-authenticate"] == 'Basic realm="index"'


def test_login_page_is_200_and_html(upstream: Simulator) -> None:
    """A captive portal does not care what was asked."""
    upstream.fault("*", login_page())

    reply = ask(f"{upstream.url}demo/", JSON)

    assert (reply.status, reply.headers["content-type"]) == (200, "text/html")
    assert "password" in reply.text


def test_empty_page_has_no_files_and_is_otherwise_right(upstream: Simulator) -> None:
    """Nothing about the page betrays that files are missing."""
    upstream.fault("page", empty_page())

    reply = ask(f"{upstream.url}demo/", JSON)

    assert (reply.status, reply.files()) == (200, [])
    assert reply.json()["name"] == "demo"
    assert ask(f"{upstream.url}unknown/").status == 404


def test_empty_root_has_no_projects(upstream: Simulator) -> None:
    """The list of projects can be emptied as well."""
    upstream.fault("root", empty_page())

    assert ask(upstream.url, JSON).json()["projects"] == []


def test_older_serial_shows_the_page_before_its_last_change(upstream: Simulator) -> None:
    """A lagging mirror agrees with itself, in the past."""
    before = ask(f"{upstream.url}demo/", JSON)
    upstream.add(make_wheel("demo", "2.0"))
    upstream.add(make_wheel("unrelated", "1.0"))
    upstream.fault("page", older_serial())

    reply = ask(f"{upstream.url}demo/", JSON)

    assert reply.body == before.body
    assert reply.headers["x-pypi-last-serial"] == before.headers["x-pypi-last-serial"]


def test_older_serial_of_a_project_that_never_changed_is_lower(upstream: Simulator) -> None:
    """Even where nothing older is known, the serial goes back."""
    upstream.fault("page", older_serial())

    reply = ask(f"{upstream.url}demo/", JSON)

    assert reply.headers["x-pypi-last-serial"] == str(upstream.serial - 1)


def test_unparsable_page_has_the_right_type_and_half_a_body(upstream: Simulator) -> None:
    """A page may break off in the middle and still have the length it states."""
    upstream.fault("page", unparsable())

    reply = ask(f"{upstream.url}demo/", JSON)

    assert reply.headers["content-type"] == "application/vnd.pypi.simple.v1+json"
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        reply.json()


@pytest.mark.parametrize(
    ("fault", "start"),
    [
        (garbage(), b"HTTP/9.9"),
        (garbage("two-lengths"), b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 5"),
        (garbage("bad-chunk"), b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz"),
        (garbage("endless-head"), b"HTTP/1.1 200 OK\r\nX-More: and more\r\nX-More"),
    ],
    ids=["status-line", "two-lengths", "bad-chunk", "endless-head"],
)
def test_garbage_is_sent_as_it_is(upstream: Simulator, fault: Fault, start: bytes) -> None:
    """Framing can be wrong in each of these ways."""
    upstream.fault("page", fault)

    received, polite = _read_to_the_end(_exchange(upstream, "/simple/demo/"))

    assert received.startswith(start)
    assert polite


def test_redirects_lead_away_or_in_a_circle(upstream: Simulator) -> None:
    """A redirect can go anywhere, its own address included."""
    upstream.fault("page", redirect_to("http://elsewhere.example/", 307), times=1)
    upstream.fault("page", redirect_loop(), after=1)

    first, second = (ask(f"{upstream.url}demo/") for _ in range(2))

    assert (first.status, first.headers["location"]) == (307, "http://elsewhere.example/")
    assert (second.status, second.headers["location"]) == (302, "/simple/demo/")


def test_headers_are_set_and_dropped(upstream: Simulator) -> None:
    """Any header can be made to lie or to vanish."""
    upstream.fault("page", change_headers({"etag": None, "Date": "tomorrow"}))

    reply = ask(f"{upstream.url}demo/")

    assert "etag" not in reply.headers
    assert reply.headers["date"] == "tomorrow"


# --- where and how often --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "where",
    ["page", "/simple/demo/", "/simple/d*/", lambda request: request.path == "/simple/demo/"],
    ids=["kind", "path", "glob", "predicate"],
)
def test_fault_strikes_only_what_is_meant(upstream: Simulator, where: Where) -> None:
    """A fault is as narrow as the words that place it."""
    handle = upstream.fault(where, status(503))

    assert ask(f"{upstream.url}demo/").status == 503
    assert ask(upstream.url).status == 200
    assert handle.struck == 1


def test_fault_strikes_after_some_and_so_many_times(upstream: Simulator) -> None:
    """`after` requests pass, the next `times` are struck."""
    upstream.fault("page", status(503), after=1, times=2)

    answers = [ask(f"{upstream.url}demo/").status for _ in range(4)]

    assert answers == [200, 503, 503, 200]


def test_cleared_fault_strikes_no_more(upstream: Simulator) -> None:
    """The server recovers when the test says so."""
    handle = upstream.fault("page", status(503))
    ask(f"{upstream.url}demo/")

    handle.clear()

    assert ask(f"{upstream.url}demo/").status == 200


def test_clear_faults_ends_all(upstream: Simulator) -> None:
    """One call makes the server well."""
    upstream.fault("page", status(503))
    upstream.fault("root", status(500))

    upstream.clear_faults()

    assert ask(upstream.url).status == ask(f"{upstream.url}demo/").status == 200


def test_unknown_place_for_a_fault_is_refused_at_once(upstream: Simulator) -> None:
    """A misspelt kind does not make a test pass."""
    with pytest.raises(ValueError, match="`pages` is no kind"):
        upstream.fault("pages", status(503))


def test_mistake_in_a_fault_of_a_test_fails_the_test() -> None:
    """An error in a fault is not taken for the fault."""

    def mistaken(_: Context, answer: Answer) -> Answer:
        raise ZeroDivisionError

    upstream = Simulator().__enter__()
    upstream.fault("root", mistaken)
    with pytest.raises(http.client.RemoteDisconnected):
        ask(upstream.url)

    with pytest.raises(ZeroDivisionError):
        upstream.__exit__(None, None, None)


def test_fault_is_a_function_that_a_test_may_write(upstream: Simulator) -> None:
    """Whatever is not in the catalogue is one line."""
    upstream.fault("page", lambda _, answer: answer.with_headers({"X-Who": "me"}))

    assert ask(f"{upstream.url}demo/").headers["x-who"] == "me"
