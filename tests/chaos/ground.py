"""Where kills happen: one upstream, one nursery, and a data directory that is new in each round."""

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from chaos.nursery import Fledgling, Nursery
from chaos.witness import Witness, World, check_disk, check_rows
from support.packages import Package
from support.simulator import Simulator
from wheelyard.catalog import sqlite_file
from wheelyard.catalog.dialect import Use, open_engine
from wheelyard.catalog.layout import revision_of
from wheelyard.catalog.upgrade import migrate

__all__ = ["KINDS", "SETTINGS", "Ground", "lay_ground", "open_ground"]

KINDS = ("new", "known", "older")
"""The data directories that a round may begin with: none, one in use, one of the first format."""

SETTINGS = {
    "upstream.default.connect_seconds": 60,
    "upstream.default.read_seconds": 60,
    "freshness.patience_seconds": 60,
    "server.notice_seconds": 0,
    "store.min_free_bytes": 1_000_000,
}


@dataclass(slots=True)
class Ground:
    """What rounds have in common."""

    nursery: Nursery
    upstream: Simulator
    world: World
    home: Path
    data: Path
    """The data directory of the round, as we see it."""
    served: Path
    """The same as the server sees it, which may have a view of its own."""
    held: Package
    """The file that the data directory in use holds; its project has one release."""

    def begin(self, kind: str) -> Witness:
        """Have the data directory and the upstream as a round of this kind begins with them."""
        self.upstream.clear_faults()
        self.upstream.up()
        for name in list(self.world.packages):
            self.upstream.remove_project(name)
        self.world = World(self.upstream)
        self.world.release("known", payload_bytes=50_000)
        shutil.rmtree(self.data, ignore_errors=True)
        witness = Witness(self.world)
        if kind == "known":
            shutil.copytree(self.home / "known", self.data)
            witness.pages["known"] = 1
            witness.paths.update(json.loads((self.home / "known.json").read_text()))
            witness.files[witness.paths[self.held.filename]] = self.held
        elif kind == "older":
            shutil.copytree(self.home / "older", self.data)
        return witness

    def start(self, **words: object) -> Fledgling:
        """Start a server on the data directory of the round."""
        return self.nursery.start(
            self.served,
            upstreams=[self.upstream.url],
            settings=SETTINGS,
            **words,  # type: ignore[arg-type]  # keywords of `NurseryWords`
        )

    def check_after_a_kill(self, witness: Witness, kind: str) -> None:
        """Check what is on the disk, what the next server says, and what it leaves.

        Raises:
            AssertionError: something is shorter, corrupt, temporary, or left behind.
        """
        self._check_files()
        for path in self._drafts():
            os.utime(path, (0, 0))  # an hour later they belong to nobody for certain
        self.upstream.down()
        server = self.start()
        client = server.client
        witness.check_known(client)
        for path in (self.data / "spool").iterdir():
            for target in (f"/packages/{path.name}", f"/simple/{path.name}/"):
                assert client.ask(target).status != 200
        assert "Traceback" not in server.log(), server.log()
        server.kill()
        self.upstream.up()
        server = self.start()
        witness.check_everything(server.client)
        assert "Traceback" not in server.log(), server.log()
        server.stop()
        self._check_files()
        leftovers = [*(self.data / "spool").iterdir(), *self._drafts()]
        assert not leftovers, f"left behind: {leftovers}"
        if kind == "older":
            with closing(sqlite3.connect(self.home / "copy" / "catalog.sqlite")) as catalog:
                assert catalog.execute("select count(*) from journal where serial=1").fetchone()[0]
            assert len(list((self.data / "backups").glob("*.sqlite"))) >= 1

    def _drafts(self) -> list[Path]:
        return list(self.data.rglob("*.new*"))

    def _check_files(self) -> None:
        check_disk(self.data)
        # A copy: to open the catalog would be to repair it.
        copy = self.home / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        for path in self.data.glob("catalog.sqlite*"):
            if path.suffix != ".sqlite-shm":
                shutil.copy(path, copy)
        check_rows(copy, self.data)

    def _prepare(self) -> None:
        witness = self.begin("new")
        server = self.start()
        assert witness.take_page(server.client, "known") == 1
        assert witness.take_file(server.client, self.held)
        server.stop()
        shutil.copytree(self.data, self.home / "known")
        (self.home / "known.json").write_text(json.dumps(witness.paths))
        _make_older(self.home / "older")


@contextmanager
def open_ground(home: Path) -> Iterator[Ground]:
    """Start an upstream and a nursery, and make the directories that rounds begin with."""
    with Nursery(home / "nursery") as nursery, lay_ground(nursery, home, home, home) as ground:
        yield ground


@contextmanager
def lay_ground(nursery: Nursery, home: Path, ours: Path, served: Path) -> Iterator[Ground]:
    """Do so with a nursery that is there; `ours` and `served` are one folder, seen twice."""
    with Simulator() as upstream:
        world = World(upstream)
        held = world.release("known", payload_bytes=50_000)
        ground = Ground(nursery, upstream, world, home, ours / "data", served / "data", held)
        ground._prepare()
        yield ground


def _make_older(path: Path) -> None:
    """Make a data directory as the first format left it."""
    path.mkdir()
    file = path / "catalog.sqlite"
    sqlite_file.prepare(file)
    engine = open_engine(file, Use.WRITE)
    with engine.begin() as connection:
        migrate(connection, revision_of(1))
    engine.dispose()
    with closing(sqlite3.connect(file)) as plain, plain:
        plain.executescript(
            "INSERT INTO meta VALUES ('instance', '00000000000000000000000000000000'),"
            " ('created_at', '1.5');"
            "INSERT INTO journal VALUES (1, 3.5, 'page.changed', 'pypi', 'flask', '{}');"
        )
    (path / "format.json").write_text(json.dumps({"format": 1, "instance": "0" * 32}))
