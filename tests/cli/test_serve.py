"""What ``wheelyard serve`` tells, and what it hands to the server."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from wheelyard import __version__
from wheelyard.cli.main import run
from wheelyard.cli.serve import start_lines
from wheelyard.errors import ConfigError
from wheelyard.server import serving
from wheelyard.settings import Settings


def test_start_lines_are_ready_to_paste() -> None:
    """As text, to be seen in review."""
    assert (
        start_lines("http://127.0.0.1:8765/")
        == f"""\
Wheelyard {__version__} serves http://127.0.0.1:8765/simple/ - stop it with Ctrl+C.

  pip install --index-url http://127.0.0.1:8765/simple/ PACKAGE
  uv pip install --default-index http://127.0.0.1:8765/simple/ PACKAGE

For everything in a shell:

  export PIP_INDEX_URL=http://127.0.0.1:8765/simple/ UV_DEFAULT_INDEX=http://127.0.0.1:8765/simple/
"""
    )


@pytest.mark.parametrize(
    ("url", "line"),
    [
        ("http://localhost:1", "--index-url http://localhost:1/simple/ PACKAGE"),
        ("http://[::1]:1/", "--index-url http://[::1]:1/simple/ PACKAGE"),
        ("http://0.0.0.0:1/", "--index-url http://127.0.0.1:1/simple/ PACKAGE"),
        ("http://[::]:1/", "--index-url http://[::1]:1/simple/ PACKAGE"),
        ("https://index.example/pypi", "--index-url https://index.example/pypi/simple/ PACKAGE"),
        (
            "http://10.0.0.7:1/",
            "--index-url http://10.0.0.7:1/simple/ --trusted-host 10.0.0.7 PACKAGE",
        ),
    ],
)
def test_pip_line_works_as_it_stands(url: str, line: str) -> None:
    """With an address that can be connected to, and the flag that pip wants for plain HTTP."""
    assert line in start_lines(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8765/", "http+unix:///run/wheelyard.sock/"])
def test_start_line_says_that_nobody_is_asked(url: str) -> None:
    """Whoever forgot about the flag sees it first."""
    first, _, _ = start_lines(url, is_offline=True).partition("\n")

    assert first.endswith(" offline - stop it with Ctrl+C.")


def test_start_line_of_a_unix_socket_says_what_is_missing() -> None:
    """No installer can be pointed at a socket."""
    text = start_lines("http+unix:///run/wheel%20yard.sock/")

    assert "listens on /run/wheel yard.sock" in text
    assert "set `server.base_url`" in text
    assert "pip install" not in text


def test_serve_hands_over_settings_and_tells_the_address(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    """The server says when it listens; only then is anything told."""
    monkeypatch.chdir(tmp_path)
    served: list[Settings] = []

    def serve(
        settings: Settings, _environ: Mapping[str, str], announce: Callable[[str], None]
    ) -> None:
        assert capsys.readouterr().out == ""
        served.append(settings)
        announce("http://127.0.0.1:9/")

    monkeypatch.setattr(serving, "serve", serve)

    code = run(
        ["serve", "--data", str(tmp_path), "--workers=3", "--upstream", "http://a", "--offline"]
    )

    assert code == 0
    assert served[0].is_offline
    assert served[0].store.data == tmp_path
    assert served[0].server.workers == 3
    assert [door.url for door in served[0].upstreams[0].doors] == ["http://a/simple/"]
    assert "http://127.0.0.1:9/simple/ offline" in capsys.readouterr().out


def test_serve_that_cannot_start_ends_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A port in use, a directory that cannot be written, a full disk."""

    def serve(*_: object) -> None:
        raise ConfigError("Port 8765 is in use: choose another with `--port`.")

    monkeypatch.setattr(serving, "serve", serve)

    assert run(["serve"]) == 2
    captured = capsys.readouterr()
    assert captured.err == "wheelyard: Port 8765 is in use: choose another with `--port`.\n"
    assert captured.out == ""


def test_serve_takes_a_directory(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """As the one argument there is; one that is not there is a mistake and not an outage."""
    monkeypatch.chdir(tmp_path)
    served: list[Settings] = []
    monkeypatch.setattr(serving, "serve", lambda settings, *_: served.append(settings))
    tmp_path.joinpath("wheels").mkdir()

    codes = [run(["serve", "wheels", "--read-only"]), run(["serve", "missing"]), run(["serve"])]

    assert codes == [0, 2, 0]
    assert [each.server.directory for each in served] == [tmp_path / "wheels", None]
    assert [each.server.read_only for each in served] == [True, False]
    assert f"There is no directory `{tmp_path / 'missing'}`" in capsys.readouterr().err
