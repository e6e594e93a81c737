"""uv, run as a program of its own on a view of the index.

It reads no configuration, no credentials and no environment of this machine, downloads no Python,
builds nothing (there is nothing to build, see ``view.py``) and has `work` as its only folder.
"""

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import anyio
import anyio.to_thread

from wheelyard.closure.base import Target
from wheelyard.closure.program import find_uv
from wheelyard.errors import BadInput, Unavailable
from wheelyard.names import ProjectName, normalise
from wheelyard.tags import machine_of, this_platform

__all__ = ["Outcome", "Question", "Resolved", "resolve", "resolver_platform"]

_MAX_OUTPUT_BYTES: Final = 64 * 1024 * 1024
_MAX_EXPLANATION: Final = 4_000
_NO_SOLUTION: Final = "No solution found"

_TRIPLES: Final[Mapping[tuple[str, str], str]] = {
    ("Linux", "x86_64"): "x86_64-unknown-linux-gnu",
    ("Linux", "aarch64"): "aarch64-unknown-linux-gnu",
    ("Linux", "riscv64"): "riscv64-unknown-linux",
    ("Windows", "AMD64"): "x86_64-pc-windows-msvc",
    ("Windows", "x86"): "i686-pc-windows-msvc",
    ("Windows", "ARM64"): "aarch64-pc-windows-msvc",
    ("Darwin", "arm64"): "aarch64-apple-darwin",
    ("Darwin", "x86_64"): "x86_64-apple-darwin",
}
_LINE = re.compile(r"(?P<name>[\w.-]+)==(?P<version>[^\s;]+)(?:.*?#\s*via\s+(?P<via>.*))?")
_ADDRESS = re.compile(r"https?://127\.0\.0\.1:\d+/\S*")
_CREDENTIALS = re.compile(r"(?<=://)[^/\s@]+@")
_HEADS = re.compile(r"^\s*(?:error:|cause:|[^\x00-\x7f]+|warning:.*)\s?", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be resolved: the texts of a requirements and of a constraints file."""

    requirements: Sequence[str]
    constraints: Sequence[str]
    target: Target
    index_url: str
    prereleases: bool = False


@dataclass(frozen=True, slots=True)
class Resolved:
    """A release that the resolver chose; ``via`` are the projects that need it."""

    name: ProjectName
    version: str
    via: tuple[ProjectName, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a question: releases, or a resolver's ``explanation`` why there are none."""

    resolved: tuple[Resolved, ...] = ()
    explanation: str = ""


def resolver_platform(target: Target) -> str | None:
    """Return what uv calls the platform; None for the machine we are on.

    Raises:
        BadInput: uv knows no such platform.
    """
    values = target.environment
    key = (values["platform_system"], machine_of(target.platform))
    if key in _TRIPLES:
        return _TRIPLES[key]
    if target.platform == this_platform():
        return None
    known = ", ".join(f"{system} on {machine}" for system, machine in _TRIPLES)
    raise BadInput(
        f"`{target.platform}` cannot be resolved for on another machine; what can be is {known}. "
        "Use a lock file for it, or run this there."
    )


async def resolve(question: Question, work: Path, seconds: float) -> Outcome:
    """Return what uv chooses. ``work`` is a folder that is its own, with its cache in it.

    Raises:
        BadInput: uv does not know the platform.
        Unavailable: there is no uv, or it took longer than ``seconds``.
    """
    folder = anyio.Path(work)
    await folder.mkdir(parents=True, exist_ok=True)
    await (folder / "requirements.in").write_text(_lines(question.requirements), "utf-8")
    await (folder / "constraints.txt").write_text(_lines(question.constraints), "utf-8")
    command = await anyio.to_thread.run_sync(_command, question, work)
    try:
        with anyio.fail_after(seconds):
            done = await anyio.run_process(
                command,
                cwd=work,
                env=_environ(question.index_url, work, seconds),
                check=False,
                stdin=subprocess.DEVNULL,
            )
    except TimeoutError as error:
        reason = f"it took longer than {seconds:.0f} seconds; name fewer projects or targets"
        raise Unavailable(f"The resolution for {question.target}", reason) from error
    except OSError as error:
        raise Unavailable("The resolver `uv`", f"it does not start: {error}") from error
    if done.returncode != 0:
        return Outcome(explanation=_explanation(done.stderr))
    return Outcome(_parsed(done.stdout))


def _lines(lines: Sequence[str]) -> str:
    """Return lines as a text."""
    return "".join(f"{line}\n" for line in lines)


def _command(question: Question, work: Path) -> list[str]:
    """Return the command line."""
    command = [
        str(find_uv()),
        "pip",
        "compile",
        "requirements.in",
        "--constraints",
        "constraints.txt",
    ]
    command += ["--cache-dir", str(work / "cache")]
    command += ["--no-config", "--no-python-downloads", "--keyring-provider", "disabled"]
    command += ["--no-build", "--no-sources", "--python", sys.executable]
    command += ["--python-version", question.target.python]
    command += ["--no-header", "--no-progress", "--color", "never", "--annotation-style", "line"]
    if platform := resolver_platform(question.target):
        command += ["--python-platform", platform]
    if question.prereleases:
        command += ["--prerelease", "allow"]
    return command


def _environ(index_url: str, work: Path, seconds: float) -> dict[str, str]:
    """Return an environment in which nothing of this machine's user is known.

    The index is not on the command line: every user of this machine can read those of all programs.
    """
    return {
        "UV_DEFAULT_INDEX": index_url,
        "HOME": str(work),
        "USERPROFILE": str(work),
        "XDG_CONFIG_HOME": str(work),
        "PATH": os.defpath,
        "NO_PROXY": "*",
        "UV_HTTP_TIMEOUT": f"{seconds:.0f}",
        "UV_HTTP_RETRIES": "0",
        "UV_NO_WRAP": "1",
    }


def _parsed(output: bytes) -> tuple[Resolved, ...]:
    """Return the releases that uv wrote."""
    found = []
    for line in output[:_MAX_OUTPUT_BYTES].decode("utf-8", "replace").splitlines():
        if match := _LINE.match(line):
            names = (word.strip() for word in (match["via"] or "").split(","))
            via = tuple(ProjectName(normalise(one)) for one in names if one and one[0] not in "-(")
            name = ProjectName(normalise(match["name"]))
            found.append(Resolved(name, match["version"], via))
    return tuple(sorted(found, key=lambda one: one.name))


def _explanation(errors: bytes) -> str:
    """Return what uv says is wrong, in one paragraph, without addresses, drawings or hints."""
    text = errors[:_MAX_OUTPUT_BYTES].decode("utf-8", "replace")
    text = _CREDENTIALS.sub("", _ADDRESS.sub("the index", text))
    text = text.split("\n\nhint:")[0].split("\n      hint:")[0]
    words = " ".join(_HEADS.sub("", text).split()).removeprefix(_NO_SOLUTION)
    words = words.removeprefix(" when resolving dependencies").strip(" :")
    if len(words) > _MAX_EXPLANATION:
        words = f"{words[:_MAX_EXPLANATION].rsplit(' ', 1)[0]} ..."
    return words or "the resolver did not say why"
