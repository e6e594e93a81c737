"""``wheelyard verify``, from the arguments to the exit code; beside a server in `tests/faults`."""

import json
from pathlib import Path

import anyio
import pytest

from mirror.stores import FIRST, open_place
from wheelyard.catalog import open_directory
from wheelyard.cli.main import run
from wheelyard.clock import SystemClock


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the data directory of the command, not made yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("WHEELYARD_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path / "data"


@pytest.fixture
def held(data: Path) -> Path:
    """Return the data directory with three files in it, and where the first one is."""

    async def fill() -> Path:
        async with open_place(data) as place:
            return place.store.path(FIRST)

    data.mkdir()
    path = anyio.run(fill)
    open_directory(data, SystemClock()).close()
    return path


def test_directory_without_data_is_wrong_usage(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The sentence names it, and nothing is made."""
    assert run(["verify"]) == 2
    assert f"`{data}` holds no data" in capsys.readouterr().err
    assert not data.exists()


@pytest.mark.usefixtures("held")
def test_sound_store_is_exit_code_0(capsys: pytest.CaptureFixture[str]) -> None:
    """Scripts look at nothing else."""
    assert run(["verify"]) == 0
    assert capsys.readouterr().out.endswith("All is well.\n")


def test_damaged_file_is_exit_code_1(held: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And a line in a table, and the next step. The file stays where it is."""
    held.write_bytes(b"wrong")

    assert run(["verify"]) == 1
    out = capsys.readouterr().out
    assert "first-1.0.tar.gz" in out
    assert "`wheelyard verify --repair`" in out
    assert held.read_bytes() == b"wrong"


def test_report_as_json(held: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same for programs."""
    held.unlink()

    assert run(["verify", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    (finding,) = document.pop("findings")
    assert (document["sound"], document["data"], document["files"]) == (False, str(data), 2)
    assert (finding["kind"], finding["sha256"], finding["is_healed"]) == ("missing", FIRST, None)


@pytest.mark.usefixtures("held")
def test_doors_without_repair_are_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing would be fetched from them."""
    assert run(["verify", "--upstream", "http://127.0.0.1:9/"]) == 2
    assert "`--repair`" in capsys.readouterr().err


def test_repair_offline_puts_away_and_fetches_nothing(
    held: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The damaged bytes are kept; what could not be had is told."""
    held.write_bytes(b"wrong")

    assert run(["verify", "--repair", "--offline"]) == 1
    assert [path.read_bytes() for path in (data / "quarantine").iterdir()] == [b"wrong"]
    assert "1 file of 1 could not be healed." in capsys.readouterr().out


@pytest.mark.usefixtures("held")
def test_evidence_is_checked_when_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    """These files have none: that is wrong, and nothing else looks at it."""
    assert run(["verify"]) == 0
    assert run(["verify", "--ledger", "--json"]) == 1

    document = json.loads(capsys.readouterr().out.partition("All is well.\n")[2])
    assert {each["kind"] for each in document["findings"]} == {"unproven"}
    assert len(document["findings"]) == 2


@pytest.mark.usefixtures("held")
def test_file_without_a_name_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """With the command that takes it; nothing is wrong."""
    assert run(["verify"]) == 0
    assert "`wheelyard gc` takes what has no name: " in capsys.readouterr().out
