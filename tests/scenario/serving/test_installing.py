"""pip and uv install from a published tree, whoever serves it and wherever it was copied to.

Links are relative: nothing in the tree knows a host, a port or a path.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from scenario.serving.sites import Served, copy_of, tree_in
from support.clients import PIP_AND_UV, Kind, Sandbox
from support.clients.projects import OneCommand
from support.served_trees import TREE
from support.simulator import ask
from support.web_servers import RunningWebServer, running
from support.web_servers.python_http import python_http
from wheelyard.wire.negotiate import Form

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

PIP, UV = PIP_AND_UV
REQUIREMENTS = ["demo==2.0+local.1", "from-source"]
INSTALLED = {"demo": "2.0+local.1", "helper": "1.0", "big": "30.0", "from-source": "1.0"}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningWebServer]:
    """Serve a copy of the tree, in a folder of the one that is served, with Python alone."""
    folder = tmp_path_factory.mktemp("plain")
    copy_of(tree_in(folder), folder / "served/below/here")
    with running(python_http(folder / "served"), folder / "server", lambda _: "") as server:
        yield server


def install(kind: Kind[OneCommand], sandbox: Sandbox, index_url: str, target: Path) -> None:
    """Install what needs every kind of file, and look at what came of it."""
    result = kind.start(sandbox).install(REQUIREMENTS, index_url, target).checked()

    assert result.installed == INSTALLED


def test_uv_installs_from_every_server(served: Served, sandbox: Sandbox, tmp_path: Path) -> None:
    """Wheels, a source archive, and a version with a plus."""
    install(UV, sandbox, served.index_url, tmp_path / "target")


@pytest.mark.parametrize(
    "served",
    [("nginx", "moved-below-a-path"), ("apache", "at-the-root"), ("caddy", "moved-below-a-path")],
    indirect=True,
    ids="-".join,
)
def test_pip_installs_from_every_server(served: Served, sandbox: Sandbox, tmp_path: Path) -> None:
    """As uv does."""
    install(PIP, sandbox, served.index_url, tmp_path / "target")


@pytest.mark.parametrize("kind", PIP_AND_UV, ids=str)
def test_tree_installs_from_python_alone(
    plain: RunningWebServer, kind: Kind[OneCommand], sandbox: Sandbox, tmp_path: Path
) -> None:
    """`python -m http.server` negotiates nothing, and gives out the HTML."""
    install(kind, sandbox, f"{plain.base_url}/below/here/simple/", tmp_path / "target")


def test_python_alone_gives_out_html_to_everybody(plain: RunningWebServer) -> None:
    """Whatever they ask for; what it says of it is enough for installers."""
    page = ask(f"{plain.base_url}/below/here/simple/demo/", {"Accept": Form.JSON.media_type})

    assert page.status == 200
    assert page.headers["content-type"].startswith("text/html")
    assert page.body == TREE.page("demo").variant(Form.HTML, "identity").body
