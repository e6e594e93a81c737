"""Redirectors whose targets come and go: A-25, and the pitfalls of the balancers of old.

A target is healthy if it is what it should be, not if something there accepts connections. The
programs that check (ours and HAProxy) pass the same tests, all with the one that was started first.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import anyio
import pytest

from support.patience import until
from support.redirector import (
    QUICKLY,
    RedirectorWords,
    ask_raw,
    running_redirector,
    running_tool,
)
from support.server import RunningServer
from support.sites import READY, Given, Site, server_of, tree_of
from support.web_servers import RunningWebServer
from support.web_servers.web_server import free_port

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

Running = RunningServer | RunningWebServer
Starting = Callable[..., AbstractContextManager[Running]]

CHECKERS: Mapping[str, Starting] = {
    "own": running_redirector,
    "haproxy": partial(running_tool, "haproxy"),
}
NOWHERE = {"HOME": "/nowhere", "TMPDIR": "/nowhere", "XDG_CONFIG_HOME": "/nowhere"}
PAGE = "GET /simple/demo/ HTTP/1.1"
UPLOAD = "POST /legacy/ HTTP/1.1\nContent-Length: 0"


def where(redirector: Running, first_line: str = PAGE) -> str:
    """Return where a request is sent to, or the status of another answer."""
    answer = ask_raw(redirector.base_url, first_line)
    return answer.header("location") if answer.status == 307 else str(answer.status)


def eventually(holds: Callable[[], bool]) -> None:
    """Wait until the redirector has noticed."""
    anyio.run(until, holds)


def eventually_at(redirector: Running, site: Site) -> None:
    """Wait until pages are to be had at a site."""
    eventually(lambda: where(redirector) == f"{site.url}/simple/demo/")


def eventually_said(redirector: RunningServer, sentence: str, times: int) -> None:
    """Wait until the log of a redirector has a sentence so many times at least.

    It has it again when somebody else's answer, or none, came in between.
    """
    eventually(lambda: redirector.log().count(sentence) >= times)


def is_at_a_loss(redirector: Running) -> bool:
    """Say whether a redirector has nowhere to send who asks for a page."""
    return where(redirector) == "503"


@dataclass(frozen=True, slots=True)
class Yard:
    """A redirector with two trees and a server, each of which a test may stop or change."""

    redirector: Running
    first: Site
    second: Site
    server: Site

    def reset(self) -> None:
        """Have everybody there and healthy, as each test finds them."""
        for site, answers in (
            (self.first, tree_of()),
            (self.second, tree_of()),
            (self.server, server_of()),
        ):
            site.answers = dict(answers)
            site.start()
        eventually_at(self.redirector, self.first)
        eventually(lambda: where(self.redirector, UPLOAD) == f"{self.server.url}/legacy/")


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Yard]]:
    """Return what starts the yard of each checker, once."""
    with ExitStack() as stack:

        @cache
        def start(checker: str) -> Yard:
            sites = [stack.enter_context(Site({})) for _ in range(3)]
            first, second, server = sites
            words: RedirectorWords = {
                "static": [first.url, second.url],
                "dynamic": [server.url],
                "settings": {**QUICKLY, "redirect.indexes": '["acme"]'},
                "environ": NOWHERE,
            }
            folder = tmp_path_factory.mktemp(checker)
            redirector = stack.enter_context(CHECKERS[checker](folder, **words))
            return Yard(redirector, first, second, server)

        yield start


@pytest.fixture
def yard(started: Callable[[str], Yard]) -> Yard:
    """Our own redirector, with everybody healthy."""
    own = started("own")
    own.reset()
    return own


@pytest.fixture(params=CHECKERS)
def checking_yard(request: pytest.FixtureRequest, started: Callable[[str], Yard]) -> Yard:
    """Each redirector that checks, with everybody healthy."""
    made = started(request.param)
    made.reset()
    return made


@pytest.fixture
def tree() -> Iterator[Site]:
    """A tree of one test's own."""
    with Site(tree_of()) as site:
        yield site


@pytest.fixture
def server() -> Iterator[Site]:
    """A server of one test's own."""
    with Site(server_of()) as site:
        yield site


# --- health ---------------------------------------------------------------------------------------


def test_tree_that_dies_is_left_out_until_it_is_back(checking_yard: Yard) -> None:
    """The preferred tree, then the other one, then the server; and back again."""
    redirector = checking_yard.redirector
    checking_yard.first.stop()
    eventually_at(redirector, checking_yard.second)
    checking_yard.second.stop()
    eventually_at(redirector, checking_yard.server)
    checking_yard.first.start()
    eventually_at(redirector, checking_yard.first)


def test_when_nobody_is_there_clients_are_told_to_ask_again(checking_yard: Yard) -> None:
    """503 with `Retry-After`, never an empty 200; and it is not ready, but alive."""
    base_url = checking_yard.redirector.base_url
    for site in (checking_yard.first, checking_yard.second, checking_yard.server):
        site.stop()
    eventually(lambda: where(checking_yard.redirector) == "503")
    eventually(lambda: where(checking_yard.redirector, UPLOAD) == "503")

    answers = [ask_raw(base_url, line) for line in (PAGE, UPLOAD, "GET /-/ready HTTP/1.1")]
    alive = ask_raw(base_url, "GET /-/live HTTP/1.1")

    for answer in answers:
        assert (answer.status, answer.header("retry-after")) == (503, "1")
        assert answer.body
        assert answer.header("cache-control") == "no-store"
    assert (alive.status, alive.body) == (200, b"alive\n")


@pytest.mark.parametrize(
    "instead",
    [
        Given(b"<html><form>Please sign in: then you are\nready\n</form></html>"),
        Given(b"{}", "application/json"),
        Given(status=302, headers={"Location": "http://127.0.0.1:9/login"}),
        Given(b"ready\n", status=500),
        Given(),
    ],
    ids=["login", "json", "redirect", "error", "empty"],
)
def test_something_else_at_the_address_is_not_healthy(checking_yard: Yard, instead: Given) -> None:
    """That something answers is not enough: who is sent to a login page installs nothing."""
    for site in (checking_yard.first, checking_yard.second):
        site.answers["/wheelyard.json"] = instead
    eventually_at(checking_yard.redirector, checking_yard.server)
    checking_yard.server.answers["/-/ready"] = instead
    eventually(lambda: where(checking_yard.redirector) == "503")


def test_what_a_tree_alone_has_is_not_asked_of_a_server(checking_yard: Yard) -> None:
    """Its 404 would say that there is no snapshot, while there is merely nobody to give it."""
    checking_yard.first.stop()
    checking_yard.second.stop()
    eventually_at(checking_yard.redirector, checking_yard.server)

    snapshot = where(checking_yard.redirector, "GET /snapshot.sqlite HTTP/1.1")

    assert snapshot == "503"


def test_index_of_another_name_is_not_taken_for_the_one_asked_for(checking_yard: Yard) -> None:
    """Below `/acme/` somebody else's projects would be installed under our names."""
    asked = "GET /acme/simple/demo/ HTTP/1.1"
    redirector, place = checking_yard.redirector, "/acme/wheelyard.json"
    checking_yard.first.answers[place] = tree_of(index="acme")["/wheelyard.json"]
    at_first = f"{checking_yard.first.url}/acme/simple/demo/"
    eventually(lambda: where(redirector, asked) == at_first)
    checking_yard.first.answers[place] = tree_of(index="other")["/wheelyard.json"]
    at_server = f"{checking_yard.server.url}/acme/simple/demo/"
    eventually(lambda: where(redirector, asked) == at_server)


@pytest.mark.parametrize("name", ["own", "nginx", "haproxy", "lighttpd"])
def test_without_a_server_there_is_nothing_but_the_tree(
    name: str, tree: Site, tmp_path: Path
) -> None:
    """What only a server has is 404 (lighttpd: 403), and so is an upload."""
    start = CHECKERS.get(name, partial(running_tool, name))
    with start(tmp_path, static=[tree.url], settings=QUICKLY) as redirector:
        eventually_at(redirector, tree)

        others = [
            where(redirector, "GET /search HTTP/1.1"),
            where(redirector, "GET /simple/pypi/demo/json HTTP/1.1"),
            where(redirector, "POST /simple/demo/ HTTP/1.1\nContent-Length: 0"),
        ]

    assert others == ["403" if name == "lighttpd" else "404"] * 3


# --- loops ----------------------------------------------------------------------------------------


def test_two_redirectors_that_name_each_other_send_nobody_round(tree: Site, tmp_path: Path) -> None:
    """Each knows the other one for what it is; their tree is used all the same."""
    ports = free_port(), free_port()
    urls = [f"http://127.0.0.1:{port}" for port in ports]
    words: list[RedirectorWords] = [
        {"static": [other, tree.url], "dynamic": [other], "port": port, "settings": QUICKLY}
        for port, other in zip(ports, reversed(urls), strict=True)
    ]
    with (
        running_redirector(tmp_path, **words[0]) as one,
        running_redirector(tmp_path, **words[1]) as two,
    ):
        for redirector in (one, two):
            eventually_at(redirector, tree)
            eventually_said(redirector, "it is another redirector", 2)
        uploads = [where(redirector, UPLOAD) for redirector in (one, two)]
        tree.stop()
        for redirector in (one, two):
            eventually(partial(is_at_a_loss, redirector))

    assert uploads == ["503", "503"]


def test_redirector_that_names_itself_is_recognised(tree: Site, tmp_path: Path) -> None:
    """Whatever it is called, what answers there carries its own mark."""
    port = free_port()
    itself = f"http://localhost:{port}/"
    words: RedirectorWords = {
        "static": [itself, tree.url],
        "dynamic": [itself],
        "port": port,
        "settings": QUICKLY,
    }
    with running_redirector(tmp_path, **words) as redirector:
        eventually_said(redirector, "it is this redirector itself", 2)
        eventually_at(redirector, tree)

        upload = where(redirector, UPLOAD)

    assert upload == "503"


def test_other_programs_are_recognised_as_redirectors(server: Site, tmp_path: Path) -> None:
    """A circle through another program is no better, so none of them is a target."""
    tools = ("nginx", "haproxy", "lighttpd")
    port = free_port()
    with ExitStack() as stack:
        urls = [
            stack.enter_context(
                running_tool(
                    tool,
                    tmp_path / tool,
                    static=[f"http://127.0.0.1:{port}"],
                    dynamic=[server.url],
                    settings=QUICKLY,
                )
            ).base_url
            for tool in tools
        ]
        redirector = stack.enter_context(
            running_redirector(
                tmp_path, static=urls, dynamic=[*urls, server.url], port=port, settings=QUICKLY
            )
        )
        eventually_at(redirector, server)
        eventually_said(redirector, "it is another redirector", 2 * len(urls))


def test_haproxy_takes_no_redirector_for_a_target(yard: Yard, server: Site, tmp_path: Path) -> None:
    """Its checks read what is answered: ours answers neither as a tree nor as a server."""
    url = yard.redirector.base_url
    words: RedirectorWords = {"static": [url], "dynamic": [url, server.url], "settings": QUICKLY}
    with running_tool("haproxy", tmp_path, **words) as redirector:
        eventually_at(redirector, server)


# --- what it needs and tells ----------------------------------------------------------------------


@pytest.mark.skipif(not Path("/proc/self/fdinfo").is_dir(), reason="only Linux tells")
def test_redirector_needs_no_disk(yard: Yard) -> None:
    """It has no home and no place for temporary files, and writes to nothing but its log."""
    assert isinstance(yard.redirector, RunningServer)

    metrics = ask_raw(yard.redirector.base_url, "GET /-/metrics HTTP/1.1")

    assert metrics.status == 200
    assert set(files_written_by(yard.redirector.process.pid)) == {yard.redirector.log_file}
    home = yard.redirector.log_file.with_suffix("")
    assert list(home.iterdir()) == []


def files_written_by(process: int) -> Iterator[Path]:
    """Yield the files that a process has open for writing."""
    for opened in Path(f"/proc/{process}/fd").iterdir():
        with suppress(OSError):
            path = opened.readlink()
            told = Path(f"/proc/{process}/fdinfo", opened.name).read_text("ascii")
            flags = int(told.partition("flags:")[2].split()[0], 8)
            if flags & (os.O_WRONLY | os.O_RDWR) and path.is_file():
                yield path


@pytest.mark.parametrize("closing", [True, False], ids=["closing", "staying"])
@pytest.mark.parametrize("name", ["own", "nginx", "lighttpd"])
def test_large_upload_is_sent_on(yard: Yard, name: str, tmp_path: Path, *, closing: bool) -> None:
    """Whoever sends all of it before reading gets the answer too.

    HAProxy answers at once and closes, so such a client may see a broken connection instead.
    """
    body = bytes(5_000_000)
    head = f"POST /legacy/ HTTP/1.1\nContent-Length: {len(body)}"
    with ExitStack() as stack:
        redirector = yard.redirector
        if name != "own":
            redirector = stack.enter_context(
                running_tool(name, tmp_path, dynamic=[yard.server.url])
            )

        answer = ask_raw(redirector.base_url, head, body, closing=closing)

    assert (answer.status, answer.header("location")) == (307, f"{yard.server.url}/legacy/")


def test_metrics_tell_who_is_healthy(yard: Yard) -> None:
    """With what was answered, by what became of it."""
    yard.server.answers["/-/ready"] = Given(status=404)
    eventually(lambda: where(yard.redirector, UPLOAD) == "503")

    metrics = ask_raw(yard.redirector.base_url, "GET /-/metrics HTTP/1.1").body.decode()

    up = "wheelyard_redirect_target_up"
    assert f'{up}{{role="static",target="{yard.first.url}"}} 1.0' in metrics
    assert f'{up}{{role="dynamic",target="{yard.server.url}"}} 0.0' in metrics
    assert 'wheelyard_redirect_answers_total{outcome="static"}' in metrics
    assert "wheelyard_ready 1.0" in metrics


def test_log_tells_who_is_left_out_and_why(yard: Yard) -> None:
    """In a sentence, once."""
    assert isinstance(yard.redirector, RunningServer)
    sentence = f"`{yard.server.url}` is left out: what answers `/-/ready` there is no Wheelyard"
    before = yard.redirector.log().count(sentence)
    yard.server.answers["/-/ready"] = Given(READY.body + b"or not")
    eventually(lambda: where(yard.redirector, UPLOAD) == "503")
    eventually_said(yard.redirector, sentence, before + 1)

    assert yard.redirector.log().count(sentence) == before + 1
