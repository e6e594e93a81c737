"""A server and its upstream, which a test breaks in one way and mends again."""

import contextlib
import itertools
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Self

from contract.conformance.asking import JSON, Client
from faults.yard import HASTY, SHORT_LIVED, Yard, at_once, eventually, open_yard
from scenario.outage.matrix import LARGE_BYTES, SMALL_BYTES, Outage
from scenario.outage.words import Thing
from support.clients import Sandbox, Uv
from support.packages import Package, closure, make_wheel, normalize
from support.server import running_server
from support.simulator import Simulator, dead_name_url

__all__ = ["FILES", "TREE", "UV_OPTIONS", "Seed", "Site", "open_site", "package_of", "sow"]

TREE = closure(40)
"""What is known to every server from its first moment, and out of date."""

FILES: tuple[Thing, ...] = ("metadata", "file", "large")
UV_OPTIONS = ("--no-build-isolation",)
"""The sdists carry their own backend: an environment for each would only take time."""

_LOOK_AGAIN_SECONDS = 0.1
_NEEDS = [f"some-requirement-{number}>=1.0" for number in range(20)]


@cache
def package_of(thing: Thing, *, is_known: bool) -> Package:
    """Return the newest package of the project that stands for a cell."""
    name = f"{thing}-{'known' if is_known else 'unknown'}"
    size = LARGE_BYTES if thing == "large" else SMALL_BYTES
    return make_wheel(name, "2.0", requires=_NEEDS, payload_bytes=size)


@dataclass(slots=True)
class Site:
    """What one kind of outage is tried on."""

    outage: Outage
    upstream: Simulator
    folder: Path
    client: Client = field(init=False)
    """Asks the server, which is another one after each start."""
    _running: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _is_broken: bool = False
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def __enter__(self) -> Self:
        """Start the server, and have everything upstream that cells are about."""
        self.folder.joinpath("authority.pem").write_bytes(self.upstream.authority_pem)
        self.upstream.add(*TREE.packages)
        for is_known in (True, False):
            for thing in (*FILES, "page"):
                newest = package_of(thing, is_known=is_known)
                self.upstream.add(make_wheel(newest.name, "1.0"))
                self.upstream.add(newest)
        self.start(self.upstream.url)
        self.mend()
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    @property
    def url(self) -> str:
        """Return the address of the index for installers."""
        return f"{self.client.base_url}simple/"

    def start(self, url: str) -> None:
        """Start the server, again if it runs already, in front of this address."""
        self._running.close()
        settings = {**HASTY, "upstream.default.ca": self.folder / "authority.pem"}
        running = running_server(self.folder / "data", upstreams=[url], settings=settings)
        server = self._running.enter_context(running)
        # What waits for a silent upstream must not hold the test up.
        self._running.callback(server.kill)
        self.client = Client(f"{server.base_url}/")

    @contextlib.contextmanager
    def broken(self) -> Iterator[None]:
        """Have the upstream broken for the length of a `with` block, and used again after it."""
        self.break_off()
        yield
        if self.outage.is_lasting:
            self.start(self.upstream.url)
        self.mend()

    def break_off(self) -> None:
        """Have the upstream broken from now on, if it is not."""
        if self._is_broken:
            return
        self._is_broken = True
        self.outage.breaks(self.upstream)
        if self.outage.is_nameless:
            self.start(dead_name_url())
        self._ask_each_time()

    def mend(self) -> None:
        """Have a sound upstream, and a server that has noticed."""
        self._is_broken = False
        self.upstream.clear_faults()
        self.upstream.show("good")
        self.upstream.up()
        self._ask_each_time()
        self.until(self._is_sound, "an upstream that is used again")

    def _ask_each_time(self) -> None:
        """Have every page out of date as soon as it is here, so that upstream is asked again."""
        for kind in ("root", "page"):
            self.upstream.fault(kind, SHORT_LIVED)

    def _is_sound(self) -> bool:
        """Ask for a page and a file that nobody has asked for; say whether all is well."""
        package = make_wheel(self.new_name("sound"), "1.0")
        self.upstream.add(package)
        page = self.client.ask(f"/simple/{package.name}/", {"Accept": JSON})
        if page.status != 200:
            return False
        file = self.client.ask(page.file(package.filename)["url"])
        doors = self.client.ask("/-/status").json()["doors"]
        return file.status == 200 and {door["circuit"] for door in doors} == {"closed"}

    def new_name(self, prefix: str) -> str:
        """Return the name of a project that nobody has asked for."""
        return f"{prefix}-{next(self._numbers)}"

    def path_of(self, package: Package) -> str:
        """Return the path of a package's file, whose page is here from now on."""
        page = self.client.page(normalize(package.name))
        return self.client.path_of(str(page.file(package.filename)["url"]))

    def until(self, holds: Callable[[], bool], what: str) -> None:
        """Look again, not too often, until something is true."""

        def after_a_moment() -> bool:
            if holds():
                return True
            time.sleep(_LOOK_AGAIN_SECONDS)
            return False

        eventually(after_a_moment, what)


@dataclass(frozen=True, slots=True)
class Seed:
    """A data directory to begin with, and what uv installs of it without a server, by path."""

    data: Path
    files: Mapping[str, str]


@contextlib.contextmanager
def open_site(outage: Outage, folder: Path, seed: Path) -> Iterator[Site]:
    """Run a server on a copy of the data `seed`, and a sound upstream for one kind of outage."""
    folder.mkdir(parents=True)
    shutil.copytree(seed, folder / "data")
    with Simulator(tls="good") as upstream, Site(outage, upstream, folder) as site:
        yield site


def sow(data: Path) -> Seed:
    """Make a data directory in which forty projects are known, pages, metadata and files."""
    with Simulator() as upstream, open_yard(data, upstream) as yard:
        upstream.add(*TREE.packages)
        upstream.fault("page", SHORT_LIVED)
        at_once(*[partial(_learn, yard, package) for package in TREE.packages])
        uv = Uv(Sandbox(data.with_name("direct")), UV_OPTIONS)
        installed = uv.install([TREE.root], upstream.url, data.with_name("target")).checked()
    return Seed(data, installed.files)


def _learn(yard: Yard, package: Package) -> None:
    """Have a package known: its page, its file, and the metadata of a wheel."""
    url = str(yard.client.page(normalize(package.name)).file(package.filename)["url"])
    assert yard.client.ask(url).body == package.content
    assert not package.is_wheel or yard.client.ask(f"{url}.metadata").body == package.metadata
