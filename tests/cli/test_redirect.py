"""``wheelyard redirect``: what it tells, hands on and writes."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from wheelyard import __version__
from wheelyard.cli.main import run
from wheelyard.cli.redirect import start_lines
from wheelyard.server import redirecting
from wheelyard.settings import Settings

STATIC = ("--static", "https://a.example/simple/", "--static", "https://b.example")
DYNAMIC = ("--dynamic", "https://index.example/")


@pytest.fixture(autouse=True)
def own_directories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep this machine's own configuration out of the tests."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def test_start_line_is_ready_to_paste() -> None:
    """As text, to be seen in review."""
    assert start_lines("http://127.0.0.1:8765/") == (
        f"Wheelyard {__version__} redirects what comes to http://127.0.0.1:8765/ - stop it with "
        "Ctrl+C.\n\n"
        "  pip install --index-url http://127.0.0.1:8765/simple/ PACKAGE\n"
    )
    assert start_lines("http+unix:///run/w.sock/").endswith("/run/w.sock - stop it with Ctrl+C.")


def test_flags_may_be_given_several_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """In order: the first is the preferred one."""
    taken: list[Settings] = []

    def take(settings: Settings, _: Mapping[str, str], announce: Callable[[str], None]) -> None:
        taken.append(settings)
        announce("http://127.0.0.1:8765/")

    monkeypatch.setattr(redirecting, "redirect", take)

    code = run(["redirect", *STATIC, *DYNAMIC, "--port", "1234"])

    assert code == 0
    assert taken[0].redirect.static == ("https://a.example", "https://b.example")
    assert taken[0].redirect.dynamic == ("https://index.example",)
    assert taken[0].server.port == 1234


@pytest.mark.parametrize("tool", ["nginx", "haproxy", "lighttpd"])
def test_configuration_is_written_and_nothing_is_run(
    tool: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """On standard output, for a file."""
    code = run(["redirect", *STATIC, *DYNAMIC, "--config-for", tool])

    assert code == 0
    text = capsys.readouterr().out
    assert "https://a.example" in text
    assert "https://index.example" in text
    assert "8765" in text


def test_certificate_and_key_in_two_files_are_nothing_for_haproxy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what to do instead."""
    for name in ("cert.pem", "key.pem"):
        tmp_path.joinpath(name).touch()
    tls = ("--tls-cert", "cert.pem", "--tls-key", "key.pem")

    code = run(["redirect", *DYNAMIC, *tls, "--config-for", "haproxy"])

    assert code == 2
    assert "in one file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "There is nowhere to send clients"),
        (("--config-for", "nginx"), "There is nowhere to send clients"),
        ((*DYNAMIC, "--port", "0", "--config-for", "nginx"), "a port that stays the same"),
        (("--static", "files.example"), "`--static`: expected an address such as"),
        (("--static", "https://u:hush@a.example"), "every client would be given"),
        ((*DYNAMIC, "--config-for", "squid"), "'squid' is not one of"),
        ((*DYNAMIC, "--access-log", "-", "--config-for", "nginx"), "--access-log"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    arguments: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A sentence on standard error, and exit code 2."""
    code = run(["redirect", *arguments])

    said = capsys.readouterr().err
    assert code == 2
    assert sentence in said
    assert "hush" not in said
