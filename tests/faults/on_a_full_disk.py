"""Run a server whose disk fills up, and print what it answers: `test_full_disk.py` runs this."""

import contextlib
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path


def status_of(url: str) -> int:
    """Return the status of an answer."""
    try:
        with urllib.request.urlopen(url, timeout=180) as answer:
            answer.read()
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def fill_up(path: Path) -> None:
    """Write zeros until there is room for no more."""
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as rest:
        while True:
            rest.write(bytes(1024))


def main(data: str, upstream: str, path: str, log: str) -> None:
    """Serve, ask, print."""
    words = ["serve", "--port", "0", "--data", data, "--upstream", upstream]
    with (
        Path(log).open("w", encoding="utf-8") as errors,
        subprocess.Popen(
            [sys.executable, "-m", "wheelyard", *words],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as server,
    ):
        assert server.stdout is not None
        line = server.stdout.readline()
        found = next((word for word in line.split() if word.startswith("http")), "")
        base = found.removesuffix("/simple/")
        fill_up(Path(data).parent / "rest")
        try:
            sys.stdout.write(f"held-file {status_of(base + path)}\n")
            sys.stdout.write(f"held-page {status_of(f'{base}/simple/held/')}\n")
            sys.stdout.write(f"cold-page {status_of(f'{base}/simple/cold/')}\n")
            sys.stdout.write(f"live {status_of(f'{base}/-/live')}\n")
        finally:
            server.terminate()


if __name__ == "__main__":
    main(*sys.argv[1:])
