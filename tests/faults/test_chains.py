"""Servers in front of servers, and upstreams that send us where we must not go: T28, T29, F15."""

import re
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from urllib.parse import urljoin

import pytest

from contract.conformance.asking import HTML, JSON, Client
from faults.yard import Yard, open_yard
from support.packages import make_wheel
from support.server import running_server
from support.simulator import (
    TWO_HOSTS,
    Answer,
    Context,
    Fault,
    Flat,
    Simulator,
    change_headers,
    redirect_to,
)
from support.web_servers.web_server import free_port

FORBIDDEN = {
    "private": "http://10.1.2.3/packages/x/evil-1.0.tar.gz",
    "metadata-service": "http://169.254.169.254/latest/evil-1.0.tar.gz",
    "other-scheme": "ftp://index.example/evil-1.0.tar.gz",
    "local-file": "file:///etc/passwd",
    "local-name": "http://intranet/evil-1.0.tar.gz",
}


def linking_to(url: str) -> Fault:
    """Return a fault that has every link of an HTML page lead to `url`."""

    def spoil(_: Context, answer: Answer) -> Answer:
        body = b"".join(answer.body.chunks(0, answer.body.size))
        changed = re.sub(rb'href="[^"]*"', f'href="{url}"'.encode(), body)
        return replace(answer, body=Flat(changed))

    return spoil


@pytest.mark.parametrize("place", FORBIDDEN)
def test_redirect_of_a_file_to_a_forbidden_place_is_refused(yard: Yard, place: str) -> None:
    """T28: 403 or 503 with the reason, nothing kept, and the right file once upstream is sound."""
    package = make_wheel(f"astray-{place}", "1.0")
    yard.add_held(package)
    path = yard.path_of(package)
    astray = yard.upstream.fault(f"*/{package.filename}", redirect_to(FORBIDDEN[place]))

    answer = yard.client.ask(path)

    assert answer.status in {403, 503}
    assert "root:" not in answer.text
    astray.clear()
    assert yard.client.ask(path).body == package.content


@pytest.mark.parametrize("place", FORBIDDEN)
def test_link_to_a_forbidden_place_is_not_followed(yard: Yard, place: str) -> None:
    """T28: the file is not on the page, or asking for it brings an error; no page repeats it."""
    name = f"linked-{place}"
    yard.upstream.style = replace(yard.upstream.style, json=False)
    yard.upstream.add(make_wheel(name, "1.0"))
    yard.upstream.fault(f"/simple/{name}/", linking_to(FORBIDDEN[place]))
    page = yard.ask_page(name)
    files = page.json()["files"] if page.status == 200 else []

    answers = [yard.client.ask(urljoin(page.url, file["url"])) for file in files]

    assert {answer.status for answer in answers} <= {400, 403, 404, 503}
    html = yard.client.ask(f"/simple/{name}/", {"Accept": HTML}).text
    assert not [
        word for word in ("10.1.2.3", "169.254", "file:", "ftp:", "intranet") if word in html
    ]


def test_host_that_is_not_on_the_list_is_refused_with_advice(tmp_path: Path) -> None:
    """T28: with a list of hosts, even another port of the same machine has to be on it."""
    package = make_wheel("listed", "1.0")
    with Simulator(TWO_HOSTS) as upstream:
        upstream.add(package)
        files_host = upstream.files_url.partition("//")[2]
        strict = {"upstream.default.allow_hosts": "files.index.example"}
        with open_yard(tmp_path / "strict", upstream, settings=strict) as yard:
            refused = yard.client.ask(yard.path_of(package))
        asked = upstream.count("file")
        open_ = {"upstream.default.allow_hosts": f"http://{files_host}"}
        with open_yard(tmp_path / "open", upstream, settings=open_) as yard:
            sent = yard.client.ask(yard.path_of(package))

    assert refused.status == 403
    assert "allow_hosts" in refused.text
    assert asked == 0
    assert sent.body == package.content


def test_server_that_is_its_own_upstream_says_so(tmp_path: Path) -> None:
    """One request comes back to us, is recognised, and goes no further."""
    port = free_port()
    own = f"http://127.0.0.1:{port}/simple/"
    log = tmp_path / "access.log"
    with running_server(
        tmp_path / "data",
        upstreams=[own],
        arguments=["--port", str(port), "--access-log", str(log)],
    ) as server:
        client = Client(f"{server.base_url}/")
        answer = client.ask("/simple/demo/", {"Accept": JSON})
        server.stop()

    assert answer.status == 503
    assert "it is this server itself" in answer.text
    assert log.read_text("utf-8").count("/simple/demo/") <= 3


def test_two_servers_in_a_circle_are_no_storm(tmp_path: Path) -> None:
    """A asks B asks A: a clear error, and a handful of requests in all."""
    ports = [free_port(), free_port()]
    urls = [f"http://127.0.0.1:{port}/simple/" for port in ports]
    logs = [tmp_path / "log-0", tmp_path / "log-1"]
    with ExitStack() as stack:
        servers = [
            stack.enter_context(
                running_server(
                    tmp_path / f"data-{number}",
                    upstreams=[urls[1 - number]],
                    arguments=["--port", str(ports[number]), "--access-log", str(logs[number])],
                )
            )
            for number in range(2)
        ]
        answers = [
            Client(f"{server.base_url}/").ask("/simple/demo/", {"Accept": JSON})
            for server in servers
        ]
        for server in servers:
            server.stop()

    assert {answer.status for answer in answers} == {503}
    lines = "".join(log.read_text("utf-8") for log in logs).splitlines()
    assert len([line for line in lines if "/simple/demo/" in line]) <= 10


def test_chain_of_two_servers_installs(tmp_path: Path, upstream: Simulator) -> None:
    """A door that is another Wheelyard is a door like any other; digests and serials survive."""
    package = make_wheel("chained", "1.0", payload_bytes=200_000)
    upstream.add(package)
    with (
        open_yard(tmp_path / "near", upstream) as near,
        open_yard(tmp_path / "far", upstream, upstreams=[near.server.url]) as far,
    ):
        page = far.client.page("chained")
        file = far.client.ask(far.path_of(package))
        metadata = far.client.ask(f"{far.path_of(package)}.metadata")
        original = near.client.page("chained")

    assert page.json()["files"][0]["hashes"] == {"sha256": package.sha256}
    assert page["x-pypi-last-serial"] == original["x-pypi-last-serial"]
    assert file.body == package.content
    assert metadata.body == package.metadata


def test_headers_of_upstream_are_not_passed_on(yard: Yard) -> None:
    """T30, T33: cookies, server names and odd fields stay where they are."""
    package = make_wheel("chatty", "1.0")
    yard.upstream.fault(
        "*", change_headers({"Set-Cookie": "a=b", "Server": "upstream/9", "X-Odd": "odd"})
    )
    yard.upstream.add(package)
    path = yard.path_of(package)

    answers = [yard.client.ask(each) for each in ("/simple/chatty/", path, f"{path}.metadata")]

    names = {name for answer in answers for name, _ in answer.headers}
    assert not names & {"set-cookie", "server", "x-odd"}
