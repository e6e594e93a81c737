"""Make `.venv` hold exactly what a lock file names, on a machine that has only Python and git.

The steps, each with more than one way because machines differ:

1. A virtual environment without pip in it: quick, and possible where ``ensurepip`` is missing.
2. Some pip that this machine already has (see ``find_pip``) installs uv, by hash.
3. uv installs the lock, by hash, in a second or two; where it cannot, the same pip does.
4. A ``.pth`` file and a script make ``src/`` importable and ``wheelyard`` a command.
5. A stamp says which locks are installed, so that the next start installs nothing.

Only the standard library may be imported here.
"""

import fcntl
import hashlib
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["CannotPrepareError", "Environment", "find_pip", "index_settings", "prepare"]

NO_INSTALLER = (
    "This Python has no pip and no ensurepip: install your system's package for virtual "
    "environments (`python3-venv` on Debian and Ubuntu) and run the same command again."
)
STAMP = "wheelyard-locks"

# pip's own settings that uv has under another name. uv does not read pip's configuration, and a
# machine that reaches packages only through its company's index has told pip, not us. Extra
# indexes are left out: uv would prefer them to the first, and pip is there if uv fails.
UV_NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "cert": "SSL_CERT_FILE",
    "client-cert": "SSL_CLIENT_CERT",
    "proxy": "ALL_PROXY",
    "trusted-host": "UV_INSECURE_HOST",
}

Command = Sequence[str]


class CannotPrepareError(Exception):
    """The environment cannot be made; the message is one sentence with the next step."""


@dataclass(frozen=True, slots=True)
class Environment:
    """A clone, a virtual environment that belongs to it, and the folder with its lock files."""

    root: Path
    folder: Path
    locks: Path

    @property
    def python(self) -> Path:
        """Where the environment's interpreter is, or will be."""
        return self.folder / "bin" / "python"

    @property
    def packages(self) -> Path:
        """Where the environment keeps what is installed in it."""
        base = {"base": str(self.folder), "platbase": str(self.folder)}
        return Path(sysconfig.get_path("purelib", "venv", base))

    def lock(self, name: str) -> Path:
        """Return the path of the lock file ``name``."""
        return self.locks / f"{name}.txt"

    def stamp(self, *locks: str) -> str:
        """Return what the stamp says once ``locks`` are installed, one line for each.

        A line also names the clone and the Python, so that a moved clone or a replaced
        interpreter is noticed.
        """
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        lines = (
            f"{name} {hashlib.sha256(self.lock(name).read_bytes()).hexdigest()} {version}"
            for name in locks
        )
        return "".join(f"{line} {self.root}\n" for line in lines)

    def is_ready(self, lock: str) -> bool:
        """Tell whether ``lock`` is installed, without starting a process."""
        try:
            stamped = self.packages.joinpath(STAMP).read_text("utf-8")
        except FileNotFoundError:
            return False
        return self.python.exists() and self.stamp(lock) in stamped


def prepare(environment: Environment, lock: str) -> None:
    """Install ``lock`` into ``environment`` unless it is there already.

    Raises:
        CannotPrepareError: there is nothing to install with, or it did not work.
    """
    if environment.is_ready(lock):
        return
    with alone(environment.lock(lock)):
        if environment.is_ready(lock):  # somebody else was quicker
            return
        print(f"Preparing {environment.folder} (only this once)...", file=sys.stderr, flush=True)
        create(environment)
        install(environment, lock)
        link_source(environment)
        # The test lock contains the other one, version by version: a house test sees to it.
        locks = ("run", "test") if lock == "test" else (lock,)
        environment.packages.joinpath(STAMP).write_text(environment.stamp(*locks), "utf-8")


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold a lock on ``path``, so that two commands started at once do not install at once."""
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def create(environment: Environment) -> None:
    """Make the virtual environment, replacing one that belongs to another Python."""
    if environment.python.exists() and environment.packages.is_dir():
        return
    target = str(environment.folder)
    ways: list[Command] = [[sys.executable, "-m", "venv", "--clear", "--without-pip", target]]
    if virtualenv := shutil.which("virtualenv"):
        ways.append([virtualenv, "--quiet", "--clear", "--python", sys.executable, target])
    if uv := shutil.which("uv"):
        ways.append([uv, "venv", "--quiet", "--clear", "--python", sys.executable, target])
    failures = [failure for way in ways if (failure := failure_of(way))]
    if len(failures) == len(ways):
        raise CannotPrepareError(f"{NO_INSTALLER}\n{failures[0]}")


def install(environment: Environment, lock: str) -> None:
    """Install what ``lock`` names: through uv where that works, else through pip alone."""
    pip = find_pip(environment)
    if pip is None:
        uv = shutil.which("uv")
        if uv is None:
            raise CannotPrepareError(NO_INSTALLER)
        ways = [[uv_install([uv], environment, lock)]]
    else:
        uv_by_hash = pip_install(pip, environment, "installer")
        locked_uv = [str(environment.python), "-m", "uv"]
        ways = [
            [uv_by_hash, uv_install(locked_uv, environment, lock)],
            [pip_install(pip, environment, lock)],
        ]
    settings = os.environ | index_settings(pip or [])
    failure = ""
    for way in ways:
        # `next` stops at the first step that fails, so that its successors are not tried.
        failure = next(filter(None, (failure_of(step, settings) for step in way)), "")
        if not failure:
            return
    raise CannotPrepareError(
        f"{failure}\nCould not install {environment.lock(lock)}: the lines above say why. "
        "Packages come from where your pip is configured to look (`pip config list`)."
    )


def find_pip(environment: Environment) -> Command | None:
    """Return a command that is pip, working on ``environment``; None if this machine has none."""
    python = str(environment.python)
    others = [name for name in ("pip3", "pip") if shutil.which(name)]
    candidates: list[Command] = [
        [python, "-m", "pip"],
        [sys.executable, "-m", "pip", "--python", python],
        # A wheel of pip runs as it is. `ensurepip` and the distributions keep one somewhere.
        *([python, f"{wheel}/pip"] for wheel in bundled_wheels()),
        *([name, "--python", python] for name in others),
    ]
    return next(
        (command for command in candidates if not failure_of([*command, "--version"])), None
    )


def bundled_wheels() -> list[Path]:
    """Return the wheels of pip that came with this Python or with virtualenv, newest first."""
    folders = [Path("/usr/share/python-wheels")]
    if configured := sysconfig.get_config_var("WHEEL_PKG_DIR"):
        folders.append(Path(configured))
    for module, inside in (("ensurepip", "_bundled"), ("virtualenv", "seed/wheels/embed")):
        spec = importlib.util.find_spec(module)
        if spec and spec.origin:
            folders.append(Path(spec.origin).parent / inside)
    wheels = [wheel for folder in folders for wheel in folder.glob("pip-*-py3-none-any.whl")]
    return sorted(wheels, key=lambda wheel: [int(n) for n in wheel.name.split("-")[1].split(".")])[
        ::-1
    ]


def pip_install(pip: Command, environment: Environment, lock: str) -> Command:
    """Return the command with which ``pip`` installs ``lock``."""
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    return [*pip, "install", *quiet, "--require-hashes", "-r", str(environment.lock(lock))]


def uv_install(uv: Command, environment: Environment, lock: str) -> Command:
    """Return the command with which ``uv`` installs ``lock``."""
    target = ["--python", str(environment.python)]
    return [
        *uv,
        "pip",
        "install",
        "--quiet",
        *target,
        "--require-hashes",
        "-r",
        str(environment.lock(lock)),
    ]


def index_settings(pip: Command) -> dict[str, str]:
    """Return the environment that makes uv look where ``pip`` is configured to look.

    Empty without pip. What the environment already says to uv is left alone.
    """
    if not pip:
        return {}
    answer = subprocess.run([*pip, "config", "list"], capture_output=True, text=True, check=False)
    settings: dict[str, str] = {}
    for line in answer.stdout.splitlines():
        key, _, value = line.partition("=")
        section, _, option = key.rpartition(".")
        if option in UV_NAMES and section in {"global", "install", ":env:"}:
            # As in pip a later section wins, except that the environment beats them all.
            if section != ":env:" and f":env:.{option}=" in answer.stdout:
                continue
            settings[UV_NAMES[option]] = " ".join(shlex.split(value.replace("\\n", " "))).strip()
    return {name: value for name, value in settings.items() if name not in os.environ}


def failure_of(command: Command, environment: dict[str, str] | None = None) -> str:
    """Run ``command`` and return what it said if it failed; the empty string if it worked."""
    try:
        answer = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            env=environment,
            stdin=subprocess.DEVNULL,
        )
    except OSError as error:
        return str(error)
    if answer.returncode == 0:
        return ""
    return (answer.stderr or answer.stdout).strip() or f"`{shlex.join(command)}` failed"


def link_source(environment: Environment) -> None:
    """Put the clone's ``src`` on the environment's path, and make ``wheelyard`` a command in it.

    No build step: nothing to download for it, and an edit is in effect at once.
    """
    environment.packages.joinpath("wheelyard.pth").write_text(
        f"{environment.root / 'src'}\n", "utf-8"
    )
    script = environment.folder / "bin" / "wheelyard"
    # Through /bin/sh, because a `#!` line must be short and without blanks, and a path need not be.
    script.write_text(
        f'#!/bin/sh\nexec {shlex.quote(str(environment.python))} -m wheelyard "$@"\n', "utf-8"
    )
    script.chmod(0o755)
