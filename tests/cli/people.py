"""Running the commands about people: arguments in, what a person or a program reads out."""

import io
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from wheelyard.cli.main import run

__all__ = ["Console"]


@dataclass(frozen=True, slots=True)
class Console:
    """A shell on a machine with one data directory; nobody sits before it."""

    data: Path
    monkeypatch: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[str]

    def call(self, line: str, given: str | bytes = "") -> tuple[int, str, str]:
        """Return exit code, output and errors of the command ``line``."""
        content = given if isinstance(given, bytes) else given.encode()
        self.monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content), "utf-8"))
        code = run(line.split())
        output, errors = self.capture.readouterr()
        return code, output, errors

    def read(self, line: str, given: str = "") -> str:
        """Return the output of a command that succeeds."""
        code, output, errors = self.call(line, given)
        assert code == 0, errors
        return output

    def said(self, line: str, given: str = "") -> str:
        """Return what a command that succeeds and has no output tells."""
        code, output, errors = self.call(line, given)
        assert (code, output) == (0, ""), errors
        return errors

    def documents(self, line: str) -> list[dict[str, object]]:
        """Return what a command writes for programs."""
        found: list[dict[str, object]] = json.loads(self.read(f"{line} --json"))
        return found
