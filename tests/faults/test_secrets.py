"""Credentials of an upstream go to its origin and nowhere else, in no form: T29, T47, G22."""

import base64
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from contract.conformance.asking import HTML, JSON
from faults.yard import Yard, eventually, open_yard
from support.packages import make_wheel
from support.server import ServerWords
from support.simulator import TWO_HOSTS, Simulator, redirect_to, wants_credentials

USER, PASSWORD = "canary-user", "s3cr3t/c@nary"
PAIR = f"{USER}:{PASSWORD}"
SHAPES = {
    PASSWORD.encode(),
    urllib.parse.quote(PASSWORD, safe="").encode(),
    urllib.parse.quote(PASSWORD).encode(),
    base64.b64encode(PAIR.encode()).rstrip(b"="),
}


def in_the_address(upstream: Simulator, home: Path) -> ServerWords:
    """Give them as user information of the URL on the command line."""
    del home
    userinfo = f"{USER}:{urllib.parse.quote(PASSWORD, safe='')}@"
    return {"upstreams": [upstream.url.replace("http://", f"http://{userinfo}")]}


def in_a_file(upstream: Simulator, home: Path) -> ServerWords:
    """Give them in a file that the configuration refers to."""
    (home / "secret").write_text(PAIR)
    config = home / "wheelyard.toml"
    config.write_text(
        f'[upstream.default]\nurls = ["{upstream.url}"]\n'
        f'credentials = {{ file = "{home / "secret"}" }}\n'
    )
    return {"upstreams": [], "arguments": ["--config", str(config)]}


def in_netrc(upstream: Simulator, home: Path) -> ServerWords:
    """Give them where every tool looks for them."""
    netrc = home / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login {USER} password {PASSWORD}\n")
    netrc.chmod(0o600)
    return {"upstreams": [upstream.url], "environ": {"NETRC": str(netrc)}}


WAYS: dict[str, Callable[[Simulator, Path], ServerWords]] = {
    "address": in_the_address,
    "file": in_a_file,
    "netrc": in_netrc,
}


@pytest.fixture
def guarded() -> Iterator[Simulator]:
    """An upstream that wants credentials, with files on another port."""
    with Simulator(replace(TWO_HOSTS, gzip=False)) as simulator:
        simulator.fault(lambda request: request.door == "index", wants_credentials(USER, PASSWORD))
        yield simulator


def leaks(said: bytes) -> set[bytes]:
    """Return the forms of the secret that are in there."""
    return {shape for shape in SHAPES if shape in said}


def everything_said(yard: Yard, name: str, path: str) -> bytes:
    """Return head and body of every kind of answer there is."""
    targets = ["/", "/simple/", f"/simple/{name}/", f"/pypi/{name}/json", f"{path}.metadata", path]
    targets += ["/-/status", "/-/metrics", "/-/ready", "/simple/not-there/", "/packages/x/y-1.zip"]
    answers = [yard.client.ask(each, {"Accept": form}) for each in targets for form in (JSON, HTML)]
    return b"".join(repr(answer.headers).encode() + answer.body for answer in answers)


@pytest.mark.parametrize("way", WAYS)
def test_credentials_are_nowhere_but_on_the_way(
    tmp_path: Path, guarded: Simulator, way: str
) -> None:
    """T47: not on pages, not in the status, not in logs, not in any file; well or in an outage."""
    package = make_wheel("guarded", "1.0")
    guarded.add(package)
    words = WAYS[way](guarded, tmp_path)
    log = tmp_path / "data-home" / "access.log"
    words["settings"] = {"server.access_log": log, "server.log_level": "debug"}
    with open_yard(tmp_path / "data", guarded, **words) as yard:
        path = yard.path_of(package)
        said = everything_said(yard, "guarded", path)
        guarded.fault("/simple/astray/", redirect_to("http://10.1.2.3/"))
        said += yard.ask_page("astray").body
        guarded.down()
        said += everything_said(yard, "guarded", path) + yard.ask_page("cold").body
        eventually(log.exists, "the access log")
    kept = {
        str(file): leaks(file.read_bytes())
        for folder in ("data", "data-home")
        for file in (tmp_path / folder).rglob("*")
        if file.is_file()
    }

    assert leaks(said) == set()
    assert {name for name, found in kept.items() if found} == set()
    assert leaks(yard.server.log().encode()) == set()


def test_credentials_go_to_the_origin_alone(tmp_path: Path, guarded: Simulator) -> None:
    """T29: files on another port, and a redirect there, are asked for without."""
    package, moved = make_wheel("elsewhere", "1.0"), make_wheel("moved", "1.0")
    guarded.add(package, moved)
    guarded.fault("/simple/moved/", redirect_to(f"{guarded.files_url}/simple/moved/"))
    with open_yard(tmp_path / "data", guarded, **in_the_address(guarded, tmp_path)) as yard:
        file = yard.client.ask(yard.path_of(package))
        yard.ask_page("moved")

    strangers = [request for request in guarded.requests if request.door == "files"]
    assert file.body == package.content
    assert {request.path for request in strangers} >= {"/simple/moved/"}
    assert all("authorization" not in request.headers for request in strangers)
    assert all("cookie" not in request.headers for request in guarded.requests)


def test_wrong_credentials_are_an_outage_and_no_absence(tmp_path: Path, guarded: Simulator) -> None:
    """F14: 503 that says what is wrong, never 401, 403 or 404 to a client who has none."""
    guarded.add(make_wheel("locked", "1.0"))
    with open_yard(tmp_path / "data", guarded) as yard:
        answer = yard.ask_page("locked")

    assert answer.status == 503
    assert answer.get("www-authenticate") is None
    assert "credentials" in answer.text
