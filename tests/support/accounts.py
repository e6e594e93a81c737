"""People and their tokens, made as an administrator makes them: with the commands.

::

    token = new_administrator(data)
    Twine(TWINE_7, sandbox).publish(release, Account(f"{server.base_url}/legacy/", token), folder)

It does not matter whether a server runs on the data directory.
"""

import os
from pathlib import Path

from support.house import ROOT
from support.programs import run_program

__all__ = ["add_user", "new_administrator", "new_token", "wheelyard"]


def wheelyard(data: Path, *words: str, stdin: str = "") -> str:
    """Run a command on a data directory, and return what it printed.

    Raises:
        AssertionError: it failed; the message is what it said.
    """
    # Read by nobody else: a configuration of this machine's owner is not ours.
    home = data.parent / f"{data.name}-home"
    home.mkdir(parents=True, exist_ok=True)
    answer = run_program(
        [*words, "--data", str(data)],
        cwd=home,
        environ={"HOME": str(home), "PATH": os.defpath, "PYTHONPATH": str(ROOT / "src")},
        input=stdin,
    )
    assert answer.returncode == 0, f"{words}: {answer.stdout}{answer.stderr}"
    return answer.stdout


def add_user(data: Path, name: str, *words: str, password: str = "correct horse battery") -> None:
    """Add a user who may sign in with a password."""
    wheelyard(data, "user", "add", name, *words, "--password-stdin", stdin=f"{password}\n")


def new_token(data: Path, user: str, *words: str) -> str:
    """Return a new token of a user; `words` are the options that narrow it."""
    return wheelyard(data, "token", "add", user, *words).strip()


def new_administrator(data: Path, name: str = "root") -> str:
    """Add an administrator, and return a token of hers."""
    add_user(data, name, "--admin")
    return new_token(data, name)
