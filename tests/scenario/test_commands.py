"""The further commands and options of pip and uv, through the server."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from support.clients import (
    OLDEST_PIP,
    PIP_26,
    PIP_AND_UV,
    PIP_EDITIONS,
    Installer,
    Kind,
    Pip,
    Sandbox,
    Uv,
    need,
)
from support.packages import closure, make_sdist, make_wheel
from support.server import RunningServer
from support.simulator import Simulator

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

EARLY = datetime(2024, 3, 1, tzinfo=UTC)
LATE = datetime(2024, 9, 1, tzinfo=UTC)
BETWEEN = "2024-06-01T00:00:00Z"


@pytest.fixture
def pip(sandbox: Sandbox) -> Pip:
    """Return the newest pip."""
    need(PIP_26)
    return Pip(PIP_26, sandbox)


def test_c101_pip_installs_what_is_pinned_by_hash(
    upstream: Simulator, server: RunningServer, pip: Pip, tmp_path: Path
) -> None:
    """`--require-hashes` takes the file that has the hash, by whichever name it is asked for."""
    pinned, other = make_wheel("Demo", "1.0"), make_wheel("demo", "1.1")
    upstream.add(pinned, other)
    wanted = tmp_path / "requirements.txt"
    wanted.write_text(f"demo==1.0 --hash=sha256:{pinned.sha256}\n", "utf-8")

    words = ["--require-hashes", "-r", str(wanted)]
    result = pip.install(words, server.url, tmp_path / "target")

    assert result.checked().installed == {"demo": "1.0"}


def test_c101_pip_downloads_the_very_files(
    upstream: Simulator, server: RunningServer, pip: Pip, tmp_path: Path
) -> None:
    """`pip download` leaves what the upstream has, byte for byte."""
    sdist, wheel = make_sdist("demo.sdist", "1.0", requires=["demo"]), make_wheel("demo", "1.1")
    upstream.add(sdist, wheel)

    pip.download(["demo-sdist"], server.url, tmp_path / "files").checked()

    found = {path.name: path.read_bytes() for path in (tmp_path / "files").iterdir()}
    assert found == {each.filename: each.content for each in (sdist, wheel)}


def test_c101_pip_lists_versions(upstream: Simulator, server: RunningServer, pip: Pip) -> None:
    """`pip index versions` shows all of them, newest first."""
    upstream.add(*(make_wheel("demo", version) for version in ("1.0", "1.10", "1.9", "2.0rc1")))

    said = pip.run("index", "versions", "demo", "--index-url", server.url).checked()

    assert "Available versions: 1.10, 1.9, 1.0" in said.output


def test_c101_pip_installs_as_of_a_date(
    upstream: Simulator, server: RunningServer, sandbox: Sandbox, tmp_path: Path
) -> None:
    """`--uploaded-prior-to` needs the time of upload of each file."""
    need(PIP_26)
    upstream.add(make_wheel("demo", "1.0", upload_time=EARLY))
    upstream.add(make_wheel("demo", "2.0", upload_time=LATE))
    pip = Pip(PIP_26, sandbox, options=("--uploaded-prior-to", BETWEEN))

    result = pip.install(["demo"], server.url, tmp_path / "target")

    assert result.checked().installed == {"demo": "1.0"}


def test_c101_uv_installs_as_of_a_date(
    upstream: Simulator, server: RunningServer, sandbox: Sandbox, tmp_path: Path
) -> None:
    """`--exclude-newer` needs it too."""
    upstream.add(make_wheel("demo", "1.0", upload_time=EARLY))
    upstream.add(make_wheel("demo", "2.0", upload_time=LATE))
    uv = Uv(sandbox, options=("--exclude-newer", BETWEEN))

    result = uv.install(["demo"], server.url, tmp_path / "target")

    assert result.checked().installed == {"demo": "1.0"}


def test_c102_pip_reads_metadata_out_of_wheels(
    upstream: Simulator, server: RunningServer, sandbox: Sandbox, tmp_path: Path
) -> None:
    """With `fast-deps`, where the upstream has no metadata beside its wheels."""
    need(PIP_26)
    tree = closure(6)
    upstream.add(*tree.packages, core_metadata=False)
    pip = Pip(PIP_26, sandbox, options=("--use-feature", "fast-deps"))

    result = pip.install([tree.root], server.url, tmp_path / "target")

    assert result.checked().installed == tree.expected


@pytest.mark.parametrize("kind", PIP_AND_UV, ids=str)
def test_c103_yanked_version_is_only_for_who_asks_for_it(
    upstream: Simulator,
    server: RunningServer,
    kind: Kind[Installer],
    sandbox: Sandbox,
    tmp_path: Path,
) -> None:
    """It is passed over, unless it is named; then there is a warning with the reason."""
    upstream.add(make_wheel("demo", "1.0"))
    upstream.add(make_wheel("demo", "2.0"), yanked="it eats files")
    client = kind.start(sandbox)

    passed_over = client.install(["demo"], server.url, tmp_path / "any").checked()
    asked_for = client.install(["demo==2.0"], server.url, tmp_path / "pinned").checked()

    assert passed_over.installed == {"demo": "1.0"}
    assert "it eats files" not in passed_over.output
    assert asked_for.installed == {"demo": "2.0"}
    assert "it eats files" in asked_for.output


@pytest.mark.parametrize("kind", [*PIP_EDITIONS, PIP_AND_UV[1]], ids=str)
def test_c104_client_passes_over_what_this_python_cannot_have(
    upstream: Simulator,
    server: RunningServer,
    kind: Kind[Installer],
    sandbox: Sandbox,
    tmp_path: Path,
) -> None:
    """An older version fits, and both forms of the page say so."""
    upstream.add(make_wheel("demo", "1.0", requires_python=">=3.8,<4"))
    upstream.add(make_wheel("demo", "2.0", requires_python=">=3.99"))

    result = kind.start(sandbox).install(["demo"], server.url, tmp_path / "target")

    assert result.checked().installed == {"demo": "1.0"}


@pytest.mark.parametrize("kind", [*PIP_AND_UV, OLDEST_PIP], ids=str)
def test_client_installs_a_local_version(
    upstream: Simulator,
    server: RunningServer,
    kind: Kind[Installer],
    sandbox: Sandbox,
    tmp_path: Path,
) -> None:
    """The plus sign in the file's name stands in its address, and some clients escape it there."""
    upstream.add(make_wheel("demo", "1.0+cpu.1"))

    result = kind.start(sandbox).install(["demo"], server.url, tmp_path / "target")

    assert result.checked().installed == {"demo": "1.0+cpu.1"}
