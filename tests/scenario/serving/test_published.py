"""What `wheelyard publish` makes is served as the program itself would serve it, and caches hear.

The same bytes as `serve --offline` in every form and coding, from every server, copied elsewhere.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from contract.conformance.asking import Client
from faults.yard import eventually
from scenario.serving import cases
from scenario.serving.sites import CODINGS, Served, copy_of, serving
from support.accounts import wheelyard
from support.clients import PIP_AND_UV, Sandbox
from support.packages import Package, make_sdist, make_wheel
from support.server import running_server
from support.simulator import Simulator
from support.told import Told
from support.web_servers.web_server import open_folder
from wheelyard.publish.serving import Kind, Site

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

PACKAGES = (
    make_wheel("demo", "1.0", requires=["helper"]),
    make_wheel("demo", "2.0+local.1", requires=["helper"]),
    make_wheel("helper", "1.0"),
    make_sdist("from-source", "1.0"),
)
NEWER = make_wheel("demo", "3.0", requires=["helper"])
MIRRORED = make_wheel("public-thing", "1.0")
NAMES = ("", "demo", "helper", "from-source", "public-thing")
PREFIX = "/a/copy"

Pages = dict[tuple[str, str, str], tuple[bytes, str, str]]
"""Path, form and coding that are asked for, to body, type and coding."""


@dataclass(frozen=True, slots=True)
class Publisher:
    """A data directory, a tree that is published from it, and who is told.

    ``pages`` is how the program itself served what was published first, and ``copied`` is that.
    """

    data: Path
    tree: Path
    told: Told
    pages: Pages = field(default_factory=dict)

    @property
    def copied(self) -> Path:
        """Where a copy of the first tree is."""
        return self.tree.with_name("copied")

    def publish(self) -> None:
        """Publish, which has to go well whatever becomes of the purges."""
        configuration = self.data.parent / "wheelyard.toml"
        hooks = json.dumps([f"{self.told.url}/purge"])
        configuration.write_text(f"[publish.main]\npurge_hooks = {hooks}\n", "utf-8")
        wheelyard(self.data, "publish", str(self.tree), "--config", str(configuration))

    def heard(self) -> list[tuple[set[str], set[str]]]:
        """Return the paths and keys of each POST since the last look."""
        heard, self.told.heard[:] = list(self.told.heard), []
        return [(set(each.json()["paths"]), set(each.json()["keys"])) for each in heard]


def take(data: Path, *packages: Package) -> None:
    """Have packages in the index."""
    folder = data.parent / f"inbox-{packages[0].version}"
    folder.mkdir()
    for package in packages:
        (folder / package.filename).write_bytes(package.content)
    wheelyard(data, "project", "import", str(folder))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Publisher]:
    """Publish an index with four files of its own, and one that somebody asked an upstream for."""
    data = tmp_path_factory.mktemp("published") / "data"
    with Told() as told, Simulator() as upstream, open_folder() as folder:
        upstream.add(MIRRORED)
        with running_server(data, upstreams=[upstream.url]) as server:
            itself = Client(f"{server.base_url}/")
            assert itself.ask("/simple/").status == 200
            page = itself.page(MIRRORED.name)
            url = str(page.file(MIRRORED.filename)["url"])
            assert itself.ask(itself.path_of(url)).status == 200
        made = Publisher(data, folder / "tree", told)
        take(data, *PACKAGES)
        made.publish()
        copy_of(made.tree, made.copied)
        made.pages.update(pages_of(made))
        yield made


def pages_of(published: Publisher) -> Pages:
    """Return every page as `serve --offline` sends it, by path, form and coding."""
    found = {}
    with running_server(published.data, arguments=["--offline"]) as server:
        itself = Served("nginx", server.base_url, published.tree, None)  # type: ignore[arg-type]  # no web server
        for name in NAMES:
            for accept in (cases.JSON, cases.V1_HTML, "text/html"):
                for coding in ("identity", "gzip", "zstd"):
                    path = f"/simple/{name}/" if name else "/simple/"
                    asked = {"Accept": accept, "Accept-Encoding": coding}
                    answer = itself.ask(path, asked)
                    assert answer.status == 200, path
                    sent = answer.headers.get("content-encoding", "")
                    said = (answer.body, answer.headers["content-type"], sent)
                    found[path, accept, coding] = said
    return found


@pytest.mark.parametrize("kind", ["nginx", "apache", "caddy"])
def test_published_tree_is_served_as_the_server_itself_does(
    published: Publisher, kind: Kind, sandbox: Sandbox, tmp_path: Path
) -> None:
    """Byte for byte, by somebody who is not the publisher, and below a path; and it installs."""
    with open_folder() as folder:
        tree = copy_of(published.copied, folder / "tree")
        with serving(kind, folder / "server", tree, Site(prefix=PREFIX)) as served:
            for (path, accept, coding), (body, content_type, sent) in published.pages.items():
                if sent and sent not in CODINGS[kind]:
                    continue
                answer = served.ask(path, {"Accept": accept, "Accept-Encoding": coding})
                assert answer.body == body, (path, accept, coding)
                assert answer.headers["content-type"] == content_type
                assert answer.headers.get("content-encoding", "") == sent

            client = PIP_AND_UV[1].start(sandbox)
            wanted = ["demo==2.0+local.1", "from-source", "public-thing"]
            result = client.install(wanted, served.index_url, tmp_path / "target").checked()

    assert result.installed == {
        "demo": "2.0+local.1",
        "helper": "1.0",
        "from-source": "1.0",
        "public-thing": "1.0",
    }


def test_caches_are_told_of_exactly_what_a_publish_changed(published: Publisher) -> None:
    """And a cache that is down is told by the next one, even if that changes nothing."""
    published.heard()

    published.told.replies = [503]
    take(published.data, NEWER)
    published.publish()
    refused = published.heard()
    published.told.replies = [200]
    published.publish()
    taken = published.heard()
    published.publish()
    quiet = published.heard()

    ((paths, keys),) = taken
    assert refused == taken
    assert "/simple/demo/" in paths
    assert {"project/demo"} <= keys
    assert not {path for path in paths if path.startswith("/packages/")}
    assert not {key for key in keys if key.startswith("project/")} - {"project/demo"}
    assert not {path for path in paths if "helper" in path or "from-source" in path}
    assert all("index." not in path for path in paths)
    assert quiet == []


def test_server_publishes_behind_its_own_front(tmp_path: Path) -> None:
    """A new project is there at once, from the server; seconds later it comes out of the tree."""
    data, page = tmp_path / "data", "/simple/demo/"
    with open_folder() as folder:
        tree = folder / "tree"
        settings = {"publish.main.target": str(tree), "publish.main.watch": "true"}
        with running_server(data, arguments=["--offline"], settings=settings) as server:
            site = Site(server=server.base_url.removeprefix("http://"))
            with serving("nginx-front", folder / "server", tree, site) as front:
                take(data, *PACKAGES)
                first = front.ask(page, {"Accept": cases.JSON})
                eventually(lambda: is_of_the_tree(front, page), "the tree has the page")
                take(data, NEWER)
                eventually(lambda: NEWER.filename in listed(front, page), "the tree has the file")
                last = front.ask(page, {"Accept": cases.JSON})

    assert first.status == 200
    assert "cache-status" not in last.headers


def is_of_the_tree(front: Served, page: str) -> bool:
    """Say whether the server behind had nothing to do with a page."""
    return "cache-status" not in front.ask(page).headers


def listed(front: Served, page: str) -> set[str]:
    """Return the names of the files on a page."""
    answer = front.ask(page, {"Accept": cases.JSON})
    return {file["filename"] for file in json.loads(answer.body)["files"]}
