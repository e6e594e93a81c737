"""Real clients through redirectors: A-25, A-26, A-76, A-117."""

import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import anyio
import pytest

from support.clients import (
    PIP_26,
    PIP_AND_UV,
    PUBLISHERS,
    Account,
    Installer,
    Kind,
    Pip,
    Publisher,
    Sandbox,
    release_of,
)
from support.packages import make_wheel
from support.patience import until
from support.redirector import (
    QUICKLY,
    RedirectorWords,
    ask_raw,
    running_redirector,
    running_tool,
)
from support.server import RunningServer
from support.sites import Given, Site, file_path, server_of, tree_of
from support.web_servers import RunningWebServer
from support.web_servers.web_server import free_port

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

Running = RunningServer | RunningWebServer
EVERYONE: Mapping[str, Callable[..., AbstractContextManager[Running]]] = {
    "own": running_redirector,
    **{tool: partial(running_tool, tool) for tool in ("nginx", "haproxy", "lighttpd")},
}
DEMO = make_wheel("demo", "1.0", requires=["demo-base"])
BASE = make_wheel("demo-base", "2.0")
HASTY = {"PIP_RETRIES": "0", "UV_HTTP_RETRIES": "0"}
"""Clients that do not try again: what they say is the same, and sooner."""


@dataclass(frozen=True, slots=True)
class Yard:
    """A redirector in front of a tree and a server that have the same two projects."""

    redirector: Running
    tree: Site
    server: Site

    @property
    def index_url(self) -> str:
        """What a client is given."""
        return f"{self.redirector.base_url}/simple/"

    def reset(self) -> None:
        """Have everybody there, as each test finds them."""
        for site, answers in ((self.tree, tree_of), (self.server, server_of)):
            site.answers = {**answers([DEMO, BASE]), "/legacy/": Given(b"uploaded")}
            site.start()
            site.asked.clear()
            site.credentials.clear()
        eventually_at(self.redirector, self.tree)

    def files_of(self, site: Site) -> int:
        """Return how many files a site was asked for."""
        return sum(" /packages/" in asked for asked in site.asked)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Yard]]:
    """Return what starts the yard of each redirector, once."""
    with ExitStack() as stack:

        @cache
        def start(name: str) -> Yard:
            tree, server = (stack.enter_context(Site(server_of())) for _ in range(2))
            words: RedirectorWords = {
                "static": [tree.url],
                "dynamic": [server.url],
                "settings": QUICKLY,
            }
            folder = tmp_path_factory.mktemp(name)
            tree.answers = dict(tree_of([DEMO, BASE]))
            return Yard(stack.enter_context(EVERYONE[name](folder, **words)), tree, server)

        yield start


@pytest.fixture
def yard(started: Callable[[str], Yard]) -> Yard:
    """Our own redirector, with everybody there."""
    made = started("own")
    made.reset()
    return made


def eventually_at(redirector: Running, site: Site) -> None:
    """Wait until pages are to be had at a site."""

    def is_there() -> bool:
        answer = ask_raw(redirector.base_url, "GET /simple/demo/ HTTP/1.1")
        return answer.header("location") == f"{site.url}/simple/demo/"

    anyio.run(until, is_there)


@pytest.mark.parametrize("kind", PIP_AND_UV, ids=str)
@pytest.mark.parametrize("name", EVERYONE)
def test_client_installs_from_the_tree_through_each_redirector(
    started: Callable[[str], Yard],
    name: str,
    kind: Kind[Installer],
    sandbox: Sandbox,
    tmp_path: Path,
) -> None:
    """Pages are redirected; their links are relative, so files come straight from the tree."""
    yard = started(name)
    yard.reset()
    client = kind.start(sandbox)

    result = client.install(["demo"], yard.index_url, tmp_path / "target").checked()

    assert result.installed == {"demo": "1.0", "demo-base": "2.0"}
    assert yard.files_of(yard.tree) >= 2
    assert yard.files_of(yard.server) == 0


@pytest.mark.parametrize("kind", PIP_AND_UV, ids=str)
def test_file_that_is_asked_of_the_redirector_is_redirected(
    yard: Yard, kind: Kind[Installer], sandbox: Sandbox, tmp_path: Path
) -> None:
    """A lock with addresses of files stays good: they are redirected like pages."""
    url = f"{yard.redirector.base_url}{file_path(BASE)}"
    client = kind.start(sandbox)

    result = client.install(
        [f"demo-base @ {url}#sha256={BASE.sha256}"], yard.index_url, tmp_path / "target"
    ).checked()

    assert result.installed == {"demo-base": "2.0"}


@pytest.mark.parametrize("kind", PIP_AND_UV, ids=str)
def test_tree_that_dies_within_an_installation_is_replaced_by_the_server(
    yard: Yard,
    kind: Kind[Installer],
    new_sandbox: Callable[[str], Sandbox],
    tmp_path: Path,
) -> None:
    """Who has a page of the tree fails with its address; the next installation succeeds."""
    hasty = new_sandbox("hasty")
    client = kind.start(Sandbox(hasty.folder, hasty.proxy, HASTY))
    yard.tree.stop_after("/simple/demo-base/")

    broken = client.install(["demo"], yard.index_url, tmp_path / "broken")
    eventually_at(yard.redirector, yard.server)
    again = client.install(["demo"], yard.index_url, tmp_path / "again").checked()

    assert broken.exit_code != 0
    assert yard.tree.url.rpartition(":")[2] in broken.output
    assert again.installed == {"demo": "1.0", "demo-base": "2.0"}


@pytest.mark.parametrize("kind", PIP_AND_UV, ids=str)
def test_when_everybody_is_down_the_client_says_so(
    yard: Yard, kind: Kind[Installer], sandbox: Sandbox, tmp_path: Path
) -> None:
    """It fails, and does not believe that there is no such project."""
    yard.tree.stop()
    yard.server.stop()

    def nobody() -> bool:
        return ask_raw(yard.redirector.base_url, "GET /simple/demo/ HTTP/1.1").status == 503

    anyio.run(until, nobody)
    client = kind.start(Sandbox(sandbox.folder, sandbox.proxy, HASTY))

    result = client.install(["demo"], yard.index_url, tmp_path / "target")

    assert result.exit_code != 0
    # pip keeps the status to itself unless asked with `-v`, and says that nothing was found.
    said = "No matching distribution" if kind.name == "pip" else "503"
    assert said in result.output


# --- several redirectors behind one name ----------------------------------------------------------

RESOLVE = """\
import socket
ask = socket.getaddrinfo
def answer(host, port, *more, **words):
    if host != "index.example":
        return ask(host, port, *more, **words)
    return [each for address in {addresses} for each in ask(address, port, *more, **words)]
socket.getaddrinfo = answer
"""


@pytest.mark.parametrize("state", ["stopped", "dead"])
def test_a26_one_of_two_redirectors_is_gone(
    yard: Yard, state: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    """An address that refuses costs nothing; one that accepts and is silent costs a time-out.

    So addresses whose program is dead have to be taken out of the name: `/-/live` tells.
    """
    kind = PIP_AND_UV[0]
    kind.start(sandbox)
    port = free_port()
    tmp_path.joinpath("sitecustomize.py").write_text(
        RESOLVE.format(addresses=("127.0.0.1", "127.0.0.2")), "utf-8"
    )
    variables = {
        "PYTHONPATH": str(tmp_path),
        "PIP_TRUSTED_HOST": "index.example",
        "PIP_DEFAULT_TIMEOUT": "1",
        "no_proxy": "127.0.0.1,index.example",
        **HASTY,
    }
    words: RedirectorWords = {
        "static": [yard.tree.url],
        "dynamic": [yard.server.url],
        "settings": QUICKLY,
        "port": port,
    }
    with ExitStack() as stack:
        other: RedirectorWords = {**words, "arguments": ["--host", "127.0.0.2"]}
        stack.enter_context(running_redirector(tmp_path, **other))
        if state == "dead":
            dead = stack.enter_context(running_redirector(tmp_path, **words))
            dead.process.send_signal(signal.SIGSTOP)
            stack.callback(dead.process.send_signal, signal.SIGCONT)
        pip = Pip(PIP_26, sandbox, variables=variables)
        result = pip.install(["demo"], f"http://index.example:{port}/simple/", tmp_path / "target")

    if state == "dead":
        assert result.exit_code != 0
        assert "timed out" in result.output or "No matching distribution" in result.output
    else:
        assert result.installed == {"demo": "1.0", "demo-base": "2.0"}


# --- uploads --------------------------------------------------------------------------------------

UPLOADERS = [kind for kind in PUBLISHERS if kind.name in {"twine", "uv", "flit"}]
"""One that names where it was sent, one that stops, and the one that follows."""


@pytest.mark.parametrize("kind", UPLOADERS, ids=str)
def test_upload_through_a_redirector_shows_nobody_the_credentials(
    yard: Yard, kind: Kind[Publisher], sandbox: Sandbox, tmp_path: Path
) -> None:
    """A-76: they belong to the host they were given for.

    Most clients refuse to follow, and name where they were sent; the one that follows sends the
    files without saying who it is, which no server accepts. Uploads go to the server itself.
    """
    client = kind.start(sandbox)
    project = tmp_path / "project"
    project.mkdir()
    account = Account(f"{yard.redirector.base_url}/legacy/", "pypi-secret")

    outcome = client.publish(release_of("mine", "1.0"), account, project)

    assert set(yard.server.credentials) <= {""}
    is_sent = "POST /legacy/" in yard.server.asked
    assert is_sent or outcome.exit_code != 0


def test_upload_with_twine_is_told_where_to_go(
    yard: Yard, sandbox: Sandbox, tmp_path: Path
) -> None:
    """Its own words name the address of the server, and that address works."""
    kind = PUBLISHERS[0]
    client = kind.start(sandbox)
    release = release_of("mine", "1.0")
    project = tmp_path / "project"
    project.mkdir()

    refused = client.publish(
        release, Account(f"{yard.redirector.base_url}/legacy/", "pypi-secret"), project
    )
    sent = client.publish(release, Account(f"{yard.server.url}/legacy/", "pypi-secret"), project)

    assert refused.exit_code != 0
    assert f"{yard.server.url}/legacy/" in "".join(refused.output.split())
    assert sent.exit_code == 0
