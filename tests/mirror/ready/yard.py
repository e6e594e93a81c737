"""A data directory with everything in it, copies of it that lack something, and both verdicts.

::

    place = (await fill(folder / "data", simulator)).copy_to(folder / "without-lib")
    place.lose(LIB)
    assert not (await place.drilled([requirements])).succeeded
"""

import gzip
import io
import os
import shutil
import tarfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import anyio
import anyio.to_thread

from support.app import NO_PIP, main_index, settings, upstream
from support.packages import Package, make_sdist, make_wheel
from support.simulator import Simulator
from wheelyard.app import App, running
from wheelyard.catalog import Catalog, open_catalog
from wheelyard.clock import SystemClock
from wheelyard.closure import Closing, Target, this_machine
from wheelyard.mirror.ready import (
    Drill,
    Drilled,
    Installer,
    Judgement,
    Question,
    Views,
    drill,
    judge,
)
from wheelyard.model import FileRef
from wheelyard.names import ProjectName, Sha256
from wheelyard.repository.base import Repository
from wheelyard.server.loopback import serving_here
from wheelyard.server.nobody import nobody_else

__all__ = [
    "APP",
    "EVERYTHING",
    "HERE",
    "LIB",
    "MAKER",
    "OLD_APP",
    "PLAT",
    "SPEED",
    "SRC",
    "WITHDRAWN",
    "Place",
    "fill",
    "needs_to_build",
    "offline",
]


def needs_to_build(sdist: Package, requirement: str) -> Package:
    """Return ``sdist`` with something that building it requires."""
    written = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(gzip.decompress(sdist.content))) as source,
        tarfile.open(fileobj=written, mode="w") as target,
    ):
        for member in source.getmembers():
            reader = source.extractfile(member)
            content = reader.read() if reader else b""
            if member.name.endswith("/pyproject.toml"):
                content = content.replace(
                    b"requires = []", f'requires = ["{requirement}"]'.encode()
                )
                member.size = len(content)
            target.addfile(member, io.BytesIO(content))
    content = gzip.compress(written.getvalue(), mtime=0)
    return replace(sdist, content=content, sha256=sha256(content).hexdigest())


LIB, SPEED, MAKER = (make_wheel(name, "1.0") for name in ("lib", "speed", "maker"))
OLD_APP = make_wheel("app", "0.9", requires=["lib"])
APP = make_wheel("app", "1.0", requires=["lib>=1"], extras={"fast": ["speed"]})
SRC = needs_to_build(make_sdist("src", "1.0"), "maker>=1")
PLAT = [
    make_wheel("plat", "1.0", tag="py3-none-manylinux_2_17_x86_64"),
    make_wheel("plat", "1.0", tag="py3-none-win_amd64"),
]
WITHDRAWN = make_wheel("withdrawn", "1.0")
HERE = this_machine()
EVERYTHING = [LIB, SPEED, MAKER, OLD_APP, APP, SRC, *PLAT, WITHDRAWN]


@dataclass(frozen=True, slots=True)
class Place:
    """A data directory that nobody uses."""

    data: Path

    def copy_to(self, target: Path) -> "Place":
        """Return a copy of it."""
        shutil.copytree(self.data, target)
        return Place(target)

    def blob(self, digest: str) -> Path:
        """Return where the blob of ``digest`` is."""
        found = list(self.data.rglob(digest))
        assert len(found) == 1
        return found[0]

    def lose(self, package: Package) -> None:
        """Delete the bytes of a file, as somebody with a shell does."""
        self.blob(package.sha256).unlink()

    def lose_metadata(self, package: Package) -> None:
        """Delete the bytes of its metadata, if they are held by themselves."""
        assert package.metadata is not None
        self.blob(sha256(package.metadata).hexdigest()).unlink()

    def damage(self, package: Package) -> None:
        """Have other bytes in the place of a file's, as many as before."""
        path = self.blob(package.sha256)
        path.write_bytes(b"x" * package.size)

    async def lose_page(self, name: str) -> None:
        """Forget the page of a project."""
        async with self._catalog() as catalog:
            await catalog.pages.remove("corp", ProjectName(name), "page.changed")

    async def lose_row(self, package: Package) -> None:
        """Forget that a file is held."""
        async with self._catalog() as catalog:
            await catalog.held.remove(Sha256(package.sha256))

    @asynccontextmanager
    async def _catalog(self) -> AsyncIterator[Catalog]:
        """Open its catalog."""
        catalog = await anyio.to_thread.run_sync(open_catalog, self.data, SystemClock())
        try:
            yield catalog
        finally:
            await anyio.to_thread.run_sync(catalog.close)

    async def judged(self, files: Sequence[Path], target: Target | None = None) -> Judgement:
        """Return the judgement of what is held."""
        question = Question("test", tuple(files), (target or HERE,), Closing())
        async with offline(self.data) as app:
            views = Views(main_index(app).chain.repository)
            return await judge(question, views, app.clock.now(), lambda _: None)

    async def drilled(
        self,
        files: Sequence[Path],
        target: Target | None = None,
        installer: Installer = "uv",
    ) -> Drilled:
        """Return how a real installation of what is held goes, which may ask nobody else."""
        folder = self.data.with_name(f"{self.data.name}-drill-{installer}")
        folder.mkdir()
        async with (
            offline(self.data) as app,
            serving_here(app) as base,
            nobody_else() as nobody,
        ):
            drilled = await drill(
                Drill(
                    files=tuple(files),
                    target=target or HERE,
                    index_url=f"{base}simple/",
                    proxy_url=nobody.url,
                    folder=folder,
                    installer=installer,
                    variables={"PATH": os.environ["PATH"]},
                )
            )
        assert nobody.asked == []
        return drilled


@asynccontextmanager
async def offline(data: Path) -> AsyncIterator[App]:
    """Run the program with nobody to ask."""
    given = settings(data)
    given = replace(given, server=replace(given.server, offline=True))
    async with running(given, NO_PIP, records_doors=False) as app:
        yield app


async def fill(data: Path, index: Simulator) -> Place:
    """Return a data directory that holds everything that ``index`` has, with its metadata."""
    async with running(settings(data, upstream(index)), NO_PIP) as app:
        repository = main_index(app).chain.repository
        for name in {package.name for package in EVERYTHING}:
            page = await repository.project(ProjectName(name))
            for file in page.files:
                await _read(repository, page.ref(file))
    return Place(data)


async def _read(repository: Repository, ref: FileRef) -> None:
    """Have a file and its metadata held."""
    assert [chunk async for chunk in (await repository.file(ref)).read()]
    if ref.file.metadata_sha256 is not None:
        assert [chunk async for chunk in (await repository.metadata(ref)).read()]
