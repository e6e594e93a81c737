"""A place in which a client knows nothing of this machine: its own home, caches and settings."""

import os
import shlex
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

__all__ = ["ClientFailedError", "Outcome", "Sandbox"]

_PATIENCE_SECONDS = 300.0
_NOWHERE = "http://127.0.0.1:9"  # the port of a service that nobody runs any more


class ClientFailedError(AssertionError):
    """A client that should have succeeded did not; the message is what it said."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended: its exit code, and everything that it said."""

    command: str
    exit_code: int
    output: str = field(repr=False)
    seconds: float

    def checked(self) -> Self:
        """Return this outcome if the command succeeded.

        Raises:
            ClientFailedError: it did not.
        """
        if self.exit_code != 0:
            raise ClientFailedError(f"{self.command}\nexit code {self.exit_code}\n{self.output}")
        return self


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A folder that is home to one client, or to several that may share their caches.

    Make another one for a client that must not remember anything.
    """

    folder: Path
    proxy: str = _NOWHERE
    """The way to every host but this machine; `""` if clients may try the direct one."""
    also: Mapping[str, str] = field(default_factory=dict)
    """Further variables of the environment."""

    @property
    def variables(self) -> dict[str, str]:
        """Return the whole environment of a process in here.

        Nothing is inherited: no proxy, no certificate, no index. The path is the system's own,
        because some clients start every Python that they find on it. Unless somebody else is
        named, a proxy that does not exist stands before every host but this machine, so a client
        that looks elsewhere fails at once.
        """
        homes = {
            "HOME": "home",
            "XDG_CACHE_HOME": "cache",
            "XDG_CONFIG_HOME": "config",
            "XDG_CONFIG_DIRS": "no-config",
            "XDG_DATA_HOME": "data",
            "XDG_STATE_HOME": "state",
            "TMPDIR": "tmp",
        }
        own = {name: str(self._folder_for(inside)) for name, inside in homes.items()}
        proxies = ("http_proxy", "https_proxy", "all_proxy") if self.proxy else ()
        return {
            **own,
            **dict.fromkeys(proxies, self.proxy),
            "no_proxy": "127.0.0.1,localhost",
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "NO_COLOR": "1",
            "PYTHONNOUSERSITE": "1",
            "PYTHONUNBUFFERED": "1",
            # Each client has a way to look at files that this machine's owner wrote for it.
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_INPUT": "1",
            "UV_NO_CONFIG": "1",
            "UV_NO_PROGRESS": "1",
            "UV_PYTHON_DOWNLOADS": "never",
            # Several clients make environments with virtualenv, which would look for news of pip.
            "VIRTUALENV_NO_PERIODIC_UPDATE": "1",
            **self.also,
        }

    def run(
        self,
        *command: str | Path,
        cwd: Path | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> Outcome:
        """Run a command to its end; its two outputs come back as one.

        Raises:
            ClientFailedError: it takes longer than anybody would wait.
        """
        started = time.monotonic()
        with self.start(*command, cwd=cwd, variables=variables) as process:
            try:
                output, _ = process.communicate(timeout=_PATIENCE_SECONDS)
            except subprocess.TimeoutExpired as error:
                process.kill()
                said = process.communicate()[0]
                raise ClientFailedError(f"{_shown(command)} hangs; it said: {said}") from error
        return Outcome(_shown(command), process.returncode, output, time.monotonic() - started)

    def start(
        self,
        *command: str | Path,
        cwd: Path | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[str]:
        """Start a command and leave it to the caller, who has to wait for it."""
        return subprocess.Popen(
            [str(word) for word in command],
            cwd=self._folder_for("work") if cwd is None else cwd,
            env={**self.variables, **(variables or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )

    def _folder_for(self, what: str) -> Path:
        folder = self.folder / what
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def _shown(command: Sequence[str | Path]) -> str:
    return shlex.join(str(word) for word in command)
