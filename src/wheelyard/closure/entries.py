"""The entries of a lock file: looked up with their types checked, and every problem noted.

A reader asks for the keys that it needs; what has the wrong type is a problem with file, line and
key, and counts as missing. So one reading finds all that is wrong with a file.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

from wheelyard.closure.base import Digest, LockedFile
from wheelyard.closure.opening import display
from wheelyard.errors import BadInput
from wheelyard.markers import Condition, parse_condition
from wheelyard.names import ProjectName, is_version, parse_filename, parse_project_name

__all__ = ["Entry", "LockText", "parse_toml"]

T = TypeVar("T")

MAX_ENTRIES: Final = 100_000
_LENGTHS: Final = {"md5": 32, "sha1": 40, "sha224": 56, "sha256": 64, "sha384": 96, "sha512": 128}
_HEX = re.compile(r"[0-9a-f]+")
_KINDS: Final[Mapping[type, str]] = {
    str: "text",
    bool: "true or false",
    int: "a number",
    list: "a list",
    dict: "a table",
}


@dataclass(slots=True)
class LockText:
    """A lock file that is being read. ``problems`` are whole sentences."""

    path: Path
    table: Mapping[str, object]
    starts: Sequence[int] = ()
    """The lines on which its packages start."""
    problems: list[str] = field(default_factory=list)

    @property
    def top(self) -> "Entry":
        """Return the file as a whole."""
        return Entry(self, self.table, f"`{display(self.path)}`")

    def packages(self, key: str) -> Iterator["Entry"]:
        """Yield the packages of the file, which are a list of tables under ``key``."""
        found = self.top.tables(key)
        for number, entry in enumerate(found):
            line = f", line {self.starts[number]}" if number < len(self.starts) else ""
            name = entry.values.get("name")
            label = f" (`{name[:80]}`)" if isinstance(name, str) else ""
            yield Entry(self, entry.values, f"`{display(self.path)}`{line}{label}")

    def finish(self) -> None:
        """Raise what was found wrong, if anything was.

        Raises:
            BadInput: with every problem.
        """
        if self.problems:
            raise BadInput(*self.problems)


def parse_toml(path: Path, content: bytes, header: str) -> LockText:
    """Return a lock in TOML whose packages start with ``header`` (`[[package]]`).

    Raises:
        BadInput: it is not TOML; the sentence says where it stops being it.
    """
    try:
        text = content.decode()
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "it is not UTF-8"
        reason = reason[:1].lower() + reason[1:]
        raise BadInput(
            f"`{display(path)}` is not TOML: {reason}. Write the lock anew with the tool it is of."
        ) from error
    lines = text.splitlines()
    starts = [number for number, line in enumerate(lines, 1) if line.strip() == header]
    if len(starts) > MAX_ENTRIES:
        raise BadInput(f"`{display(path)}` locks more than {MAX_ENTRIES} packages.")
    return LockText(path, table, starts)


@dataclass(frozen=True, slots=True)
class Entry:
    """A table of a lock file; ``where`` says for people which one."""

    lock: LockText
    values: Mapping[str, object]
    where: str

    def text(self, key: str, *, needed: bool = False) -> str:
        """Return a text; empty if it is not there."""
        return self._typed(key, str, needed=needed) or ""

    def flag(self, key: str) -> bool:
        """Return a truth value; False if it is not there."""
        return bool(self._typed(key, bool))

    def has(self, key: str) -> bool:
        """Say whether there is anything under ``key``."""
        return key in self.values

    def table(self, key: str) -> "Entry":
        """Return a table; an empty one if it is not there."""
        found = self._typed(key, dict) or {}
        return Entry(self.lock, _keyed(found), f"{self.where}, `{key}`")

    def tables(self, key: str) -> list["Entry"]:
        """Return a list of tables; what is none is a problem."""
        return [
            Entry(self.lock, _keyed(item), f"{self.where}, `{key}[{number}]`")
            for number, item in enumerate(self._items(key, dict))
        ]

    def texts(self, key: str) -> list[str]:
        """Return a list of texts; what is none is a problem."""
        return self._items(key, str)

    def condition(self, key: str) -> Condition | None:
        """Return a marker, or None if there is none."""
        return self.parse_marker(self.text(key), key)

    def parse_marker(self, text: str, key: str) -> Condition | None:
        """Return what ``text``, found under ``key``, means; None if it is empty or a problem."""
        if not text.strip():
            return None
        try:
            return parse_condition(text)
        except BadInput as error:
            self.problem(f"`{key}` is not a marker: {error}. Write the lock anew.")
            return None

    def name(self) -> ProjectName:
        """Return the project's name."""
        text = self.text("name", needed=True)
        if not text:
            return ProjectName("")
        try:
            return parse_project_name(text)
        except BadInput as error:
            self.problem(str(error))
            return ProjectName("")

    def version(self) -> str:
        """Return the version; empty if there is none."""
        text = self.text("version")
        if text and not is_version(text):
            self.problem(f"`{text[:80]!a}` is not a version. Write the lock anew.")
            return ""
        return text

    def locked_file(self, filename: str, hashes: Sequence[Digest]) -> LockedFile | None:
        """Return a file that is named here, or None if its name is a problem."""
        try:
            return LockedFile(parse_filename(filename), tuple(hashes))
        except BadInput as error:
            self.problem(str(error))
            return None

    def digest(self, text: str) -> Digest | None:
        """Return the digest that `sha256:0123...` states, or None if it is a problem."""
        name, _, value = text.partition(":")
        name, value = name.lower(), value.lower()
        if not _HEX.fullmatch(value) or len(value) != _LENGTHS.get(name, len(value)):
            self.problem(f"`{text[:80]!a}` is not a digest such as `sha256:0123...`.")
            return None
        return name, value

    def problem(self, sentence: str) -> None:
        """Note that something is wrong here."""
        self.lock.problems.append(f"{self.where}: {sentence}")

    def _typed(self, key: str, kind: type[T], *, needed: bool = False) -> T | None:
        """Return the value under ``key`` if it is of that kind; else it may be a problem."""
        value = self.values.get(key)
        if value is None:
            if needed:
                self.problem(f"`{key}` is missing. Write the lock anew.")
            return None
        if isinstance(value, kind):
            return value
        self.problem(f"`{key}` is not {_KINDS.get(kind, kind.__name__)}. Write the lock anew.")
        return None

    def _items(self, key: str, kind: type[T]) -> list[T]:
        """Return the members of a list that are of that kind; others are problems."""
        found = []
        for number, item in enumerate(self._typed(key, list) or []):
            if isinstance(item, kind):
                found.append(item)
            else:
                self.problem(f"`{key}[{number}]` is not {_KINDS.get(kind, kind.__name__)}.")
        return found


def _keyed(table: Mapping[object, object]) -> Mapping[str, object]:
    """Return a table, whose keys are texts in TOML and JSON."""
    return {str(key): value for key, value in table.items()}
