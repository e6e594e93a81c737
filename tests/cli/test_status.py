"""``wheelyard status``, from the arguments to the exit code."""

import json
from pathlib import Path

import pytest

from wheelyard.catalog import open_directory
from wheelyard.cli import status
from wheelyard.cli.main import run
from wheelyard.clock import SystemClock
from wheelyard.errors import Unavailable
from wheelyard.monitor import (
    Address,
    Health,
    ServerFacts,
    StatusReport,
    WorkerSnapshot,
    build_status,
    save_address,
)

CONFIGURED = Address("http://127.0.0.1:8765")
READY = build_status(ServerFacts("1.2.3", "abc", 0.0), WorkerSnapshot(0.0), Health(), 9.0)
STOPPING = build_status(
    ServerFacts("1.2.3", "abc", 0.0), WorkerSnapshot(0.0), Health(("Stopping.",)), 9.0
)


class Servers:
    """The servers that can be reached, by address; the addresses that were asked."""

    def __init__(self) -> None:
        self.reports: dict[Address, StatusReport | Unavailable] = {}
        self.asked: list[Address] = []

    def ask(self, address: Address) -> StatusReport | None:
        """Answer for the server at ``address``."""
        self.asked.append(address)
        report = self.reports.get(address)
        if isinstance(report, Unavailable):
            raise report
        return report


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Servers:
    """Return servers that the command asks instead of real ones."""
    known = Servers()
    monkeypatch.setattr(status, "ask_status", known.ask)
    return known


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the data directory of the command, not made yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("WHEELYARD_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.mark.usefixtures("data")
def test_server_at_the_configured_address_is_shown(
    servers: Servers, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the command succeeds."""
    servers.reports[CONFIGURED] = READY

    assert run(["status"]) == 0
    assert "Wheelyard 1.2.3 is ready on http://127.0.0.1:8765" in capsys.readouterr().out


@pytest.mark.usefixtures("data")
def test_server_that_is_not_ready_is_something_wrong(servers: Servers) -> None:
    """Scripts wait for exit code 0."""
    servers.reports[CONFIGURED] = STOPPING

    assert run(["status"]) == 1


@pytest.mark.usefixtures("data")
def test_json_is_the_servers_document_and_where_it_is(
    servers: Servers, capsys: pytest.CaptureFixture[str]
) -> None:
    """For programs."""
    servers.reports[CONFIGURED] = READY

    run(["status", "--json"])

    document = json.loads(capsys.readouterr().out)
    assert document["running"] is True
    assert document["url"] == "http://127.0.0.1:8765"
    assert document["version"] == "1.2.3"
    assert document["ready"] is True


def test_server_of_the_data_directory_is_asked_first(servers: Servers, data: Path) -> None:
    """It may have been started with another port than the settings say."""
    own = Address("http://127.0.0.1:9")
    save_address(data / "run", own)
    servers.reports = {own: READY, CONFIGURED: STOPPING}

    assert run(["status"]) == 0
    assert servers.asked == [own]


@pytest.mark.parametrize("answer", [None, Unavailable("It", "another program")])
def test_address_that_is_out_of_date_is_passed_over(
    servers: Servers, data: Path, answer: Unavailable | None
) -> None:
    """After a crash somebody else may listen there, or nobody."""
    own = Address("http://127.0.0.1:9")
    save_address(data / "run", own)
    servers.reports = {CONFIGURED: READY} | ({own: answer} if answer else {})

    assert run(["status"]) == 0
    assert servers.asked == [own, CONFIGURED]


def test_url_is_the_only_one_asked(servers: Servers, data: Path) -> None:
    """Nobody wants the state of another server."""
    save_address(data / "run", Address("http://127.0.0.1:9"))
    servers.reports[Address("http://index.example/pypi")] = READY

    assert run(["status", "--url", "http://index.example/pypi/simple/"]) == 0
    assert servers.asked == [Address("http://index.example/pypi")]


@pytest.mark.usefixtures("data", "servers")
def test_url_where_nobody_listens_is_something_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    """With a next step."""
    assert run(["status", "--url", "http://127.0.0.1:9"]) == 1
    assert "nobody listens there; start it, or correct `--url`" in capsys.readouterr().err


@pytest.mark.usefixtures("servers")
def test_directory_without_server_is_shown(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What it holds, and that nobody serves it."""
    open_directory(data, SystemClock()).close()

    assert run(["status"]) == 0
    output = capsys.readouterr().out
    assert "No server is running on http://127.0.0.1:8765." in output
    assert "0 pages, 0 files" in output


@pytest.mark.usefixtures("servers")
def test_directory_without_server_as_json(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`running` tells both documents apart."""
    open_directory(data, SystemClock()).close()

    run(["status", "--json"])

    document = json.loads(capsys.readouterr().out)
    assert document["running"] is False
    assert document["data"] == str(data)
    assert document["held"]["files"] == 0
    assert document["doors"] == []


@pytest.mark.usefixtures("servers")
def test_neither_server_nor_directory_is_wrong_usage(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the ways out, and nothing is made by looking."""
    assert run(["status"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f"No server is running on `http://127.0.0.1:8765`, and `{data}` holds no data." in (
        captured.err
    )
    assert "`wheelyard serve`" in captured.err
    assert not data.exists()
