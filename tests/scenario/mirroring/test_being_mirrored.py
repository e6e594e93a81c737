"""C-92 to C-95, A-35: bandersnatch copies an index from us, all of it and then what changes.

Both the last edition that asks by XML-RPC and the first line that asks for the root list alone.
`verify` finds nothing to do afterwards.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from scenario.mirroring.conftest import Master
from support.clients import BANDERSNATCH, BANDERSNATCH_8, Edition, need
from support.clients.bandersnatch import Bandersnatch
from support.packages import Package, make_sdist, make_wheel

pytestmark = [pytest.mark.scenario, pytest.mark.slow]


@dataclass(frozen=True, slots=True)
class Way:
    """One release of it, asking for news in one way."""

    edition: Edition
    api_method: str = ""

    def __str__(self) -> str:
        return f"{self.edition}{self.api_method and '-'}{self.api_method}"

    @property
    def word(self) -> str:
        """A word for names of projects."""
        return str(self).replace(".", "-")


WAYS = (Way(BANDERSNATCH, "xmlrpc"), Way(BANDERSNATCH_8))


@pytest.fixture(params=WAYS, ids=str)
def way(request: pytest.FixtureRequest) -> Way:
    """Return one way after the other."""
    assert isinstance(request.param, Way)
    need(request.param.edition)
    return request.param


@pytest.fixture
def start(way: Way, master: Master, tmp_path: Path) -> Callable[[str], Bandersnatch]:
    """Return a maker of empty mirrors of a path of the server."""

    def make(path: str) -> Bandersnatch:
        url = f"{master.server.base_url}{path}"
        place = tmp_path / "mirror"
        return Bandersnatch(way.edition, place, url, way.api_method, authority=master.authority)

    return make


def assert_mirrored(mirror: Bandersnatch, packages: list[Package]) -> None:
    """Look for the bytes of every file, and for nothing that is not of these projects."""
    files = mirror.files()
    wanted = {package.filename: package.sha256 for package in packages}
    assert wanted.items() <= files.items()
    assert {package.name.lower() for package in packages} <= mirror.projects()
    if mirror.edition is BANDERSNATCH_8:
        wheels = {package.filename for package in packages if package.is_wheel}
        assert {f"{name}.metadata" for name in wheels} <= files.keys()


def assert_verified(mirror: Bandersnatch, master: Master) -> None:
    """Have it look at every file, and see that it neither gets nor removes one."""
    files, asked = mirror.files(), len(master.asked())

    outcome = mirror.run("verify").checked()

    assert "ERROR" not in outcome.output, outcome.output
    assert mirror.files() == files
    assert not [path for path in master.asked()[asked:] if path.startswith("/packages")]


def documents_asked(master: Master, since: int) -> set[str]:
    """Return the projects of which the document was asked for."""
    paths = [path for path in master.asked()[since:] if path.endswith("/json")]
    return {path.split("/")[-2] for path in paths}


def test_c92_c93_all_of_an_index_is_mirrored_and_then_what_changes(
    way: Way, master: Master, start: Callable[[str], Bandersnatch]
) -> None:
    """Every file of what our doors have; nothing twice; then the one project that changed."""
    first, second = f"first-{way.word}", f"second-{way.word}"
    packages = [
        make_wheel(first, "1.0"),
        make_sdist(first, "1.1"),
        make_wheel(second, "2.0", payload_bytes=200_000),
    ]
    master.change(*packages)
    mirror = start("")

    mirror.run("mirror").checked()
    assert_mirrored(mirror, packages)
    before = len(master.asked())
    mirror.run("mirror").checked()
    quiet = documents_asked(master, before)
    newer = make_wheel(first, "1.2")
    master.change(newer)
    before = len(master.asked())
    mirror.run("mirror").checked()

    assert quiet == set()
    assert documents_asked(master, before) == {first}
    assert_mirrored(mirror, [*packages, newer])
    assert_verified(mirror, master)


def test_c94_what_is_ours_is_mirrored_after_each_upload(
    way: Way, master: Master, start: Callable[[str], Bandersnatch], tmp_path: Path
) -> None:
    """The serials are our journal's; an upload is the one thing that the next run asks for."""
    first, second = f"ours-{way.word}", f"mine-{way.word}"
    packages = [make_wheel(first, "1.0"), make_sdist(second, "1.0")]
    master.publish(tmp_path / "one", *packages)
    mirror = start("/hosted")

    mirror.run("mirror").checked()
    assert_mirrored(mirror, packages)
    newer = make_wheel(second, "1.1")
    master.publish(tmp_path / "two", newer)
    before = len(master.asked())
    mirror.run("mirror").checked()

    assert documents_asked(master, before) == {second}
    assert_mirrored(mirror, [*packages, newer])
