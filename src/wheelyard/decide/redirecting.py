"""Where a request is sent on to, and when an address counts as healthy.

Pages and files are in the published tree and can be had at any of its addresses; everything else
is a server's. A server has pages and files as well, so whatever is doubtful goes there: a page from
a server is right, an upload to a tree never is.

Where a request leads to follows from its path alone, never from the host that it names. What is
sent on is the path as it came, behind an address that was configured; hence a path that another
program could read as leading out of that address is refused.

Rules for editing: the patterns are also what nginx, HAProxy and lighttpd are given, so they are
written for all of them; and a path that only the tree has belongs to ``TREE_FILES``.
Source: RFC 9110, 15.4.8 (307 keeps method and body); RFC 3986, 5.2.4 (dot segments).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from urllib.parse import unquote

from wheelyard.clock import Instant
from wheelyard.decide.paths import path_problem

__all__ = [
    "TREE_FILES",
    "Asked",
    "Decision",
    "Finding",
    "Health",
    "Malformed",
    "NobodyThere",
    "NotHere",
    "Role",
    "SendOn",
    "Target",
    "Thresholds",
    "TreePath",
    "Ways",
    "decide",
    "judge",
    "next_check_seconds",
    "plan_targets",
]

FOLDERS = ("simple", "packages", "integrity")
FILES = ("-/manifest",)
"""What a server has at the same path."""
TREE_FILES = (
    "wheelyard.json",
    "snapshot.sqlite",
    "snapshot.sqlite.sha256",
    "-/projects.jsonl.gz",
)
"""What a tree alone has: no server can stand in for it."""

READS = frozenset({"GET", "HEAD"})

DOUBT = 5.0
"""How many times sooner an address is checked again after a check that differed from the rest."""
JITTER = 0.1
"""By which part an interval varies, so that many redirectors do not check at the same moment."""
_SLASHES = re.compile("/{2,}")


class Role(StrEnum):
    """What an address is good for."""

    STATIC = "static"
    DYNAMIC = "dynamic"


@dataclass(frozen=True, slots=True)
class Target:
    """An address that clients may be sent to: ``url`` is without a final slash.

    ``index`` is the named index whose tree is below it, at ``url/index/``; empty for the default
    one.
    """

    role: Role
    url: str
    index: str = ""

    @property
    def root(self) -> str:
        """Where the tree or the server itself begins, without a final slash."""
        return f"{self.url}/{self.index}" if self.index else self.url


def plan_targets(
    static: Sequence[str], dynamic: Sequence[str], indexes: Sequence[str]
) -> tuple[Target, ...]:
    """Return every target, of each kind the preferred one first."""
    trees = (Target(Role.STATIC, url, index) for index in ("", *indexes) for url in static)
    return (*trees, *(Target(Role.DYNAMIC, url) for url in dynamic))


# --- health ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How many checks in a row change what is thought of a target."""

    rise: int = 2
    fall: int = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: ``problem`` ends the sentence "it is left out: ..."; empty is well.

    ``is_certain`` says that no other check will find it different, and so none is waited for.
    """

    problem: str = ""
    is_certain: bool = False

    @property
    def is_good(self) -> bool:
        """Whether the target is what it should be."""
        return not self.problem


@dataclass(frozen=True, slots=True)
class Health:
    """What is thought of a target. ``since`` is when that began; 0 checks so far: nothing is known.

    ``streak`` is how many checks in a row said otherwise.
    """

    since: Instant
    is_up: bool = False
    checks: int = 0
    streak: int = 0
    problem: str = "it has not been checked yet"


def judge(health: Health, finding: Finding, now: Instant, thresholds: Thresholds) -> Health:
    """Return what is thought of a target after one more check.

    The first check counts at once: a redirector that has just started must not be useless for
    ``rise`` intervals, nor send anybody to an address that it has seen to be dead.
    """
    checks = health.checks + 1
    if finding.is_good == health.is_up and health.checks:
        return replace(health, checks=checks, streak=0, problem=finding.problem)
    needed = thresholds.rise if finding.is_good else thresholds.fall
    streak = health.streak + 1
    if health.checks and streak < needed and not finding.is_certain:
        return replace(health, checks=checks, streak=streak)
    return Health(now, finding.is_good, checks, 0, finding.problem)


def next_check_seconds(health: Health, check_seconds: float, chance: float) -> float:
    """Return when to check again; ``chance`` is from 0 to 1 and different every time."""
    interval = check_seconds / DOUBT if health.streak else check_seconds
    return interval * (1 - JITTER + 2 * JITTER * chance)


# --- requests -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """What of a request counts: ``path`` and ``query`` are as they were sent."""

    method: str
    path: str
    query: str = ""
    has_body: bool = False


@dataclass(frozen=True, slots=True)
class SendOn:
    """Send the client to ``location``, which is at ``target``."""

    location: str
    target: Target


@dataclass(frozen=True, slots=True)
class NobodyThere:
    """Nobody who could answer is healthy: the client has to ask again."""

    role: Role


@dataclass(frozen=True, slots=True)
class NotHere:
    """Nobody who could answer was configured."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """The request cannot be meant well: ``sentence`` says what is wrong with it."""

    sentence: str


Decision = SendOn | NobodyThere | NotHere | Malformed


@dataclass(frozen=True)
class Ways:
    """Which paths are the tree's, with these named ``indexes``.

    The patterns begin at the beginning of a path, whose escapes are undone.
    """

    indexes: tuple[str, ...] = ()

    def pages(self, index: str = "") -> str:
        """Return the pattern of the paths of ``index`` that its tree and a server have."""
        folders, files = "|".join(FOLDERS), "|".join(map(re.escape, FILES))
        return f"^/{_folder(index)}(?:(?:{folders})(?:/|$)|(?:{files})$)"

    def documents(self, index: str = "") -> str:
        """Return the pattern of those among them that are of the JSON API: a server's alone."""
        return f"^/{_folder(index)}simple/pypi/.+/json(?:/|$)"

    def tree_files(self, index: str = "") -> str:
        """Return the pattern of the paths that the tree of ``index`` alone has."""
        return f"^/{_folder(index)}(?:{'|'.join(map(re.escape, TREE_FILES))})$"

    @cached_property
    def _patterns(self) -> Mapping[str, tuple[re.Pattern[str], ...]]:
        return {
            index: tuple(
                re.compile(pattern(index))
                for pattern in (self.documents, self.pages, self.tree_files)
            )
            for index in ("", *self.indexes)
        }

    def tree_of(self, path: str) -> "TreePath | None":
        """Return which tree has ``path``; None if it is a server's."""
        plain = unquote(path)
        first = plain.split("/", 2)[1]
        index = first if first in self.indexes else ""
        documents, pages, tree_files = self._patterns[index]
        if documents.match(plain):
            return None
        if pages.match(plain):
            return TreePath(index)
        return TreePath(index, is_only_there=True) if tree_files.match(plain) else None


@dataclass(frozen=True, slots=True)
class TreePath:
    """A path of a tree: whose, and whether a server has it too."""

    index: str
    is_only_there: bool = False


def _folder(index: str) -> str:
    return f"{index}/" if index else ""


def decide(asked: Asked, ways: Ways, health: Mapping[Target, Health]) -> Decision:
    """Return what becomes of a request.

    ``health`` has every target, of each kind the preferred one first.
    """
    path = _SLASHES.sub("/", asked.path) or "/"
    if problem := _problem(path, asked.query):
        return Malformed(problem)
    reads = asked.method in READS and not asked.has_body
    found = ways.tree_of(path) if reads else None
    servers = [target for target in health if target.role is Role.DYNAMIC]
    trees = [t for t in health if found and t.role is Role.STATIC and t.index == found.index]
    candidates = [*trees, *([] if trees and found and found.is_only_there else servers)]
    if not candidates:
        return NotHere()
    target = _first_up(candidates, health)
    if target is None:
        return NobodyThere(Role.STATIC if trees else Role.DYNAMIC)
    query = f"?{asked.query}" if asked.query else ""
    return SendOn(f"{target.url}{path}{query}", target)


def _first_up(targets: Iterable[Target], health: Mapping[Target, Health]) -> Target | None:
    """Return the preferred one of the healthy ``targets``."""
    return next((target for target in targets if health[target].is_up), None)


def _problem(path: str, query: str) -> str:
    """Return why a request cannot be sent on; empty if it can."""
    if not path.startswith("/"):
        return "The target of the request is not a path of this server."
    text = path + query
    if not text.isascii() or not text.isprintable() or " " in text:
        return "The address has characters that have to be percent-encoded."
    return path_problem(path)
