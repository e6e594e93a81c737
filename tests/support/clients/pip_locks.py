"""pip with what others wrote down before: a `pylock.toml`, or requirements with hashes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from support.clients.editions import PIP_26
from support.clients.installed import Result
from support.clients.pip import Pip
from support.clients.projects import Locked
from support.clients.sandbox import Sandbox
from support.clients.uv import Uv

__all__ = ["PipHashed", "PipLocked"]


@dataclass(frozen=True, slots=True)
class PipLocked:
    """pip with a `pylock.toml` that pip itself wrote: it holds the address of each file."""

    sandbox: Sandbox

    def install(self, requirements: Sequence[str], index_url: str, target: Path) -> Result:
        """Lock, then install what the lock says."""
        self.lock(requirements, index_url, target).checked()
        return self.install_locked(index_url, target)

    def lock(self, requirements: Sequence[str], index_url: str, project: Path) -> Locked:
        """Write `pylock.toml`. Source: PEP 751."""
        project.mkdir(parents=True, exist_ok=True)
        lock = project / "pylock.toml"
        words = ("lock", "--index-url", index_url, "--output", str(lock), *requirements)
        return Locked.of(Pip(PIP_26, self.sandbox).run(*words), lock)

    def install_locked(self, index_url: str, project: Path) -> Result:
        """Install what the lock says."""
        pip = Pip(PIP_26, self.sandbox)
        return pip.install(["-r", str(project / "pylock.toml")], index_url, project / "target")


@dataclass(frozen=True, slots=True)
class PipHashed:
    """pip with requirements that name each version and its hashes, and no address."""

    sandbox: Sandbox

    def install(self, requirements: Sequence[str], index_url: str, target: Path) -> Result:
        """Lock, then install what the lock says."""
        self.lock(requirements, index_url, target).checked()
        return self.install_locked(index_url, target)

    def lock(self, requirements: Sequence[str], index_url: str, project: Path) -> Locked:
        """Write `requirements.txt`, with uv, as pip has no way to."""
        project.mkdir(parents=True, exist_ok=True)
        wanted, lock = project / "requirements.in", project / "requirements.txt"
        wanted.write_text("\n".join(requirements), "utf-8")
        words = ["pip", "compile", "--quiet", "--generate-hashes", "--default-index", index_url]
        outcome = Uv(self.sandbox).run(*words, "--output-file", str(lock), str(wanted))
        return Locked.of(outcome, lock)

    def install_locked(self, index_url: str, project: Path) -> Result:
        """Install what the lock says, which pip holds every file to."""
        words = ["--require-hashes", "-r", str(project / "requirements.txt")]
        return Pip(PIP_26, self.sandbox).install(words, index_url, project / "target")
