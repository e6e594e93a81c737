"""Finding the command, and telling what went wrong."""

import errno
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

import wheelyard
from wheelyard.cli import COMMANDS, CommandRow, Verdict, main
from wheelyard.errors import BadInput, ConfigError, Unavailable

SOURCE = Path(wheelyard.__file__).parents[1]
SLOW = {
    "aiohttp",
    "anyio",
    "msgspec",
    "packaging",
    "platformdirs",
    "prometheus_client",
    "rich",
    "sqlalchemy",
    "starlette",
    "structlog",
    "uvicorn",
    "wheelyard.app",
    "wheelyard.cli.serve",
    "wheelyard.cli.status",
    "wheelyard.settings",
}


def python(code: str) -> subprocess.CompletedProcess[str]:
    """Run ``code`` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", code], cwd=SOURCE, capture_output=True, text=True, check=False
    )


def make_commands(monkeypatch: pytest.MonkeyPatch, function: Callable[[], object]) -> None:
    """Make ``do`` the only command, which calls ``function``."""
    command = click.Command("do", callback=function)
    monkeypatch.setattr(main, "COMMANDS", (CommandRow("do", "Do it.", "somewhere"),))
    monkeypatch.setattr(main, "import_module", lambda _: type("module", (), {"command": command}))


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], []])
def test_help_imports_nothing_that_it_does_not_need(arguments: list[str]) -> None:
    """What is slow to import is imported by the command that needs it: help takes 200 ms at most.

    Time depends on the machine, so the imports are what is held to.
    """
    code = (
        "import sys; from wheelyard.cli.main import run; "
        f"run({arguments!r}); print(*sys.modules, file=sys.stderr)"
    )

    loaded = set(python(code).stderr.split())

    assert "click" in loaded
    assert loaded & SLOW == set()


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """With its sentence, and what the exit codes mean."""
    code = main.run(["--help"])

    output = capsys.readouterr().out
    assert code == 0
    assert "Exit codes: 0 done, 1 found something wrong, 2 wrong usage" in output
    shown = " ".join(output.split())  # long sentences are wrapped
    for row in COMMANDS:
        assert f" {row.name} {row.summary}" in shown


def test_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """On one line, for scripts."""
    assert main.run(["--version"]) == 0
    assert capsys.readouterr().out == f"wheelyard {wheelyard.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["serv"], "No such command 'serv'"),
        (["serve", "--prot", "1"], "Did you mean one of: '--host', '--port'?"),
        (["status", "extra"], "unexpected extra argument"),
        (["serve", "--port"], "'--port' requires an argument"),
    ],
)
def test_wrong_usage_is_exit_code_2(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the sentence, on standard error."""
    assert main.run(arguments) == 2
    captured = capsys.readouterr()
    assert sentence in captured.err
    assert captured.out == ""


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (ConfigError("Give `--port` a number."), 2, "wheelyard: Give `--port` a number.\n"),
        (BadInput("One.", "Two."), 2, "wheelyard: One; Two.\n"),
        (Unavailable("It", "gone"), 1, "wheelyard: It cannot be had now: gone.\n"),
        (
            PermissionError(errno.EACCES, "Permission denied", "/srv/data"),
            2,
            (
                "wheelyard: This user may not use `/srv/data`: Permission denied. Run the command "
                "as the user to whom it belongs, or name another place.\n"
            ),
        ),
        (KeyboardInterrupt(), 130, ""),
        (click.Abort(), 130, ""),
    ],
    ids=["configuration", "input", "found wrong", "another user", "interrupted", "aborted"],
)
def test_error_is_a_sentence_and_an_exit_code(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    code: int,
    text: str,
) -> None:
    """Never a traceback for what a person can mend."""

    def fail() -> None:
        raise error

    make_commands(monkeypatch, fail)

    assert main.run(["do"]) == code
    assert capsys.readouterr().err.strip("\n") == text.strip("\n")


@pytest.mark.parametrize(
    ("verdict", "code"), [(None, 0), (Verdict.FINE, 0), (Verdict.FOUND_WRONG, 1)]
)
def test_verdict_is_an_exit_code(
    monkeypatch: pytest.MonkeyPatch, verdict: Verdict | None, code: int
) -> None:
    """A command that looks for something wrong says whether it found it."""
    make_commands(monkeypatch, lambda: verdict)

    assert main.run(["do"]) == code


def test_mistake_of_ours_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """A traceback is what a bug report needs."""

    def fail() -> None:
        raise ZeroDivisionError

    make_commands(monkeypatch, fail)

    with pytest.raises(ZeroDivisionError):
        main.run(["do"])


def test_reader_that_has_gone_is_no_error() -> None:
    """`wheelyard ... | head -1` ends quietly."""
    code = (
        "import os, sys; from wheelyard.cli.main import main\n"
        "ours, theirs = os.pipe(); os.close(ours); os.dup2(theirs, 1)\n"
        "sys.argv = ['wheelyard', '--help']; main()"
    )

    answer = python(code)

    assert answer.stderr == ""
    assert answer.returncode == 1


def test_module_can_be_run() -> None:
    """`python -m wheelyard` is the command, with its exit code."""
    answer = subprocess.run(
        [sys.executable, "-m", "wheelyard", "serve", "--port", "x"],
        cwd=SOURCE, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert answer.returncode == 2
    assert answer.stderr == (
        "wheelyard: `--port`: expected a whole number from 0 to 65535, got the text `x`.\n"
    )
