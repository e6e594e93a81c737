"""The files of this clone, each read and parsed once."""

import ast
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["ROOT", "Module", "modules_in", "tracked_files"]

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True)
class Module:
    """One Python file: its path from the root of the clone, its text and its syntax tree."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """Return the dotted name under which the program imports this file."""
        parts = self.path.with_suffix("").parts[1:]
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def room(self) -> str:
        """Return the room, the name directly below ``wheelyard``; empty for the package itself."""
        return [*self.name.split("."), ""][1]

    def at(self, node: ast.AST) -> str:
        """Return where ``node`` is, as ``path:line``."""
        return f"{self.path}:{getattr(node, 'lineno', 1)}"


@cache
def modules_in(folder: str) -> tuple[Module, ...]:
    """Return every Python file below ``folder`` of the clone, in order of path."""
    paths = (path for path in tracked_files() if path.suffix == ".py" and path.parts[0] == folder)
    return tuple(parse(path) for path in paths)


def parse(path: Path) -> Module:
    """Return the file at ``path``, a path from the root of the clone, with its syntax tree."""
    text = (ROOT / path).read_text("utf-8")
    return Module(path, text, ast.parse(text, str(path)))


@cache
def tracked_files() -> tuple[Path, ...]:
    """Return the files that are or will be committed, as paths from the root of the clone.

    In a clone git knows; in an unpacked source archive every file is one of them.
    """
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if answer.returncode == 0:
        found = {Path(name) for name in answer.stdout.decode().split("\0") if name}
    else:
        found = {path.relative_to(ROOT) for path in ROOT.rglob("*") if not is_hidden(path)}
    return tuple(sorted(path for path in found if (ROOT / path).is_file()))


def is_hidden(path: Path) -> bool:
    """Tell whether ``path`` is in a folder of caches or of an environment."""
    inside = path.relative_to(ROOT).parts[:-1]
    return any(part == "__pycache__" or (part[0] == "." and part != ".ci") for part in inside)
