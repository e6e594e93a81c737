"""What an offline server asks of the kernel, from its first instruction to its last: A-13.

The closed room of `tests/scenario` shows that no name is looked up; here nothing is connected to
at all, neither an upstream, nor a resolver, nor whoever would want to know that we run.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from contract.conformance.asking import JSON, Client
from support.house import ROOT
from support.packages import make_wheel
from support.simulator import Simulator

PACKAGE = make_wheel("demo", "1.0")
CALLS = ("-e", "trace=connect,sendto,sendmsg,sendmmsg", "-e", "signal=none")
STRANGER = re.compile(r"\bconnect\(|AF_INET6?, sin6?_port=htons\(53\)")
"""An attempt to reach somebody, or a question to a resolver without one."""


def why_nobody_can_watch(folder: Path) -> str:
    """Return why system calls cannot be traced here, or nothing if they can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    tried = subprocess.run(
        ["strace", "-f", *CALLS, "-o", str(folder / "tried"), "true"],
        capture_output=True,
        text=True,
        check=False,
    )
    return tried.stderr if tried.returncode else ""


@contextmanager
def watched_server(data: Path, calls: Path, words: Sequence[str]) -> Iterator[Client]:
    """Run a server, and write what it asks of the network into `calls`."""
    process = subprocess.Popen(
        [
            *("strace", "-f", "-qq", *CALLS, "-o", str(calls)),
            *(sys.executable, "-m", "wheelyard", "serve", "--port", "0", "--data", str(data)),
            *words,
        ],
        cwd=data.parent,
        env={"HOME": str(data.parent), "PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        assert process.stdout is not None
        try:
            address = next(word for word in process.stdout.readline().split() if "://" in word)
            yield Client(address.removesuffix("simple/"))
        finally:
            os.killpg(process.pid, signal.SIGTERM)  # strace itself pays no heed


def strangers(calls: Path) -> list[str]:
    """Return the attempts to reach somebody."""
    return [line for line in calls.read_text("utf-8").splitlines() if STRANGER.search(line)]


@pytest.mark.slow
def test_a13_offline_server_connects_to_nobody(tmp_path: Path, upstream: Simulator) -> None:
    """Starting, serving what is held and what is not, and ending; online the same is noticed."""
    if why := why_nobody_can_watch(tmp_path):
        pytest.skip(why)
    upstream.add(PACKAGE)
    door = ["--upstream", upstream.url.replace("127.0.0.1", "localhost")]

    with watched_server(tmp_path / "data", tmp_path / "online", door) as client:
        url = client.page("demo").file(PACKAGE.filename)["url"]
        assert client.ask(url).status == 200
    upstream.forget()
    with watched_server(tmp_path / "data", tmp_path / "offline", [*door, "--offline"]) as client:
        held = [client.ask(path, {"Accept": JSON}) for path in ("/simple/", "/simple/demo/")]
        file = client.ask(held[1].file(PACKAGE.filename)["url"])
        others = [client.ask(path) for path in ("/simple/other/", "/pypi/other/json")]
        status = client.ask("/-/status")

    assert [answer.status for answer in (*held, file, status)] == [200] * 4
    assert [answer.status for answer in others] == [503, 503]
    assert strangers(tmp_path / "online")
    assert strangers(tmp_path / "offline") == []
    assert upstream.requests == []
