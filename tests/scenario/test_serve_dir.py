"""`wheelyard serve DIR`: a directory of archives as an index, in front of the public one."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contract.conformance.asking import JSON
from faults.yard import Yard, at_once, eventually, open_yard
from support.clients import PIP_26, PIP_AND_UV, Installer, Kind, Pip, Sandbox
from support.packages import Package, make_sdist, make_wheel
from support.simulator import Simulator

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

VERSIONS = [
    make_wheel("Foo.Bar", "1.9"),
    make_wheel("foo_bar", "1.10rc1"),
    make_sdist("foo-bar", "1.10", requires=["public"]),
]
EPOCH = make_wheel("foo-bar", "1!0.1")
PUBLIC = make_wheel("public", "2.0")
STRANGER = make_wheel("foo-bar", "99.0")


def put(directory: Path, *packages: Package) -> None:
    """Have archives in a directory, one after the other, each put there whole."""
    directory.mkdir(exist_ok=True)
    for package in packages:
        draft = directory / f".{package.filename}"
        draft.write_bytes(package.content)
        draft.rename(directory / package.filename)


@pytest.fixture(scope="module")
def upstream() -> Iterator[Simulator]:
    """Run a public index in which a stranger has taken a private name."""
    with Simulator() as simulator:
        simulator.add(PUBLIC, STRANGER)
        yield simulator


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with three versions of one project, in several spellings."""
    folder = tmp_path_factory.mktemp("wheels")
    put(folder, VERSIONS[0], VERSIONS[1])
    put(folder / "sdists", VERSIONS[2])
    return folder


@pytest.fixture(scope="module")
def yard(
    upstream: Simulator, directory: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Yard]:
    """Run a server with two workers on the directory."""
    data = tmp_path_factory.mktemp("data") / "data"
    with open_yard(data, upstream, workers=2, arguments=[str(directory)]) as opened:
        yield opened


def asked_about(upstream: Simulator, name: str) -> list[str]:
    """Return the requests that name a project."""
    return [each.path for each in upstream.requests if name in each.path]


def listed(yard: Yard, name: str) -> set[str]:
    """Return the file names on the page of a project; none if there is no such page."""
    answer = yard.ask_page(name)
    return {file["filename"] for file in answer.json()["files"]} if answer.status == 200 else set()


def in_each_worker(yard: Yard, name: str, filenames: set[str]) -> None:
    """Return once every worker lists exactly these files, however the requests fall."""
    eventually(
        lambda: all(each == filenames for each in at_once(*[lambda: listed(yard, name)] * 8)),
        lambda: f"{filenames} on the page of {name}, which has {listed(yard, name)}",
    )


@pytest.mark.parametrize("kind", PIP_AND_UV, ids=str)
def test_a60_client_takes_the_newest_version_of_a_directory(
    kind: Kind[Installer], yard: Yard, new_sandbox: Callable[[str], Sandbox], tmp_path: Path
) -> None:
    """1.10 is newer than 1.9 and than its candidate; the public dependency comes from outside.

    The stranger's 99.0 is never seen, and nobody outside hears the name.
    """
    client = kind.start(new_sandbox("client"))

    result = client.install(["Foo_Bar"], yard.server.url, tmp_path / "target").checked()

    assert dict(result.installed).items() >= {"foo-bar": "1.10", "public": "2.0"}.items()
    assert asked_about(yard.upstream, "foo") == []


def test_a60_versions_are_ordered_by_pep_440(
    yard: Yard, directory: Path, new_sandbox: Callable[[str], Sandbox], tmp_path: Path
) -> None:
    """An epoch is newer than everything; a candidate is for those who ask for one."""
    pip = Pip(PIP_26, new_sandbox("pip"))
    candidate = pip.install(
        ["foo-bar!=1.10,<2", "--pre"], yard.server.url, tmp_path / "pre"
    ).checked()
    put(directory, EPOCH)
    in_each_worker(yard, "foo-bar", {each.filename for each in [*VERSIONS, EPOCH]})

    newest = pip.install(["foo-bar"], yard.server.url, tmp_path / "newest").checked()

    assert candidate.installed["foo-bar"] == "1.10rc1"
    assert newest.installed["foo-bar"] == "1!0.1"
    directory.joinpath(EPOCH.filename).unlink()
    in_each_worker(yard, "foo-bar", {each.filename for each in VERSIONS})


@pytest.mark.parametrize("more", [["--no-index"], []], ids=["alone", "beside-an-index"])
def test_a60_flat_page_installs_too(
    yard: Yard, new_sandbox: Callable[[str], Sandbox], tmp_path: Path, more: list[str]
) -> None:
    """`--find-links` takes the newest version of the same files."""
    links = f"{yard.server.base_url}/+links/"
    options = (*more, "--find-links", links, "--no-deps")
    pip = Pip(PIP_26, new_sandbox("pip"), options=options)

    result = pip.install(["foo-bar"], yard.server.url, tmp_path / "target").checked()

    assert result.installed["foo-bar"] == "1.10"
    assert asked_about(yard.upstream, "foo") == []


def test_a60_changes_show_in_every_worker(yard: Yard, directory: Path) -> None:
    """A copy in progress is not shown; the name is nobody else's from its first byte on."""
    package = make_wheel("growing", "1.0", payload_bytes=200_000)
    yard.upstream.add(make_wheel("growing", "99.0"))
    path = directory / package.filename
    path.write_bytes(package.content[:1000])
    eventually(
        lambda: all(
            code == 503 for code in at_once(*[lambda: yard.ask_page("growing").status] * 8)
        ),
        lambda: f"503 everywhere, not {yard.ask_page('growing')}",
    )
    asked = len(asked_about(yard.upstream, "growing"))
    path.write_bytes(package.content)
    in_each_worker(yard, "growing", {package.filename})

    content = yard.client.ask(yard.path_of(package)).body

    assert content == package.content
    assert len(asked_about(yard.upstream, "growing")) == asked
    assert yard.server.log().count(f"`{package.filename}` is not served") <= 2, "once per worker"
    path.unlink()


def test_replaced_file_is_never_what_the_page_does_not_say(yard: Yard, directory: Path) -> None:
    """The address of the old bytes never gives the new ones."""
    old, new = make_wheel("swapped", "1.0"), make_wheel("swapped", "1.0", requires=["other"])
    put(directory, old)
    in_each_worker(yard, "swapped", {old.filename})
    path = yard.path_of(old)
    assert yard.client.ask(path).body == old.content
    put(directory, new)

    after = [yard.client.ask(path) for _ in range(8)]

    assert {answer.status for answer in after} <= {404, 503}
    in_each_worker(yard, "swapped", {new.filename})
    assert yard.client.ask(yard.path_of(new)).body == new.content


def test_directory_that_vanishes_is_unavailable_and_comes_back(yard: Yard, directory: Path) -> None:
    """Nothing is absent, nothing is asked outside, and nothing has to be started again."""
    put(directory, make_wheel("vanishing", "1.0"))
    in_each_worker(yard, "vanishing", {make_wheel("vanishing", "1.0").filename})
    yard.upstream.add(make_wheel("vanishing", "99.0"))
    aside = directory.rename(directory.with_name("aside"))
    eventually(
        lambda: set(at_once(*[lambda: yard.ask_page("vanishing").status] * 8)) == {503},
        lambda: f"503 everywhere, not {yard.ask_page('vanishing')}",
    )

    asked = asked_about(yard.upstream, "vanishing")
    aside.rename(directory)

    in_each_worker(yard, "vanishing", {make_wheel("vanishing", "1.0").filename})
    assert asked == []


def test_data_directory_may_lie_in_the_directory(upstream: Simulator, tmp_path: Path) -> None:
    """`cd wheels; wheelyard serve . --data .wheelyard` serves the wheels and nothing of its own."""
    package = make_wheel("inside", "1.0")
    put(tmp_path, package)

    with open_yard(tmp_path / "data", upstream, arguments=[str(tmp_path)]) as inside:
        eventually(lambda: inside.ask_page("inside").status == 200, "a page")
        names = inside.client.ask("/simple/", {"Accept": JSON}).json()["projects"]

    assert {each["name"] for each in names} >= {"inside", "foo-bar", "public"}
    assert "is not served" not in inside.server.log()
