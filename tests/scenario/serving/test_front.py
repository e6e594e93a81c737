"""nginx in front of a running server: the tree at the speed of files, the server for the rest.

Answers of the server say so in `Cache-Status`; what comes out of the tree does not have it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import pytest

from contract.conformance.hosting import basic
from scenario.serving import cases
from scenario.serving.sites import Answer, Served, serving, tree_in
from support.accounts import new_administrator, wheelyard
from support.clients import PIP_AND_UV, Kind, Sandbox
from support.clients.projects import OneCommand
from support.packages import Package, make_wheel
from support.served_trees import TREE
from support.server import RunningServer, running_server
from support.simulator import Simulator
from support.uploads import form_of
from support.web_servers.web_server import free_port, open_folder
from wheelyard.publish.serving import Site
from wheelyard.wire.negotiate import Form, negotiate

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

UPSTREAM = make_wheel("upstream-only", "1.0+cpu")
OWN = make_wheel("own-thing", "1.0", requires=["demo", "upstream-only"])
JSON = {"Accept": cases.JSON}
TAKEN = make_wheel("taken-thing", "1.0")


@dataclass(frozen=True, slots=True)
class Fronted:
    """A front, the server behind it, and a token for that."""

    front: Served
    server: RunningServer
    data: Path
    token: str

    def upload(self, package: Package) -> Answer:
        """Upload a package through the front."""
        content_type, body = form_of(package).render()
        headers = {"Content-Type": content_type, **basic("__token__", self.token)}
        return self.front.ask("/legacy/", headers, "POST", body)

    def behind(self, path: str, headers: dict[str, str]) -> Answer:
        """Return what the server itself answers."""
        straight = Served("nginx-front", self.server.base_url, self.front.folder, self.front.server)
        return straight.ask(path, headers)


def is_of_the_tree(answer: Answer) -> bool:
    """Say whether nobody but nginx had to do with an answer."""
    return "cache-status" not in answer.headers


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Return a folder with a tree, which nginx may look into."""
    with open_folder() as opened:
        tree_in(opened)
        yield opened


@pytest.fixture(scope="module")
def fronted(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronted]:
    """Run nginx before a server that has an upstream, and an index for members."""
    data = tmp_path_factory.mktemp("fronted") / "data"
    settings = {"index.team.read": "members"}
    with Simulator() as upstream:
        upstream.add(UPSTREAM)
        with running_server(data, upstreams=[upstream.url], settings=settings) as server:
            site = Site(server=server.base_url.removeprefix("http://"))
            with serving("nginx-front", folder / "server", folder / "tree", site) as front:
                made = Fronted(front, server, data, new_administrator(data))
                assert made.upload(OWN).status == 200
                yield made


@pytest.mark.parametrize("accept", cases.ACCEPTS, ids=repr)
def test_page_of_the_tree_has_the_form_that_the_server_would_choose(
    fronted: Fronted, accept: str | None
) -> None:
    """Nobody sees a difference; but a change is to be seen at once, so it is asked for again."""
    headers = {} if accept is None else {"Accept": accept}

    answer = fronted.front.ask("/simple/demo/", headers)

    form = negotiate(accept)
    assert is_of_the_tree(answer)
    assert answer.headers["content-type"] == form.media_type
    assert answer.body == TREE.page("demo").variant(form, "identity").body
    assert answer.headers["cache-control"] == "no-cache"


def test_page_of_the_tree_is_compressed_and_costs_nothing_again(fronted: Fronted) -> None:
    """`gzip_static`, and 304 for who has it."""
    headers = {**JSON, "Accept-Encoding": "gzip"}
    first = fronted.front.ask("/simple/big/", headers)

    again = fronted.front.ask("/simple/big/", {**headers, "If-None-Match": first.headers["etag"]})

    assert first.headers["content-encoding"] == "gzip"
    assert first.body == TREE.page("big").variant(Form.JSON, "gzip").body
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize("address", cases.ADDRESSES, ids=str)
def test_object_of_the_tree_is_sent_from_it(fronted: Fronted, address: cases.Address) -> None:
    """With the headers of one; the server hears nothing of it."""
    answer = fronted.front.ask(address.link, address.headers)

    assert answer.status == 200
    assert is_of_the_tree(answer)
    assert answer.body == (fronted.front.folder / address.object_path).read_bytes()
    assert answer.headers["content-type"] == address.content_type


@pytest.mark.parametrize(
    "path",
    [
        "/simple/upstream-only/",
        "/simple/own-thing/",
        "/simple/nobody-has-this/",
        "/simple/Own_Thing/",
        "/simple/Demo/",
        "/team/simple/",
        "/team/simple/demo/",
        "/pypi/own-thing/json",
        "/-/live",
        "/+links/",
        "/",
        "/packages/aa/bb/nobody-1.0.tar.gz",
        "/simple/demo/index.json.gz",
        "/views/a/simple/demo/",
        "/.wheelyard/draft",
    ],
)
def test_what_the_tree_does_not_have_is_the_servers_to_answer(fronted: Fronted, path: str) -> None:
    """With its own words: pages, errors, redirects, and the question who asks."""
    answer, straight = fronted.front.ask(path, JSON), fronted.behind(path, JSON)

    assert (answer.status, answer.body) == (straight.status, straight.body)
    for name in ("content-type", "cache-control", "location", "www-authenticate", "vary"):
        assert answer.headers.get(name) == straight.headers.get(name)


def test_members_are_asked_who_they_are(fronted: Fronted) -> None:
    """An index that not everybody may read is none of the tree's business."""
    answer = fronted.front.ask("/team/simple/demo/")

    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith("Basic")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["/simple/demo/", cases.link_to(cases.WHEEL)])
def test_what_is_no_question_goes_to_the_server(fronted: Fronted, path: str, method: str) -> None:
    """Even where the tree has an answer to the question."""
    answer = fronted.front.ask(path, method=method)

    assert answer.status >= 400 or method == "OPTIONS"
    assert "nginx" not in answer.body.decode(errors="replace")


def test_upload_through_the_front_can_be_installed_from_it(
    fronted: Fronted, sandbox: Sandbox, tmp_path: Path
) -> None:
    """A project of ours, what the tree has, and what only the upstream has, with its plus."""
    client = PIP_AND_UV[1].start(sandbox)

    result = client.install(["own-thing"], fronted.front.index_url, tmp_path / "target").checked()

    assert result.installed["own-thing"] == "1.0"
    assert result.installed["upstream-only"] == "1.0+cpu"
    assert result.installed["demo"] == "2.0+local.1"


@pytest.mark.parametrize("kind", PIP_AND_UV, ids=str)
def test_tree_is_served_while_the_server_is_down(
    folder: Path, kind: Kind[OneCommand], sandbox: Sandbox, tmp_path: Path
) -> None:
    """What the tree has installs; of all the rest nobody says that it does not exist."""
    nobody = Site(server=f"127.0.0.1:{free_port()}")
    with serving("nginx-front", tmp_path / "server", folder / "tree", nobody) as front:
        result = kind.start(sandbox).install(["demo"], front.index_url, tmp_path / "target")

        assert result.checked().installed["demo"] == "2.0+local.1"
        for path in ("/simple/upstream-only/", "/simple/nobody/", "/packages/aa/x.whl", "/"):
            answer = front.ask(path, JSON)
            assert answer.status == 503
            assert answer.headers["retry-after"] == "5"
        assert front.ask("/legacy/", method="POST").status == 503


def test_what_the_tree_has_lost_is_what_the_server_says_of_it(fronted: Fronted) -> None:
    """Taken down: neither the page nor the file comes back by the way behind."""
    front, page = fronted.front, "/simple/taken-thing/"
    assert fronted.upload(TAKEN).status == 200
    body = front.ask(page, JSON).body
    link = urljoin(page, json.loads(body)["files"][0]["url"])
    for path, content in ((f"{page}index.json", body), (link, TAKEN.content)):
        put(front.folder / path.lstrip("/"), content)
    assert is_of_the_tree(front.ask(page, JSON))
    assert is_of_the_tree(front.ask(link))

    quarantine = ("project", "status", "taken-thing", "quarantined", "--reason", "malware")
    wheelyard(fronted.data, *quarantine)
    for path in (f"{page}index.json", link):
        (front.folder / path.lstrip("/")).unlink()

    for path in (page, link):
        answer, straight = front.ask(path, JSON), fronted.behind(path, JSON)
        assert (answer.status, answer.body) == (straight.status, straight.body)
    assert json.loads(front.ask(page, JSON).body)["files"] == []
    assert front.ask(link).status in {403, 404}


def put(path: Path, content: bytes) -> None:
    """Write a file of the tree."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
