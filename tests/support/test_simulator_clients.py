"""Real installers install from the simulator: wheels, sdists and a closure of forty projects."""

from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import distributions
from pathlib import Path

import pytest

from support.clients import PIP_AND_UV, Installer, Kind, Sandbox
from support.packages import closure, make_sdist, make_wheel, normalize
from support.simulator import AUTOINDEX, BARE, CORPORATE, PYPI, TWO_HOSTS, Simulator, Style

pytestmark = [pytest.mark.slow]

Install = Callable[[str, Path, Sequence[str]], None]


@pytest.fixture(params=PIP_AND_UV, ids=str)
def install(request: pytest.FixtureRequest, tmp_path: Path) -> Install:
    """Install with a real client into a folder."""
    kind: Kind[Installer] = request.param
    client = kind.start(Sandbox(tmp_path / "sandbox"))

    def run(url: str, target: Path, wanted: Sequence[str]) -> None:
        client.install(wanted, url, target).checked()

    return run


@pytest.fixture
def upstream() -> Iterator[Simulator]:
    """Run an empty index."""
    with Simulator() as running:
        yield running


def _installed(target: Path) -> dict[str, str]:
    found = distributions(path=[str(target)])
    return {normalize(each.name): each.version for each in found}


@pytest.mark.parametrize(
    "style",
    [PYPI, TWO_HOSTS, CORPORATE, BARE, AUTOINDEX],
    ids=["pypi", "two-hosts", "corporate", "bare", "autoindex"],
)
def test_wheel_installs_from_an_index_of_any_style(
    upstream: Simulator, install: Install, style: Style, tmp_path: Path
) -> None:
    """Each style is an index that clients understand."""
    upstream.style = style
    upstream.add(make_wheel("Demo.Lib", "1.0"), make_wheel("Demo.Lib", "0.9"))

    install(upstream.url, tmp_path / "here", ["demo-lib"])

    assert _installed(tmp_path / "here") == {"demo-lib": "1.0"}
    assert (tmp_path / "here/demo_lib/__init__.py").read_text() == 'version = "1.0"\n'


def test_sdist_is_built_and_installed_offline(
    upstream: Simulator, install: Install, tmp_path: Path
) -> None:
    """The build needs nothing that is not in the sdist."""
    upstream.add(make_sdist("Demo.Lib", "1.0", payload_bytes=10_000))

    install(upstream.url, tmp_path / "here", ["demo-lib"])

    assert _installed(tmp_path / "here") == {"demo-lib": "1.0"}
    assert (tmp_path / "here/demo_lib/payload.bin").stat().st_size == 10_000
    assert {each.path.split("/")[1] for each in upstream.requests} == {"simple", "packages"}


def test_closure_of_forty_projects_installs_as_expected(
    upstream: Simulator, install: Install, tmp_path: Path
) -> None:
    """A resolver chooses the versions that the closure says it must."""
    tree = closure(40)
    upstream.add(*tree.packages)

    install(upstream.url, tmp_path / "here", [tree.root])

    assert _installed(tmp_path / "here") == tree.expected
