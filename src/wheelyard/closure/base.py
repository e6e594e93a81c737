"""The records of the room: what files ask for, on which targets, and what that comes to.

*Target*: one Python version on one platform. *Needed*: one release that is needed on some targets.
*Closure*: all of them, and what stands in the way, as sentences.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from wheelyard.model import File
from wheelyard.names import Filename, ProjectName, Sha256
from wheelyard.tags import Platform, compatible_tags, marker_values

__all__ = ["Choice", "Closure", "Digest", "Fit", "LockedFile", "Needed", "Target"]

Digest = tuple[str, str]
"""Algorithm in lower case, and the digest in lower-case hex."""


@dataclass(frozen=True, order=True)
class Target:
    """One Python on one platform: ``python`` is `3.11` or `3.11.4`.

    Make one with ``parse_target``, or ``this_machine``.
    """

    python: str
    platform: Platform

    def __str__(self) -> str:
        return f"Python {self.python} on {self.platform}"

    @cached_property
    def tags(self) -> Mapping[str, int]:
        """Each tag (such as `py3-none-any`) that installs here, and its rank: 0 is preferred."""
        tags = compatible_tags(self.python, self.platform)
        return {tag: rank for rank, tag in enumerate(tags)}

    @cached_property
    def environment(self) -> Mapping[str, str]:
        """What markers are evaluated with. Source: PEP 508, "Environment Markers"."""
        return marker_values(self.python, self.platform)

    @property
    def full_version(self) -> str:
        """The Python version with its patch: without one stated, the first."""
        return self.environment["python_full_version"]


@dataclass(frozen=True, slots=True, order=True)
class LockedFile:
    """A file that a lock names. ``hashes`` may be empty: some locks have none."""

    filename: Filename
    hashes: tuple[Digest, ...] = ()


@dataclass(frozen=True, slots=True)
class Needed:
    """One release, and on which targets it is needed.

    ``files`` is None unless a lock says which files it may be; ``digests``, unless empty, are the
    only ones that its files may have (`--hash`). ``is_pinned``: exactly this version was asked
    for, so that it may be a yanked one. ``is_build``: needed to build an sdist, not to run.
    ``why`` says who needs it, for people: `requirements.txt, line 3` or `needed by flask 3.0`.
    """

    name: ProjectName
    version: str
    targets: frozenset[Target]
    why: str
    files: tuple[LockedFile, ...] | None = None
    digests: frozenset[Digest] = frozenset()
    is_pinned: bool = False
    is_build: bool = False
    no_binary: bool = False
    only_binary: bool = False

    @property
    def filenames(self) -> frozenset[Filename] | None:
        """The names that its files may have, or None if nobody restricts them."""
        return None if self.files is None else frozenset(file.filename for file in self.files)

    @property
    def hashes(self) -> frozenset[Sha256]:
        """Every SHA-256 that a lock or a `--hash` states for a file of it."""
        stated = [*self.digests, *(pair for file in self.files or () for pair in file.hashes)]
        return frozenset(Sha256(digest) for name, digest in stated if name == "sha256")


@dataclass(frozen=True, slots=True)
class Closure:
    """All that some files need on ``targets``, in the order of names, versions and use.

    ``problems`` are sentences: what could not be resolved, and what to do about it. ``remarks``
    are what was left out of account on purpose, such as an `--index-url` of a requirements file.
    """

    targets: tuple[Target, ...]
    needed: tuple[Needed, ...]
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def projects(self) -> frozenset[ProjectName]:
        """The names of all projects that are needed."""
        return frozenset(needed.name for needed in self.needed)


@dataclass(frozen=True, slots=True)
class Choice:
    """The files that would install on ``target``, the one that installers prefer first.

    Without any, ``why`` is a sentence that says why not.
    """

    target: Target
    files: tuple[File, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Fit:
    """What of a page serves a need; ``problems`` are sentences beyond missing files."""

    choices: tuple[Choice, ...]
    problems: tuple[str, ...] = field(default=())

    @property
    def files(self) -> tuple[File, ...]:
        """The files to have: every wheel that fits, and an sdist where none does; by name."""
        found = {file.filename: file for choice in self.choices for file in choice.files}
        return tuple(found[name] for name in sorted(found))

    @property
    def missing(self) -> tuple[Choice, ...]:
        """The targets for which there is nothing."""
        return tuple(choice for choice in self.choices if not choice.files)

    @property
    def is_whole(self) -> bool:
        """Whether every target has a file, and nothing contradicts the lock."""
        return not self.missing and not self.problems
