"""A start that cannot work: exit 2 and one sentence, for one worker and for several. F37."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from faults.yard import Yard
from support.house import ROOT
from support.web_servers.web_server import free_port

NOBODY = "http://127.0.0.1:9/simple/"


def start(tmp_path: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Return what became of `wheelyard serve`, which is expected to end by itself."""
    return subprocess.run(
        [sys.executable, "-m", "wheelyard", "serve", *arguments],
        cwd=tmp_path,
        env={
            "HOME": str(tmp_path),
            "PATH": os.defpath,
            "PYTHONPATH": str(ROOT / "src"),
            "WHEELYARD_DATA": str(tmp_path / "data"),
            **environ,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def check_refusal(ended: subprocess.CompletedProcess[str], *words: str) -> None:
    """Assert that a start was refused in one sentence which has these words."""
    assert (ended.returncode, ended.stdout) == (2, ""), ended
    assert ended.stderr.startswith("wheelyard: "), ended.stderr
    assert ended.stderr.count("\n") == 1, ended.stderr
    for word in words:
        assert word.lower() in ended.stderr.lower()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_port_in_use_is_refused(yard: Yard, tmp_path: Path, workers: str) -> None:
    """The port is named, and nobody is half-started."""
    port = str(yard.client.address[1])

    ended = start(tmp_path, "--port", port, "--workers", workers, "--upstream", NOBODY)

    check_refusal(ended, port, "in use")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_certificates_that_do_not_exist_are_refused(tmp_path: Path, workers: str) -> None:
    """Key, file and nothing else; also where the upstream's authority is meant."""
    missing = str(tmp_path / "none.pem")
    words = ["--port", "0", "--workers", workers, "--upstream", NOBODY]

    served = start(tmp_path, *words, "--tls-cert", missing)
    believed = start(tmp_path, *words, WHEELYARD__UPSTREAM__DEFAULT__CA=missing)

    check_refusal(served, missing)
    check_refusal(believed, missing)


@pytest.mark.parametrize(
    ("variable", "value", "word"),
    [
        ("WHEELYARD__SERVER__PORTT", "1", "port"),
        ("WHEELYARD__SERVER__PORT", "many", "port"),
        ("WHEELYARD__FRESHNESS__MAX_SECONDS", "-1", "max_seconds"),
        ("WHEELYARD__UPSTREAM__DEFAULT__URLS", "ftp://index.example/", "urls"),
        ("WHEELYARD__UPSTREAM__DEFAULT__ALLOW_HOSTS", "http://[oh", "allow_hosts"),
        ("WHEELYARD__SERVER__ACCESS_LOG", "/proc/nowhere/access.log", "access"),
    ],
)
def test_setting_that_makes_no_sense_is_refused(
    tmp_path: Path, variable: str, value: str, word: str
) -> None:
    """The sentence names the key."""
    ended = start(tmp_path, "--port", "0", **{variable: value})

    check_refusal(ended, word)


def test_catalog_that_is_damaged_is_refused(tmp_path: Path) -> None:
    """F55, F57: a server does not start on rubbish, nor does it throw away what is there."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "catalog.sqlite").write_bytes(b"this is no database" * 1000)

    ended = start(tmp_path, "--port", "0", "--upstream", NOBODY)

    check_refusal(ended, "catalog")
    assert (data / "catalog.sqlite").read_bytes() == b"this is no database" * 1000


def test_port_that_was_taken_for_a_while_is_free_again(tmp_path: Path) -> None:
    """A start that was refused holds nothing: neither the port nor the directory."""
    port = str(free_port())
    refused = start(tmp_path, "--port", port, "--tls-cert", str(tmp_path / "none.pem"))
    again = start(tmp_path, "--port", port, "--tls-cert", str(tmp_path / "none.pem"))

    check_refusal(refused, "none.pem")
    assert again.stderr == refused.stderr
