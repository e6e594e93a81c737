"""Clients switched from the live server to its published tree and back, during installs.

Both have one index to tell of, so nobody who installs needs to know which of them answers.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import pytest

from faults.yard import eventually
from scenario.serving.sites import Served, serving
from support.accounts import new_administrator, wheelyard
from support.clients import (
    LOCKERS,
    PIP_AND_UV,
    TWINES,
    Account,
    Kind,
    Locker,
    Sandbox,
    release_of,
)
from support.clients.closed_room import why_no_closed_room
from support.clients.projects import OneCommand
from support.clients.uv import Uv
from support.packages import make_wheel
from support.server import RunningServer, running_server
from support.simulator import Simulator, ask
from support.web_servers import Place, WebServer, nginx, running
from support.web_servers.web_server import free_port, open_folder
from wheelyard.publish.serving import Site
from wheelyard.wire.negotiate import Form

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

PIP, UV = PIP_AND_UV
Side = Literal["live", "tree"]

PUBLIC = make_wheel("public-thing", "3.0", requires=["public-base"])
BASE = make_wheel("public-base", "1.0")
NEWER = make_wheel("public-thing", "4.0", requires=["public-base"])
"""Only the upstream has it: nobody has asked for it yet, so it is in no tree."""

OWN = make_wheel("own-thing", "1.0", requires=["public-thing<4"])
INSTALLED = {"own-thing": "1.0", "public-thing": "3.0", "public-base": "1.0"}

KINDS: Final = ("page", "metadata", "file")
"""In this order an installer asks for them."""

FRONT: Final = """
log_format asked '$request_method $uri $side $status';
access_log {folder}/asked asked;
upstream live {{ server {live}; }}
upstream tree {{ server {tree}; }}
server {{
    listen 127.0.0.1:{port};
    proxy_set_header Host $http_host;
    set $kind page;
    if ($uri ~ ^/packages/) {{ set $kind file; }}
    if ($uri ~ ^/packages/.+\\.metadata$) {{ set $kind metadata; }}
    set $side live;
    if (-f {folder}/$kind-of-tree) {{ set $side tree; }}
    location / {{ proxy_pass http://$side; }}
}}
"""
"""One address for both sides; a file says which of them gets what, from the next request on."""

SIMPLE_API: Final = re.compile(
    r"(?:GET|HEAD) /(?:simple/(?:[^/]+/)?|packages/../../[^/]{60}/[^/]+\.whl(?:\.metadata)?)"
)

READ_ONLY: Final = """
set -e
mount --bind "$0" "$0"
mount --bind "$1" "$1"
mount -o remount,bind,ro "$1"
mount -o remount,bind,ro /
! touch "$1/written"
shift
exec "$@"
"""
"""Run a program where nothing can be written but in its own folder, the tree least of all."""


@dataclass(frozen=True, slots=True)
class Both:
    """A server, the tree that it published, one address before them, and a lock with hashes."""

    server: RunningServer
    tree: Served
    front_url: str
    front: Path
    lock: Path

    def lead(self, **sides: Side) -> None:
        """Say who answers from now on for pages, metadata and files."""
        for kind in KINDS:
            flag = self.front / f"{kind}-of-tree"
            if sides.get(kind, "live") == "tree":
                flag.touch()
            else:
                flag.unlink(missing_ok=True)

    def asked(self, since: int = 0) -> list[list[str]]:
        """Return method, path, side and status of each request through the front."""
        lines = (self.front / "asked").read_text("utf-8").splitlines()
        return [line.split(" ") for line in lines[since:]]

    def mark(self) -> int:
        """Return how many requests there were, with this one, which is in the log after the others.

        A line comes after its answer, but the front does one thing at a time: it has one process.
        """
        mark = f"/mark-{len(self.asked())}"
        ask(f"{self.front_url.removesuffix('/simple/')}{mark}")
        found: list[int] = []

        def is_told() -> bool:
            found[:] = [number for number, line in enumerate(self.asked(), 1) if line[1] == mark]
            return bool(found)

        eventually(is_told, "the mark is in the log")
        return found[0]

    def sides_of(self, ending: str, since: int) -> set[str]:
        """Return who was asked for paths that end so."""
        return {side for _, path, side, _ in self.asked(since) if path.endswith(ending)}

    @property
    def requirements(self) -> list[str]:
        """The words that install what the lock says, and nothing with another hash."""
        return ["--require-hashes", "-r", str(self.lock)]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """Publish what a server has of its own and of its upstream, and stand before both."""
    folder = tmp_path_factory.mktemp("both")
    with Simulator() as upstream, open_folder() as opened:
        upstream.add(PUBLIC, BASE, NEWER)
        with running_server(folder / "data", upstreams=[upstream.url]) as server:
            _fill(server, folder)
            wheelyard(folder / "data", "publish", str(opened / "tree"))
            with (
                serving("nginx", opened / "server", opened / "tree", Site()) as tree,
                running(nginx.NGINX, opened / "front", _front(server, tree)) as front,
            ):
                lock = folder / "requirements.txt"
                yield Both(server, tree, f"{front.base_url}/simple/", front.place.folder, lock)


def _fill(server: RunningServer, folder: Path) -> None:
    """Have a project of our own, and hold what it needs, as its lock says."""
    inbox = folder / "inbox"
    inbox.mkdir()
    (inbox / OWN.filename).write_bytes(OWN.content)
    wheelyard(folder / "data", "project", "import", str(inbox))
    uv = Uv(Sandbox(folder / "uv"))
    (folder / "requirements.in").write_text("own-thing\n", "utf-8")
    words = ["pip", "compile", "--generate-hashes", "--default-index", server.url]
    lock = ("--output-file", str(folder / "requirements.txt"), str(folder / "requirements.in"))
    uv.run(*words, *lock).checked()
    uv.install(["own-thing"], server.url, folder / "target").checked()
    assert ask(server.url).status == 200


def _front(server: RunningServer, tree: Served) -> Callable[[Place], str]:
    """Return what makes the configuration of the one address."""
    live, published = (each.removeprefix("http://") for each in (server.base_url, tree.base_url))

    def configuration(place: Place) -> str:
        part = FRONT.format(folder=place.folder, port=place.port, live=live, tree=published)
        return nginx.whole(place, part)

    return configuration


@dataclass(frozen=True, slots=True)
class Moment:
    """When the side is changed: what is asked for from then on begins with this kind."""

    before: Side
    after: Side
    kind: str

    def __str__(self) -> str:
        return f"to-{self.after}-before-{self.kind}"

    def sides(self) -> dict[str, Side]:
        """Return who answers for what."""
        place = KINDS.index(self.kind)
        after = dict.fromkeys(KINDS[place:], self.after)
        return {**dict.fromkeys(KINDS[:place], self.before), **after}


@pytest.mark.parametrize(
    ("kind", "moment"),
    [
        (UV, Moment("live", "tree", "metadata")),
        (UV, Moment("live", "tree", "file")),
        (UV, Moment("tree", "live", "metadata")),
        (UV, Moment("tree", "live", "file")),
        (PIP, Moment("live", "tree", "file")),
        (PIP, Moment("tree", "live", "metadata")),
    ],
    ids=str,
)
def test_install_goes_on_where_it_is_switched_to(
    both: Both, kind: Kind[OneCommand], moment: Moment, sandbox: Sandbox, tmp_path: Path
) -> None:
    """In the middle, at one address: a page of the one leads to files of the other.

    Nothing but pages, metadata and files is asked for (A-102).
    """
    begun = both.mark()
    both.lead(**moment.sides())

    result = kind.start(sandbox).install(both.requirements, both.front_url, tmp_path / "target")

    assert result.checked().installed == INSTALLED
    asked = both.asked(begun)[: both.mark() - begun - 1]
    assert both.sides_of(".whl", begun) == {moment.after}
    assert both.sides_of("/", begun) == {moment.before}
    assert [line for line in asked if not SIMPLE_API.fullmatch(" ".join(line[:2]))] == []
    assert {status for *_, status in asked} <= {"200", "206", "304"}


@pytest.mark.parametrize("kind", PIP_AND_UV, ids=str)
def test_client_is_switched_and_back_between_installs(
    both: Both, kind: Kind[OneCommand], sandbox: Sandbox, tmp_path: Path
) -> None:
    """The same lock and the same caches, at one address and then at another one."""
    client = kind.start(sandbox)
    files = []

    for number, side in enumerate[Side](("live", "tree", "live")):
        both.lead(page=side, metadata=side, file=side)
        result = client.install(both.requirements, both.front_url, tmp_path / f"one-{number}")
        files.append(result.checked().files)
    other = client.install(both.requirements, both.tree.index_url, tmp_path / "other").checked()

    assert other.files
    assert files == [other.files] * 3


def test_file_has_one_address_and_one_digest_on_both_sides(both: Both) -> None:
    """The server may list more: what nobody has asked for yet."""
    for name in INSTALLED:
        live, tree = (_listed(each, name) for each in (both.server.base_url, both.tree.base_url))

        assert tree
        assert live.items() >= tree.items()
    assert NEWER.filename in _listed(both.server.base_url, PUBLIC.name)
    assert NEWER.filename not in _listed(both.tree.base_url, PUBLIC.name)


def _listed(base_url: str, name: str) -> dict[str, tuple[str, str]]:
    """Return the link and the digest of each file on a page, by its name."""
    answer = ask(f"{base_url}/simple/{name}/", {"Accept": Form.JSON.media_type})
    files = json.loads(answer.body)["files"]
    return {each["filename"]: (each["url"], each["hashes"]["sha256"]) for each in files}


@pytest.mark.parametrize("kind", LOCKERS[1:3], ids=str)
def test_c131_tree_locks_and_installs(
    both: Both, kind: Kind[Locker], sandbox: Sandbox, tmp_path: Path
) -> None:
    """With poetry and pdm too, from a server of plain files; pip and uv are above."""
    client = kind.start(sandbox)

    client.lock(["own-thing"], both.tree.index_url, tmp_path / "project").checked()
    result = client.install_locked(both.tree.index_url, tmp_path / "project").checked()

    assert result.installed.items() >= INSTALLED.items()


def test_a100_while_the_server_is_stopped_everything_installs(
    both: Both, sandbox: Sandbox, tmp_path: Path
) -> None:
    """An upload is told 503 and fails; the same command succeeds once the server is back."""
    port, release = free_port(), release_of("late-thing", "1.0")
    with serving(
        "nginx-front", tmp_path / "front", both.tree.folder, Site(server=f"127.0.0.1:{port}")
    ) as front:
        account = Account(f"{front.base_url}/legacy/", new_administrator(tmp_path / "data"))
        twine, installer = TWINES[0].start(sandbox), UV.start(sandbox)
        result = installer.install(["own-thing"], front.index_url, tmp_path / "target")
        refused = twine.publish(release, account, tmp_path / "project")
        with running_server(tmp_path / "data", arguments=["--offline", "--port", str(port)]):
            taken = twine.publish(release, account, tmp_path / "project")
            listed = _listed(front.base_url, "late-thing")

    assert result.checked().installed == INSTALLED
    assert refused.exit_code != 0
    assert "503" in refused.output
    assert taken.checked().exit_code == 0
    assert set(listed) == release.filenames


def test_a103_tree_is_given_out_where_nothing_can_be_written(
    both: Both, sandbox: Sandbox, tmp_path: Path
) -> None:
    """A process without state, on a file system that is read-only, is enough to install from."""
    if why_no_closed_room():
        pytest.skip(why_no_closed_room())
    with open_folder() as folder:
        server = _read_only(both.tree.folder)
        with running(server, folder / "server", lambda place: _elsewhere(both, place)) as shut_in:
            url = f"{shut_in.base_url}/simple/"
            result = UV.start(sandbox).install(both.requirements, url, tmp_path / "target")

    assert result.checked().installed == INSTALLED
    assert not (both.tree.folder / "written").exists()


def _elsewhere(both: Both, place: Place) -> str:
    """Return the configuration that the tree is served with, for another place."""
    old = both.tree.server.place
    text = old.configuration.read_text("utf-8")
    return text.replace(str(old.folder), str(place.folder)).replace(str(old.port), str(place.port))


def _read_only(tree: Path) -> WebServer:
    """Return nginx where only its own folder can be written to."""
    program = nginx.NGINX.path()

    def run(place: Place) -> Sequence[str]:
        room = ("--user", "--map-root-user", "--mount", "sh", "-c", READ_ONLY)
        words = (program, "-g", "user root;", *nginx.NGINX.run(place))  # the only user in there
        return [*room, str(place.folder), str(tree), *words]

    return WebServer("unshare", "util-linux", check=lambda _: ["--version"], run=run)
