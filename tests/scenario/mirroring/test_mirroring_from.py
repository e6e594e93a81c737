"""A-24, A-35: Wheelyard fills itself from other kinds of index, and then with what changes.

What kind it is, the program finds out. Each is mirrored as a whole, asked again when nothing
changed, and asked once more after a change.
"""

import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import anyio.to_thread
import pytest

from support.accounts import wheelyard
from support.app import NO_PIP, settings
from support.clients import BANDERSNATCH, need
from support.clients.bandersnatch import Bandersnatch
from support.doors.calls import speaking_xml_rpc
from support.doors.nginx import BY_ACCEPT, nginx
from support.packages import Package, make_sdist, make_wheel, normalize
from support.server import running_server
from support.simulator import BARE, JSON, PYPI, Simulator, ask
from support.syncing import synced
from wheelyard.app import App, running
from wheelyard.settings import DoorSettings, UpstreamSettings

pytestmark = [pytest.mark.scenario, pytest.mark.slow, pytest.mark.anyio]

FIRST = (make_wheel("Foo.Bar", "1.0"), make_sdist("foo_bar", "1.1"), make_wheel("other", "2.0"))
NEWER = make_wheel("foo.bar", "1.2")
PATIENCE_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class Origin:
    """An index that holds ``FIRST``, and what adds ``NEWER`` to it.

    ``requests`` is what it takes to learn that nothing has changed.
    """

    url: str
    requests: int
    change: Callable[[], None]


@contextmanager
def html_only(folder: Path) -> Iterator[Origin]:
    """PEP 503 and nothing else: no serials, no calls, no date; each page is asked for."""
    with Simulator(replace(BARE, hashes=True)) as index:
        index.add(*FIRST)
        yield Origin(index.url, 5, lambda: index.add(NEWER))


@contextmanager
def with_serials(folder: Path) -> Iterator[Origin]:
    """As PyPI is: the list has serials."""
    with Simulator() as index:
        index.add(*FIRST)
        yield Origin(index.url, 1, lambda: index.add(NEWER))


@contextmanager
def calls_alone(folder: Path) -> Iterator[Origin]:
    """Pages without serials, and XML-RPC that tells them."""
    with Simulator(replace(PYPI, serials=False, links="relative")) as index:
        index.add(*FIRST)
        with speaking_xml_rpc(index) as url:
            yield Origin(url, 2, lambda: index.add(NEWER))


@contextmanager
def another_wheelyard(folder: Path) -> Iterator[Origin]:
    """What another one has from its own upstream, by its list."""
    words = {"freshness.max_seconds": 0}
    with (
        Simulator() as index,
        running_server(folder / "other", upstreams=[index.url], settings=words) as server,
    ):
        index.add(*FIRST)

        def change() -> None:
            index.add(NEWER)
            # What has just expired is given out once more, and renewed behind.
            serial = f'"_last-serial":{index.state.serial}'
            for url in (server.url, f"{server.url}foo-bar/"):
                deadline = time.monotonic() + PATIENCE_SECONDS
                while serial not in ask(url, JSON).text:
                    assert time.monotonic() < deadline, "nobody tells of what has changed"

        yield Origin(server.url, 1, change)


@contextmanager
def own_projects_of_another(folder: Path) -> Iterator[Origin]:
    """What another one has of its own, by its list and then by its change feed."""
    data = folder / "other"
    with Simulator() as index, running_server(data, upstreams=[index.url]) as server:
        publish(data, folder / "one", FIRST)
        url = f"{server.base_url}/hosted/simple/"
        yield Origin(url, 1, lambda: publish(data, folder / "two", (NEWER,)))


def publish(data: Path, folder: Path, packages: tuple[Package, ...]) -> None:
    """Make files projects of our own."""
    folder.mkdir(parents=True)
    for package in packages:
        folder.joinpath(package.filename).write_bytes(package.content)
    wheelyard(data, "project", "import", str(folder))


@contextmanager
def bandersnatch_tree(folder: Path) -> Iterator[Origin]:
    """What the real program has mirrored, served by the real nginx; its list has no serials."""
    with (
        mirrored_tree(folder) as (mirror, change),
        nginx(mirror.web, folder / "nginx", BY_ACCEPT, "/simple/") as door,
    ):
        yield Origin(door.url, 1, change)


@contextmanager
def tree_by_hand(folder: Path) -> Iterator[Origin]:
    """The same as older releases wrote it: serials that are texts, empty texts, a bare list."""
    web, packages = folder / "web", list(FIRST)

    def write(date: str) -> None:
        for name in ("foo-bar", "other"):
            files = [each for each in packages if normalize(each.name) == name]
            page = {"name": name, "meta": {"api-version": "1.1", "_last-serial": "17"}}
            entries = [old_entry(each) for each in files]
            write_json(web / "simple" / name, {**page, "files": entries})
        names = [{"name": "Foo.Bar"}, {"name": "other"}]
        write_json(web / "simple", {"meta": {"api-version": "1.0"}, "projects": names})
        (web / "packages").mkdir(exist_ok=True)
        for package in packages:
            (web / "packages" / package.filename).write_bytes(package.content)
        (web / "last-modified").write_text(f"{date}\n", "ascii")

    def change() -> None:
        packages.append(NEWER)
        write("20261121T09:00:00")

    write("20261121T08:00:00")
    with nginx(web, folder / "nginx", BY_ACCEPT, "/simple/") as door:
        yield Origin(door.url, 1, change)


def old_entry(package: Package) -> dict[str, object]:
    """Return what bandersnatch writes of a file. Source: its `simple.py`, of 6.0 to 6.6."""
    return {
        "filename": package.filename,
        "hashes": {"sha256": package.sha256},
        "requires-python": "",
        "url": f"../../packages/{package.filename}",
        "yanked": False,
        "size": len(package.content),
        "upload-time": "",
    }


def write_json(folder: Path, document: dict[str, object]) -> None:
    """Write a page as nginx finds it."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.joinpath("index.v1_json").write_text(json.dumps(document), "utf-8")


@contextmanager
def bandersnatch_directory(folder: Path) -> Iterator[Origin]:
    """The same tree, read as files."""
    with mirrored_tree(folder) as (mirror, change):
        yield Origin(f"{(mirror.web / 'simple').as_uri()}/", 1, change)


@contextmanager
def mirrored_tree(folder: Path) -> Iterator[tuple[Bandersnatch, Callable[[], None]]]:
    """Have bandersnatch mirror an index, and again after a change."""
    need(BANDERSNATCH)
    with Simulator() as index:
        index.add(*FIRST)
        mirror = Bandersnatch(BANDERSNATCH, folder / "mirror", index.base_url, "simple")
        mirror.run("mirror").checked()

        def change() -> None:
            index.add(NEWER)
            date = mirror.web / "last-modified"
            before = date.read_bytes()
            while date.read_bytes() == before:  # two runs within one second have one date
                mirror.run("mirror").checked()

        yield mirror, change


KINDS: tuple[Callable[[Path], AbstractContextManager[Origin]], ...] = (
    html_only,
    with_serials,
    calls_alone,
    another_wheelyard,
    own_projects_of_another,
    tree_by_hand,
    bandersnatch_tree,
    bandersnatch_directory,
)


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def origin(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Origin]:
    """Open one kind of index after the other."""
    with request.param(tmp_path / "origin") as opened:
        yield opened


@asynccontextmanager
async def filled_from(origin: Origin, data: Path) -> AsyncIterator[App]:
    """Run the program with the one upstream."""
    upstream = UpstreamSettings(name="corp", doors=(DoorSettings(url=origin.url),))
    async with running(settings(data, upstream), NO_PIP) as app:
        yield app


async def held(app: App) -> dict[str, str]:
    """Return the digest of each file that is held, by name."""
    names = await app.catalog.pages.names("corp")
    rows = [row for name in names for row in await app.catalog.held.of_project("corp", name)]
    return {str(row.filename): str(row.sha256) for row in rows}


def requests_of(app: App) -> int:
    """Return how many requests the door was sent."""
    [door] = app.doors
    return sum(door.state.outcomes.values())


async def test_a35_index_of_any_kind_is_mirrored_and_then_what_changes(
    origin: Origin, tmp_path: Path
) -> None:
    """Every file with its bytes; nothing again; then the new file, and nothing is lost."""
    async with filled_from(origin, tmp_path / "data") as app:
        first = await synced(app)
        before, asked = await held(app), requests_of(app)
        quiet = await synced(app)
        asked_quietly = requests_of(app) - asked
        await anyio.to_thread.run_sync(origin.change)
        changed = await synced(app)
        after = await held(app)

    wanted = {package.filename: package.sha256 for package in FIRST}
    assert [report.outcome for report in (first, quiet, changed)] == ["done"] * 3
    assert before == wanted
    assert asked_quietly == origin.requests
    assert after == {**wanted, NEWER.filename: NEWER.sha256}
