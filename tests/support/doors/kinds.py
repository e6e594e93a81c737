"""Every kind of door that must work, each opened over the same packages."""

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from support.doors import programs
from support.doors.contents import SDISTS, WHEELS, flat_directory, folders
from support.doors.listings import apache, python_server
from support.doors.nginx import BY_ACCEPT, LISTINGS, nginx
from support.doors.places import OpenDoor
from support.doors.trees import basketweaver, written_tree
from support.server import running_server
from support.simulator import BARE, PYPI, Simulator, Style

__all__ = ["KINDS", "KindOfDoor"]


@dataclass(frozen=True, slots=True)
class KindOfDoor:
    """One kind, opened in an empty folder; `digests` and `serials` are what its pages state."""

    name: str
    open: Callable[[Path], AbstractContextManager[OpenDoor]]
    digests: bool = True
    serials: bool = False

    def __str__(self) -> str:
        return self.name


@contextlib.contextmanager
def _simulated(style: Style) -> Iterator[OpenDoor]:
    with Simulator(style) as index:
        index.add(*WHEELS)
        yield OpenDoor(index.url, index.down)


@contextlib.contextmanager
def _bandersnatch(folder: Path, form: str, locations: str) -> Iterator[OpenDoor]:
    with Simulator(replace(PYPI, links="absolute")) as index:
        index.add(*WHEELS)
        web = programs.bandersnatch(folder / "mirror", index, form)
    with nginx(web, folder / "nginx", locations, "/simple/") as door:
        yield door


@contextlib.contextmanager
def _wheelyard(folder: Path) -> Iterator[OpenDoor]:
    with Simulator() as index:
        index.add(*WHEELS)
        with running_server(folder / "other", upstreams=[index.url]) as server:
            yield OpenDoor(server.url, server.stop)


@contextlib.contextmanager
def _directory(root: Path) -> Iterator[OpenDoor]:
    yield OpenDoor(root.as_uri(), lambda: _move_away(root))


def _move_away(root: Path) -> None:
    root.rename(root.with_name(f"{root.name}-elsewhere"))


KINDS = (
    KindOfDoor("json", lambda _: _simulated(PYPI), serials=True),
    KindOfDoor("html", lambda _: _simulated(BARE), digests=False),
    KindOfDoor("bandersnatch-json", lambda at: _bandersnatch(at, "ALL", BY_ACCEPT), serials=True),
    KindOfDoor("bandersnatch-html", lambda at: _bandersnatch(at, "HTML", ""), serials=True),
    KindOfDoor(
        "basketweaver",
        lambda at: nginx(basketweaver(at / "eggs", SDISTS), at / "nginx", path="/index/"),
        digests=False,
    ),
    KindOfDoor(
        "pip2pi",
        lambda at: nginx(programs.pip2pi(at / "packages", WHEELS), at / "nginx"),
        digests=False,
    ),
    KindOfDoor(
        "nginx-folders",
        lambda at: nginx(folders(at / "wheels"), at / "nginx", LISTINGS),
        digests=False,
    ),
    KindOfDoor(
        "nginx-flat",
        lambda at: nginx(flat_directory(at / "wheels"), at / "nginx", LISTINGS),
        digests=False,
    ),
    KindOfDoor(
        "apache-folders", lambda at: apache(folders(at / "wheels"), table=True), digests=False
    ),
    KindOfDoor(
        "apache-flat", lambda at: apache(flat_directory(at / "wheels"), table=False), digests=False
    ),
    KindOfDoor(
        "python-folders",
        lambda at: python_server(folders(at / "wheels"), at / "run"),
        digests=False,
    ),
    KindOfDoor(
        "python-flat",
        lambda at: python_server(flat_directory(at / "wheels"), at / "run"),
        digests=False,
    ),
    KindOfDoor("file-flat", lambda at: _directory(flat_directory(at / "our wheels"))),
    KindOfDoor("file-folders", lambda at: _directory(folders(at / "wheels"))),
    KindOfDoor("file-tree", lambda at: _directory(written_tree(at / "tree", WHEELS))),
    KindOfDoor("wheelyard", _wheelyard, serials=True),
    KindOfDoor("devpi", lambda at: programs.devpi(at / "devpi", WHEELS)),
    KindOfDoor("pypiserver", lambda at: programs.pypiserver(at / "pypiserver", WHEELS)),
)
