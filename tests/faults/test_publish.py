"""Publishes that do not come to their end: clients see the old state or the new one, whole."""

import os
import re
import threading
from collections.abc import Iterator
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urljoin
from urllib.request import urlopen

import anyio.to_thread
import pytest

from support.own_files import ALICE, publish
from support.packages import make_wheel
from support.publishing import Yard, audit, memory_target, publishing
from support.simulator import Simulator, running_simulator
from wheelyard.app import MAIN
from wheelyard.catalog.curation import Removal, StatusChange, Yank
from wheelyard.errors import Unavailable
from wheelyard.model import ProjectStatus
from wheelyard.names import ProjectName

pytestmark = pytest.mark.anyio

FACTOR = float(os.environ.get("WHEELYARD_CAMPAIGN", "1"))
ROUNDS = round(8 * FACTOR)
STEP = 4 if FACTOR <= 1 else 1
"""Every call fails once in a campaign, and every few in a run that is to be short."""


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """Run an upstream without anything."""
    with running_simulator() as simulator:
        yield simulator


class _Breaking:
    """Says no at the call of that number, and from then on."""

    def __init__(self, number: int) -> None:
        self.left = number
        self.has_broken = False

    def __call__(self, word: str, path: str) -> None:
        """Count a call."""
        self.left -= 1
        if self.left < 0:
            self.has_broken = True
            raise Unavailable("The target", f"it broke off at {word} {path}")


@pytest.mark.parametrize("views", ["always", "never"])
async def test_target_that_fails_at_any_call_shows_a_whole_tree(
    tmp_path: Path, simulator: Simulator, views: str
) -> None:
    """F78: wherever it breaks off, what clients see is whole; the next publish ends it.

    Each round adds a project and a release, deletes one, and fails one call later than the round
    before, until a publish gets through.
    """
    async with publishing(
        tmp_path, simulator, memory_target(), views=views, removal_delay_seconds=0.0
    ) as yard:
        for number in range(3):
            await publish(yard.app, make_wheel(f"old-{number}", "1.0"))
        await yard.publish()
        for number in range(0, 1_000, STEP):
            await _change(yard, number)
            breaking = _Breaking(number)
            yard.target.before = breaking
            try:
                await yard.publish()
            except Unavailable:
                await audit(yard.target, is_half_done=views == "never")
            yard.target.before = lambda _word, _path: None
            await yard.publish()
            found = await audit(yard.target)

            assert f"new-{number}" in found.files
            if not breaking.has_broken:
                break
        else:
            pytest.fail("no publish got through")
        await yard.publish()
        report = await yard.publish(reconcile="listing")

    assert (report.healed, report.strays) == (0, 0)


async def _change(yard: Yard, number: int) -> None:
    """Add a project and a release, and delete what was added before."""
    await publish(yard.app, make_wheel(f"new-{number}", "1.0"))
    await publish(yard.app, make_wheel("acme", f"{number}.0"))
    if number:
        owner = yard.app.indexes[MAIN].owner
        removal = Removal(owner, ProjectName(f"new-{number - STEP}"), None)
        await yard.app.catalog.curator.delete(removal, ALICE)
        await yard.app.noticing.notice()


class _Quiet(SimpleHTTPRequestHandler):
    """Serves files, and says nothing about it."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """Serve the tree of the test as `python -m http.server` does; return its address."""
    (tmp_path / "tree").mkdir()
    handler = partial(_Quiet, directory=tmp_path / "tree")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


class _Client:
    """Walks through a site again and again: the list, its pages, the files that they name."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.rounds = self.pages = self.files = 0
        self.failures: list[str] = []
        self.over = threading.Event()

    def run(self) -> None:
        """Walk until it is over, and once at least."""
        while not self.rounds or not self.over.is_set():
            self._walk()
            self.rounds += 1

    def _walk(self) -> None:
        """Walk once. A page that the list before had may be gone; what a page names may not."""
        root = self._get("simple/")
        if root is None:
            self.failures.append("the list is missing")
            return
        for name in re.findall(rb'href="([^"/]+)/"', root):
            where = f"simple/{name.decode()}/"
            page = self._get(where)
            self.pages += page is not None
            for link in re.findall(rb'href="([^"#]+)', page or b""):
                url = urljoin(self.base + where, link.decode())
                if self._get(url.removeprefix(self.base)) is None:
                    self.failures.append(f"{where} names {url}")
                self.files += 1

    def _get(self, path: str) -> bytes | None:
        """Return what is there; None for 404."""
        try:
            with urlopen(self.base + path, timeout=180) as answer:
                return bytes(answer.read())
        except HTTPError as error:
            error.close()
            if error.code != HTTPStatus.NOT_FOUND:
                raise
            return None


@pytest.mark.parametrize("views", ["always", "never"])
async def test_client_never_sees_a_page_that_names_a_missing_file(
    tmp_path: Path, simulator: Simulator, site: str, views: str
) -> None:
    """A-91: while uploads, deletions, yanks and a quarantine are published, over plain HTTP.

    And while the last publish is taken back, and counts again (A-93).
    """
    client = _Client(site)
    walking = threading.Thread(target=client.run)
    async with publishing(tmp_path, simulator, views=views) as yard:
        for number in range(4):
            await publish(yard.app, make_wheel(f"base-{number}", "1.0"))
        await yard.publish()
        walking.start()
        for number in range(ROUNDS):
            await _busy(yard, number)
            await yard.publish()
            if views == "always":
                await yard.switch("rollback")
                await yard.switch("activate")
        client.over.set()
        await anyio.to_thread.run_sync(walking.join)
        await audit(yard.target)

    assert client.failures == []
    assert min(client.rounds, client.pages, client.files) > 0


async def _busy(yard: Yard, number: int) -> None:
    """Do what people do to projects of their own."""
    owner, curator = yard.app.indexes[MAIN].owner, yard.app.catalog.curator
    await publish(yard.app, make_wheel("acme", f"{number}.0"))
    await publish(yard.app, make_wheel(f"new-{number}", "1.0"))
    await curator.yank(Yank(owner, ProjectName("base-0"), "1.0", f"reason {number}"), ALICE)
    if number:
        await curator.delete(Removal(owner, ProjectName(f"new-{number - 1}"), None), ALICE)
        await curator.delete(Removal(owner, ProjectName("acme"), f"{number - 1}.0"), ALICE)
    status = ProjectStatus("archived", "done") if number % 2 else ProjectStatus()
    await curator.set_status(StatusChange(owner, ProjectName("base-1"), status), ALICE)
    await yard.app.noticing.notice()
