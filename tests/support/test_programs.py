"""A forked program is like one that was started: nobody can tell, but by the time it took."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from faults.yard import eventually
from support.forking import Birth, Cradle, Forked, can_fork, shared_cradle
from support.house import ROOT
from support.programs import run_program, start_program

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="only Linux can fork them")

ENVIRON = {"PATH": os.defpath, "PYTHONPATH": str(ROOT / "src")}
SERVE = ["serve", "--port", "0", "--upstream", "http://127.0.0.1:9/simple/", "--data", "data"]


@contextmanager
def born(folder: Path, arguments: Sequence[str], **told: object) -> Iterator[Forked]:
    """Fork a program that is silent; kill it at the end if it still runs."""
    nothing = os.open(os.devnull, os.O_RDWR)
    standard = (nothing, nothing, nothing)
    birth = Birth(arguments, ENVIRON, folder, standard, **told)  # type: ignore[arg-type]  # its fields
    with shared_cradle().fork(birth) as process:
        os.close(nothing)
        yield process
        process.kill()


@pytest.mark.parametrize(
    ("line", "given"),
    [
        ("--version", ""),
        ("nonsense", ""),
        ("verify --repair=nonsense", ""),
        ("user add ada --password-stdin --data data", "correct horse battery\n"),
    ],
)
def test_forked_program_says_and_ends_as_a_started_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, given: str
) -> None:
    """The same exit code, output and errors, with the same input."""
    ends = []
    for starts in ("forked", "real"):
        home = tmp_path / starts
        home.mkdir()
        monkeypatch.setenv("WHEELYARD_TEST_STARTS", starts)
        ends.append(run_program(line.split(), cwd=home, environ=ENVIRON, input=given))

    forked, real = ends
    assert forked.returncode == real.returncode
    assert forked.stdout == real.stdout
    assert forked.stderr == real.stderr
    assert forked.stdout or forked.stderr


def test_forked_program_finds_just_what_it_is_given(tmp_path: Path) -> None:
    """Its words, directory and environment, three open files, and nothing of the tests."""
    first = [("support.birth_witness", "remember", [str(tmp_path / "seen")])]
    with born(tmp_path, ["--version"], first=first) as process:
        assert process.wait(60) == 0

    assert json.loads((tmp_path / "seen").read_text()) == {
        "arguments": ["--version"],
        "cwd": str(tmp_path),
        "environ": ENVIRON,
        "first_place": str(tmp_path),
        "knows_tests": False,
        "leads_its_session": True,
        "main": "wheelyard.__main__",
        "open": [0, 1, 2],
    }


def test_forked_program_runs_until_it_is_killed(tmp_path: Path) -> None:
    """Whoever waits is told that it runs, and then by which signal it ended."""
    with born(tmp_path, SERVE) as process:
        assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.01)
        process.send_signal(signal.SIGKILL)
        code = process.wait(60)
        process.send_signal(signal.SIGTERM)

    assert code == process.poll() == -signal.SIGKILL


def test_program_that_does_not_end_is_killed(tmp_path: Path) -> None:
    """A command that hangs ends with its deadline, and so does whoever waits for it."""
    with pytest.raises(subprocess.TimeoutExpired):
        run_program(SERVE, cwd=tmp_path, environ=ENVIRON, timeout=0.01)


def test_forked_program_ends_with_the_test_run(tmp_path: Path) -> None:
    """Nothing is left behind when pytest is killed."""
    code = (
        "import os, pathlib, signal\n"
        "from support.forking import Birth, Cradle\n"
        f"place, environ = pathlib.Path({str(tmp_path)!r}), {ENVIRON!r}\n"
        f"born = Cradle().fork(Birth({SERVE!r}, environ, place, (0, 1, 2)))\n"
        "print(born.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={**ENVIRON, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}"},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert ended.returncode == -signal.SIGKILL
    process = Path(f"/proc/{ended.stdout.splitlines()[0]}")
    eventually(lambda: not process.exists(), "the server has ended")


def test_program_of_a_cradle_that_is_gone_was_killed(tmp_path: Path) -> None:
    """Nobody waits for ever for a process that nobody is left to tell about."""
    nothing = os.open(os.devnull, os.O_RDWR)
    cradle = Cradle()
    with cradle.fork(Birth(SERVE, ENVIRON, tmp_path, (nothing, nothing, nothing))) as process:
        os.close(nothing)
        cradle.close()

        assert process.wait(60) == -signal.SIGKILL


@pytest.mark.parametrize(
    ("environ", "may_be"),
    [
        ({}, True),
        ({"HOME": "/"}, True),
        ({"LANG": "C.UTF-8"}, True),
        ({"WHEELYARD__SERVER__PORT": "1"}, True),
        ({"PYTHONPATH": "/elsewhere"}, False),
        ({"PYTHONDEVMODE": "1"}, False),
        ({"LANG": "de_DE.ISO-8859-1"}, False),
        ({"SSL_CERT_FILE": "/ca.pem"}, False),
        ({"LD_PRELOAD": "/faketime.so"}, False),
    ],
    ids=str,
)
def test_only_what_is_read_late_may_be_said_to_a_fork(
    environ: dict[str, str], *, may_be: bool
) -> None:
    """What the interpreter or a library reads when it starts needs a start."""
    assert can_fork({**ENVIRON, **environ}) is may_be


@pytest.mark.parametrize(
    ("environ", "wrapper", "kind"),
    [
        pytest.param({}, [], Forked, id="forked"),
        pytest.param({}, ["env"], subprocess.Popen, id="wrapped"),
        pytest.param({"PYTHONUTF8": "1"}, [], subprocess.Popen, id="odd-environment"),
    ],
)
def test_program_is_started_where_a_fork_would_not_do(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    environ: dict[str, str],
    wrapper: list[str],
    kind: type,
) -> None:
    """By the wrapper that it is given, or because of its environment."""
    monkeypatch.delenv("WHEELYARD_TEST_STARTS", raising=False)
    given = {**ENVIRON, **environ}
    with (
        tmp_path.joinpath("errors").open("w") as errors,
        start_program(
            ["--version"], cwd=tmp_path, environ=given, errors=errors, wrapper=wrapper
        ) as process,
    ):
        assert process.stdout is not None
        said = process.stdout.read()
        code = process.wait(60)

    assert isinstance(process, kind)
    assert said.startswith("wheelyard ")
    assert code == 0
