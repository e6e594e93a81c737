"""Requirement files in pip's syntax, with everything that they include.

What no index has (folders, URLs, version control) is refused with a sentence for each line, all of
them at once. Options about where packages come from are named as left out of account: everything
comes from our index. Nothing is executed; files are read only if a file that was named leads there.
Source: pip's documentation, "Requirements File Format".
"""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from wheelyard.closure.asked import Asked, Formats, Requirement, spell
from wheelyard.closure.base import Digest
from wheelyard.closure.lines import Line, cut_lines, decode, expand
from wheelyard.closure.opening import display, read_bytes
from wheelyard.errors import BadInput
from wheelyard.requirements import split_requirement
from wheelyard.spelling import normalise

__all__ = ["RequirementFiles"]

MAX_FILES: Final = 200
_HASHES: Final = {"sha256": 64, "sha384": 96, "sha512": 128}

_SHORT: Final = {
    "-r": "--requirement",
    "-c": "--constraint",
    "-e": "--editable",
    "-i": "--index-url",
    "-f": "--find-links",
    "-C": "--config-settings",
    "--pypi-url": "--index-url",
    "--config-setting": "--config-settings",
}
_SOURCES: Final = {
    "--index-url": "everything comes from this index",
    "--extra-index-url": "everything comes from this index",
    "--find-links": "everything comes from this index",
    "--trusted-host": "everything comes from this index",
}
_WITH_VALUE: Final = {
    *_SOURCES,
    *("--requirement", "--constraint", "--editable", "--no-binary", "--only-binary"),
    *("--use-feature", "--hash", "--config-settings", "--global-option", "--implementation"),
}
_FLAGS: Final = {"--no-index", "--pre", "--prefer-binary", "--require-hashes", "--all-releases"}
_SILENT: Final = {
    *("--prefer-binary", "--require-hashes", "--use-feature"),
    *("--config-settings", "--global-option"),
}
_VCS = re.compile(r"(?:git|hg|svn|bzr)\+", re.IGNORECASE)
_URL = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_ARCHIVE = re.compile(r"\.(?:whl|zip|tar\.\w+|tgz|tar)$", re.IGNORECASE)
_CREDENTIALS = re.compile(r"//[^/@\s]*@")
_SPEC_END = re.compile(r"[@;]")
_FIRST_OPTION = re.compile(r"(?:^|\s)(?=-)")


@dataclass(slots=True)
class RequirementFiles:
    """Reads files and those that they include; collects what they ask for, and every problem."""

    variables: Mapping[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    _requirements: list[Requirement] = field(default_factory=list)
    _constraints: list[Requirement] = field(default_factory=list)
    _no_binary: set[str] = field(default_factory=set)
    _only_binary: set[str] = field(default_factory=set)
    _prereleases: bool = False
    _read: set[tuple[Path, bool]] = field(default_factory=set)

    @property
    def asked(self) -> Asked:
        """Return what was read so far."""
        formats = Formats(frozenset(self._no_binary), frozenset(self._only_binary))
        return Asked(
            tuple(self._requirements), tuple(self._constraints), formats, self._prereleases
        )

    def read(self, path: Path) -> None:
        """Read a file that somebody named; what is wrong with it is among the ``problems``."""
        self._read_file(path, (), is_constraint=False)

    def _read_file(
        self, path: Path, chain: tuple[Path, ...], *, is_constraint: bool, via: str = ""
    ) -> None:
        """Read a file, which the files of ``chain`` include, the last of them at ``via``."""
        key = path.resolve()
        if (key, is_constraint) in self._read:
            return
        if len(self._read) >= MAX_FILES:
            raise BadInput(f"`{display(path)}`: more than {MAX_FILES} files include each other.")
        self._read.add((key, is_constraint))
        try:
            lines = list(cut_lines(decode(read_bytes(path))))
        except BadInput as error:
            start = f"{via} includes " if via else ""
            self.problems.append(f"{start}`{display(path)}`: {error}.")
            return
        for line in lines:
            place = _Place(path, line.number, (*chain, key), is_constraint)
            try:
                self._read_line(line, place)
            except BadInput as error:
                self.problems += [f"{place}: {problem}" for problem in error.problems]

    def _read_line(self, line: Line, place: "_Place") -> None:
        """Take one line into account."""
        text, missing = expand(line.text, self.variables)
        cut = _FIRST_OPTION.search(text)
        head = text[: cut.start()].strip() if cut else text
        options = _options(text[cut.end() :]) if cut else []
        ignored = {*_SOURCES, *_SILENT}
        if missing and (head or any(name not in ignored for name, _ in options)):
            names = ", ".join(f"`${{{name}}}`" for name in missing)
            raise BadInput(f"{names} has no value: set it in the environment.")
        if head:
            self._add(head, options, place)
            return
        for name, value in options:
            self._obey(name, value, place)

    def _add(self, head: str, options: list[tuple[str, str]], place: "_Place") -> None:
        """Add a requirement or a constraint, with the options on its line."""
        _refuse_what_no_index_has(head)
        try:
            parts = split_requirement(head)
        except BadInput as error:
            raise BadInput(f"`{head[:80]}` is not a requirement: {error}.") from error
        if parts.url:
            _refuse_what_no_index_has(parts.url)
        digests = frozenset(_digest(value) for name, value in options if name == "--hash")
        for name, _ in options:
            if name not in {"--hash", *_SILENT}:
                raise BadInput(f"`{name}` does not belong after a requirement: use its own line.")
        found = Requirement(parts.name, spell(parts), str(place), parts.pinned, digests)
        (self._constraints if place.is_constraint else self._requirements).append(found)

    def _obey(self, name: str, value: str, place: "_Place") -> None:
        """Do what an option on a line of its own says."""
        if name in {"--requirement", "--constraint"}:
            self._include(value, place, is_constraint=name == "--constraint")
        elif name == "--editable":
            _refuse_what_no_index_has(value, option="-e ")
        elif name == "--pre":
            self._prereleases = True
        elif name in {"--no-binary", "--only-binary"}:
            self._set_formats(name, value)
        elif name in _SOURCES or name == "--no-index":
            reason = _SOURCES.get(name, "everything comes from this index")
            self.remarks.append(f"{place}: `{name}` is left out of account: {reason}.")
        elif name == "--hash":
            raise BadInput("`--hash` belongs after a requirement, on the same line.")

    def _include(self, value: str, place: "_Place", *, is_constraint: bool) -> None:
        """Read a file that this one includes."""
        if _URL.match(value) and not value.lower().startswith("file:"):
            raise BadInput(
                f"`{_shown(value)}` is a URL: save the file beside this one and include that."
            )
        path = place.path.parent / value.removeprefix("file://")
        if path.resolve() in place.chain:
            names = " > ".join(display(one) for one in (*place.chain, path.resolve()))
            raise BadInput(f"these files include each other in a circle: {names}. Break it.")
        is_constraint = is_constraint or place.is_constraint
        self._read_file(path, place.chain, is_constraint=is_constraint, via=str(place))

    def _set_formats(self, name: str, value: str) -> None:
        """Add projects to those of which only sdists, or only wheels, may be used."""
        mine, other = self._no_binary, self._only_binary
        if name == "--only-binary":
            mine, other = other, mine
        for word in (part.strip() for part in value.split(",")):
            if word == ":none:":
                mine.clear()
            elif word == ":all:":
                other.clear()
                mine.clear()
                mine.add(word)
            elif word:
                mine.add(normalise(word))
                other.discard(normalise(word))


@dataclass(frozen=True, slots=True)
class _Place:
    """A line of a file, and how it was reached."""

    path: Path
    number: int
    chain: tuple[Path, ...]
    is_constraint: bool

    def __str__(self) -> str:
        return f"`{display(self.path)}`, line {self.number}"


def _options(text: str) -> list[tuple[str, str]]:
    """Return the options of a line, in their long spelling, with their values."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise BadInput(f"its quotes do not match ({error})") from error
    found: list[tuple[str, str]] = []
    while words:
        name, value = _cut_option(words.pop(0))
        name = _SHORT.get(name, name)
        if name in _FLAGS and value is None:
            found.append((name, ""))
        elif name in _WITH_VALUE:
            if value is None and not words:
                raise BadInput(f"`{name}` needs a value.")
            found.append((name, words.pop(0) if value is None else value))
        else:
            raise BadInput(f"`{name[:80]}` is not an option that is known here: take it out.")
    return found


def _cut_option(word: str) -> tuple[str, str | None]:
    """Return the name of an option and the value that is written in the same word."""
    if word.startswith("--"):
        name, equals, value = word.partition("=")
        return name, value if equals else None
    return word[:2], word[2:].removeprefix("=") or None


def _digest(value: str) -> Digest:
    """Return the digest that a `--hash` states."""
    name, _, digest = value.partition(":")
    name, digest = name.lower(), digest.lower()
    known = ", ".join(_HASHES)
    if name not in _HASHES or not re.fullmatch(rf"[0-9a-f]{{{_HASHES[name]}}}", digest):
        raise BadInput(f"`--hash={value[:80]}` is not a digest: write `NAME:HEX` with {known}.")
    return name, digest


def _refuse_what_no_index_has(text: str, option: str = "") -> None:
    """Raise for folders, files, URLs and version control."""
    if _VCS.match(text):
        kind = "is in version control"
    elif _URL.match(text):
        kind = "is a URL"
    elif option or text.startswith((".", "/", "~", "\\")) or "/" in _SPEC_END.split(text)[0]:
        kind = "is a folder or a file"
    elif _ARCHIVE.search(_SPEC_END.split(text)[0].strip()):
        kind = "is a file"
    else:
        return
    raise BadInput(
        f"`{option}{_shown(text)}` {kind}, which no index can give: name a released version "
        "instead, or build it and upload it to this index."
    )


def _shown(text: str) -> str:
    """Return what a message says of a URL: without credentials, which are nobody's business."""
    return _CREDENTIALS.sub("//", text)[:80]
