"""``wheelyard gc``, from the arguments to the exit code; beside a server in `tests/faults`."""

import json
import os
from pathlib import Path

import anyio
import pytest

from mirror.yards import Yard, open_yard
from wheelyard.catalog import open_directory
from wheelyard.cli.main import run
from wheelyard.clock import SystemClock


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the data directory of the command, not made yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("WHEELYARD_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path / "data"


@pytest.fixture
def held(data: Path) -> Path:
    """Return a data directory with an orphan and a listed file of 1,500 bytes in it."""

    async def fill(yard: Yard) -> None:
        await yard.put(b"an orphan")
        row = await yard.hold("demo-1.0.tar.gz")
        await yard.list_page("demo", row)

    async def make() -> None:
        async with open_yard(data) as yard:
            await fill(yard)

    anyio.run(make)
    open_directory(data, SystemClock()).close()
    return data


def blobs(data: Path) -> list[bytes]:
    """Return what is in the store."""
    return sorted(path.read_bytes()[:9] for path in (data / "blobs").rglob("*") if path.is_file())


def test_directory_without_data_is_wrong_usage(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The sentence names it, and nothing is made."""
    assert run(["gc"]) == 2
    assert f"`{data}` holds no data" in capsys.readouterr().err
    assert not data.exists()


def test_dry_run_says_what_would_go(held: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And leaves it."""
    assert run(["gc", "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert "nothing names it" in out
    assert f"1 file, 9 bytes, would go from {held}." in out
    assert len(blobs(held)) == 2


def test_collection_frees_room(held: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is listed stays; a second one finds nothing."""
    assert run(["gc"]) == 0
    assert f"1 file, 9 bytes, gone from {held}." in capsys.readouterr().out
    assert blobs(held) == [b"demo-1.0."]

    assert run(["gc"]) == 0
    assert f"Nothing to collect in {held}." in capsys.readouterr().out


def test_report_as_json(held: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Files and bytes by reason, for programs."""
    assert run(["gc", "--json"]) == 0

    document = json.loads(capsys.readouterr().out)
    assert (document["data"], document["kept"]) == (str(held), True)
    assert (document["files"], document["bytes"], document["is_dry_run"]) == (1, 9, False)
    assert document["reasons"]["orphan"] == {"files": 1, "bytes": 9}
    assert document["quotas"] == []


def test_quota_without_an_upstream_that_answers_is_exit_code_1(
    held: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A-14: what could not be fetched again stays, and the sentence says why."""
    monkeypatch.setenv("WHEELYARD__STORE__MAX_BYTES", "100")
    config = held.parent / "wheelyard.toml"
    config.write_text('[upstream.corp]\nurls = ["http://127.0.0.1:9/simple/"]\n')

    assert run(["gc"]) == 1
    out = capsys.readouterr().out
    assert "Nobody answers at `corp` now" in out
    assert "unpin or delete something, or raise the quota" in out
    assert blobs(held) == [b"demo-1.0."]


def test_quota_in_a_dry_run_asks_nobody(
    held: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a lasting outage the upstream is believed to answer."""
    monkeypatch.setenv("WHEELYARD__INDEX__MAIN__MAX_BYTES", "100")
    config = held.parent / "wheelyard.toml"
    config.write_text('[upstream.corp]\nurls = ["http://127.0.0.1:9/simple/"]\n')

    assert run(["gc", "--dry-run", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["reasons"]["quota"] == {"files": 1, "bytes": 1_500}
    assert document["quotas"][0]["name"] == "the main index"
    assert len(blobs(held)) == 2


def test_grace_period_is_a_setting(
    held: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With none, what its page lost goes at once."""

    async def lose() -> None:
        async with open_yard(held) as yard:
            await yard.list_page("demo")

    anyio.run(lose)
    assert run(["gc"]) == 0
    kept = blobs(held)
    monkeypatch.setenv("WHEELYARD__STORE__KEEP_REMOVED_DAYS", "0")

    assert run(["gc"]) == 0

    out = capsys.readouterr().out
    assert (kept, blobs(held)) == ([b"demo-1.0."], [])
    assert "1 file found to be on no page any more." in out
    assert "its upstream does not list it any more" in out


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for root")
def test_directory_that_may_only_be_read_is_a_sentence(
    held: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No traceback, and nothing half done."""
    folders = [path for path in held.rglob("*") if path.is_dir()]
    for folder in [held, *folders]:
        folder.chmod(0o500)
    try:
        code = run(["gc"])
    finally:
        for folder in [held, *folders]:
            folder.chmod(0o700)

    assert code != 0
    assert "Traceback" not in capsys.readouterr().err
    assert len(blobs(held)) == 2
