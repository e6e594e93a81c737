"""Drilling: install for real, with nobody to ask but one index, and say how it went.

The installer runs in an environment of its own: an empty home, no cache, no configuration, and a
proxy for everything that is not this machine, which lets nobody through. Files that name other
indexes, addresses or options are not handed to it: what they require is written anew.

An sdist is built on the way, which runs what its author wrote.
"""

import ensurepip
import os
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, Literal

import anyio
import anyio.to_thread
import msgspec

from wheelyard.closure import Needed, Target, read_files, this_machine
from wheelyard.closure.asked import Asked, Reading
from wheelyard.closure.program import find_uv, uv_platform
from wheelyard.errors import BadInput, Unavailable

__all__ = ["INSTALLERS", "Drill", "Drilled", "Installer", "drill"]

Installer = Literal["uv", "pip"]
INSTALLERS: Final[tuple[Installer, ...]] = ("uv", "pip")

_TOLD_LINES: Final = 40
_ALL: Final = ":all:"


@dataclass(frozen=True, slots=True)
class Drill:
    """What to install, for whom and from where.

    ``index_url`` is the only index there is, ``proxy_url`` where everything else ends. ``folder``
    is empty, and deleted by whoever made it. Of ``variables``, those of our own environment, the
    files may name some, and the installer gets ``PATH``.
    """

    files: tuple[Path, ...]
    target: Target
    index_url: str
    proxy_url: str
    folder: Path
    installer: Installer = "uv"
    only_binary: bool = False
    variables: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 1_800.0


class Drilled(msgspec.Struct, frozen=True):
    """How it went: ``installed`` are projects with versions, ``output`` its last lines."""

    target: str
    installer: str
    succeeded: bool
    installed: tuple[str, ...] = ()
    output: str = ""


async def drill(wanted: Drill) -> Drilled:
    """Install, and return how it went; that it fails is an answer.

    Raises:
        BadInput: the files cannot be read, or the installer cannot install for that target.
        Unavailable: the installer cannot be started here, or does not end.
    """
    reading = await anyio.to_thread.run_sync(
        read_files, wanted.files, [wanted.target], wanted.variables
    )
    if reading.problems:
        output = "\n".join(reading.problems)
        return Drilled(str(wanted.target), wanted.installer, succeeded=False, output=output)
    written = await anyio.to_thread.run_sync(_write, reading, wanted)
    program = await _prepare(wanted)
    said: list[str] = []
    succeeded = True
    for words in written:
        code, output = await _run(wanted, [*program, *words])
        said.append(output)
        succeeded = code == 0
        if not succeeded:
            break
    installed = await anyio.to_thread.run_sync(_installed, wanted.folder / "target")
    # The address is a secret while we are served there, and of no use to anybody afterwards.
    text = "\n".join(said).replace(wanted.index_url.removesuffix("simple/"), "")
    output = "\n".join(text.splitlines()[-_TOLD_LINES:])
    return Drilled(str(wanted.target), wanted.installer, succeeded, installed, output)


def _write(reading: Reading, wanted: Drill) -> list[list[str]]:
    """Write what is required, and return the arguments that name it, one list for each run."""
    for name in ("home", "tmp", "target"):
        (wanted.folder / name).mkdir()
    runs = []
    if reading.asked.requirements:
        runs.append(_write_asked(reading.asked, wanted.folder))
    locked = [each for each in reading.locked if wanted.target in each.targets]
    if locked:
        path = wanted.folder / "locked.txt"
        path.write_text("".join(_lines_of(locked)), "utf-8")
        runs.append(["--no-deps", "-r", str(path)])
    return runs


def _write_asked(asked: Asked, folder: Path) -> list[str]:
    """Write requirements and constraints; return the arguments that name them."""
    words = []
    for flag, name, lines in (
        ("-r", "requirements.txt", asked.requirements),
        ("-c", "constraints.txt", asked.constraints),
    ):
        if lines:
            path = folder / name
            text = "".join(f"{line.text}{_hashes(line.digests)}\n" for line in lines)
            path.write_text(text, "utf-8")
            words += [flag, str(path)]
    for name in sorted(asked.formats.no_binary):
        words += ["--no-binary", name]
    for name in sorted(asked.formats.only_binary):
        words += ["--only-binary", name]
    return [*words, *(["--pre"] if asked.prereleases else [])]


def _lines_of(locked: Sequence[Needed]) -> list[str]:
    """Return a requirement for each release of a lock, with the digests of its files.

    Installers want all of them or none.
    """
    digests = [
        frozenset([*each.digests, *(pair for file in each.files or () for pair in file.hashes)])
        for each in locked
    ]
    has_all = all(any(name == "sha256" for name, _ in pairs) for pairs in digests)
    return [
        f"{each.name}=={each.version}{_hashes(pairs) if has_all else ''}\n"
        for each, pairs in zip(locked, digests, strict=True)
        if not each.is_build
    ]


def _hashes(digests: frozenset[tuple[str, str]]) -> str:
    """Return digests as options of a requirement."""
    return "".join(f" --hash={name}:{value}" for name, value in sorted(digests))


async def _prepare(wanted: Drill) -> list[str]:
    """Return how the installer is started, up to what it installs."""
    here = await anyio.to_thread.run_sync(this_machine)
    pythons = {here.python, here.python.rpartition(".")[0]}
    is_here = wanted.target.platform == here.platform and wanted.target.python in pythons
    if wanted.installer == "uv":
        return await anyio.to_thread.run_sync(partial(_uv, wanted, is_here=is_here))
    if not is_here:
        raise BadInput(
            f"pip cannot say what {wanted.target} needs: it reads conditions (`; sys_platform ...`)"
            " as this machine does. Use `--installer uv` for other targets."
        )
    return await _pip(wanted)


def _uv(wanted: Drill, *, is_here: bool) -> list[str]:
    """Return how uv is started."""
    words = [
        *(str(find_uv()), "pip", "install", "--no-config", "--no-cache", "--no-python-downloads"),
        *("--python", sys.executable, "--link-mode", "copy", "--no-progress"),
        *("--target", str(wanted.folder / "target")),
    ]
    if not is_here:
        platform = uv_platform(wanted.target.platform)
        words += ["--python-version", wanted.target.python, "--python-platform", platform]
    return [*words, *(["--only-binary", _ALL] if wanted.only_binary else [])]


async def _pip(wanted: Drill) -> list[str]:
    """Make an environment of this Python; return how the pip that comes with it is started there.

    It is run out of its wheel: to install it first takes longer than most drills.
    """
    pip = await anyio.to_thread.run_sync(_find_pip)
    made = wanted.folder / "environment"
    code, output = await _run(wanted, [sys.executable, "-I", "-m", "venv", "--without-pip", made])
    if pip is None or code:
        reason = f"this Python brings none, or makes no environment {output.strip()}".strip()
        raise Unavailable("pip", f"{reason}: use `--installer uv`")
    return [
        *(str(made / "bin" / "python"), str(pip / "pip"), "install", "--no-input"),
        *("--no-cache-dir", "--disable-pip-version-check", "--progress-bar", "off"),
        *("--target", str(wanted.folder / "target")),
        *(["--only-binary", _ALL] if wanted.only_binary else []),
    ]


def _find_pip() -> Path | None:
    """Return the wheel of pip that this Python brings: its own, or that of its distributor."""
    places = [Path(ensurepip.__file__).parent / "_bundled"]
    if distributed := sysconfig.get_config_var("WHEEL_PKG_DIR"):
        places.insert(0, Path(distributed))
    return next((found for place in places for found in sorted(place.glob("pip-*.whl"))), None)


async def _run(wanted: Drill, command: Sequence[str | Path]) -> tuple[int, str]:
    """Run a program in the empty environment; return its exit code and all that it said.

    Raises:
        Unavailable: it cannot be started, or does not end in time.
    """
    said = wanted.folder / "said"
    try:
        with said.open("wb") as output:
            process = await anyio.open_process(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=_environment(wanted),
                cwd=wanted.folder,
                start_new_session=True,
            )
    except OSError as error:
        raise Unavailable(f"`{command[0]}`", f"it cannot be started: {error}") from error
    ended = False
    try:
        with anyio.move_on_after(wanted.seconds):
            await process.wait()
            ended = True
    finally:
        if process.returncode is None:  # and whatever it has started, such as a build
            os.killpg(process.pid, signal.SIGKILL)
            with anyio.CancelScope(shield=True):
                await process.wait()
    if not ended:
        raise Unavailable(f"`{command[0]}`", f"it did not end within {wanted.seconds:g} s")
    content = await anyio.Path(said).read_bytes()
    return process.returncode or 0, content.decode("utf-8", "replace")


def _environment(wanted: Drill) -> dict[str, str]:
    """Return the environment of the installer: nothing of this machine but where programs are."""
    home = str(wanted.folder / "home")
    proxies = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    here = "127.0.0.1,localhost"
    return {
        "HOME": home,
        "LANG": "C.UTF-8",
        "PATH": wanted.variables.get("PATH", os.defpath),
        "TMPDIR": str(wanted.folder / "tmp"),
        "XDG_CONFIG_HOME": home,
        "XDG_CONFIG_DIRS": home,
        "PIP_CONFIG_FILE": os.devnull,
        # Not on the command line: every user of this machine can read those of all programs.
        "PIP_INDEX_URL": wanted.index_url,
        "UV_DEFAULT_INDEX": wanted.index_url,
        # What is not held now is not held in a moment either.
        "UV_HTTP_RETRIES": "0",
        "PIP_RETRIES": "0",
        **dict.fromkeys((*proxies, *(each.lower() for each in proxies)), wanted.proxy_url),
        "NO_PROXY": here,
        "no_proxy": here,
    }


def _installed(target: Path) -> tuple[str, ...]:
    """Return what was installed: `NAME VERSION`, in order."""
    names = (path.name.removesuffix(".dist-info") for path in target.glob("*.dist-info"))
    return tuple(sorted(name.replace("-", " ") for name in names))
