"""Wanted: which projects an index is filled with ahead of need, and which of their files.

The theory. What is wanted of a project is what the selection gives of its page, if a rule means the
project, and beside that the very files that requirements need, whatever the selection says of
them. ``key_of`` names all that this depends on apart from the page: as long as it and the page stay
as they are, nothing of the project needs to be looked at again, and of a changed filter only the
difference is fetched or given up.

Editing rule: what decides about files must be in ``key_of``, and nothing else may be.
Source: history, A-34.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, cast

from wheelyard.clock import Instant
from wheelyard.decide.selection import Selection, is_wanted_project, select
from wheelyard.errors import BadInput
from wheelyard.model import File, Project, StatusMarker
from wheelyard.names import Filename, ProjectName
from wheelyard.settings import (
    NamePattern,
    ProjectRule,
    SyncSettings,
    start_problems,
    sync_problems,
)
from wheelyard.tags import Platform

__all__ = ["Wanted", "wanted_of"]

_KEY_DIGITS: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What one index is filled with ahead of need.

    ``projects`` are rules such as `zope-*` and `django>=4.2`. ``files`` are wanted whatever the
    selection leaves out, because requirements need them. What ``without`` means is never wanted,
    not even for those.
    """

    everything: bool = False
    projects: tuple[ProjectRule, ...] = ()
    without: tuple[NamePattern, ...] = ()
    files: Mapping[ProjectName, frozenset[Filename]] = field(default_factory=dict)
    selection: Selection = field(default_factory=Selection)
    metadata_only: bool = False
    _rules: "_Rules" = field(init=False, repr=False, compare=False)
    _left_out: "_Rules" = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        left_out = tuple(ProjectRule(pattern) for pattern in self.without)
        object.__setattr__(self, "_rules", _Rules.of(self.projects))
        object.__setattr__(self, "_left_out", _Rules.of(left_out))

    @property
    def names(self) -> frozenset[ProjectName] | None:
        """Every project of which anything can be wanted, or None if only a list can tell."""
        if self.everything or not all(rule.pattern.is_exact for rule in self.projects):
            return None
        named = {ProjectName(rule.pattern.text) for rule in self.projects}
        return frozenset(name for name in named | {*self.files} if self.covers(name))

    @property
    def left_out(self) -> tuple[ProjectName, ...]:
        """The projects that requirements need and ``without`` leaves out, in order."""
        return tuple(sorted(name for name in self.files if self._is_left_out(name)))

    def covers(self, name: ProjectName) -> bool:
        """Say whether anything of ``name`` is wanted, if only its page."""
        return (name in self.files or self._is_meant(name)) and not self._is_left_out(name)

    def wants_page(self, project: Project) -> bool:
        """Say whether the page is wanted, now that the status of the project is known."""
        name = project.name
        if not self.covers(name) or project.status.status == "quarantined":
            return False
        return name in self.files or is_wanted_project(project, self.selection)

    def files_of(self, project: Project) -> tuple[File, ...]:
        """Return the files of ``project`` that are wanted, in the order of its page."""
        name = project.name
        if self.metadata_only or not self.wants_page(project):
            return ()
        selected = select(project, self._selection_of(name)) if self._is_meant(name) else ()
        if not (needed := self.files.get(name)):
            return selected
        chosen = {file.filename for file in selected} | needed
        return tuple(file for file in project.files if file.filename in chosen)

    def key_of(self, name: ProjectName) -> str:
        """Return a text that changes exactly if what is wanted of ``name`` does, its page aside.

        Empty if nothing is. The same in every process and with every version of Python.
        """
        if not self.covers(name):
            return ""
        selection = self._selection_of(name) if self._is_meant(name) else None
        said = {
            "needed": None if self.metadata_only else sorted(self.files.get(name, ())),
            "pages": self.metadata_only,
            "selected": selection and selection.key,
            "whatever status": name in self.files,
        }
        text = json.dumps(said, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:_KEY_DIGITS]

    def _is_left_out(self, name: ProjectName) -> bool:
        return self._left_out.mean(name)

    def _is_meant(self, name: ProjectName) -> bool:
        """Say whether ``name`` is wanted for itself, not for what needs it."""
        return self.everything or self._rules.mean(name)

    def _selection_of(self, name: ProjectName) -> Selection:
        """Return the selection with the versions that are wanted of ``name`` in particular."""
        ranges = {rule.specifiers for rule in self._rules.about(name)}
        if not ranges or "" in ranges:
            return self.selection
        return replace(self.selection, versions=tuple(sorted(ranges)))


@dataclass(frozen=True, slots=True)
class _Rules:
    """Rules, found by name: every name of an index is looked at, and thousands may be given."""

    exact: Mapping[str, tuple[ProjectRule, ...]]
    others: tuple[ProjectRule, ...]

    @classmethod
    def of(cls, rules: Iterable[ProjectRule]) -> "_Rules":
        """Return ``rules`` by what they mean: one name, or many."""
        exact: dict[str, tuple[ProjectRule, ...]] = {}
        others = []
        for rule in rules:
            if rule.pattern.is_exact:
                exact[rule.pattern.text] = (*exact.get(rule.pattern.text, ()), rule)
            else:
                others.append(rule)
        return cls(exact, tuple(others))

    def about(self, name: ProjectName) -> Iterator[ProjectRule]:
        """Yield the rules that mean ``name``."""
        yield from self.exact.get(name, ())
        yield from (rule for rule in self.others if rule.matches(name))

    def mean(self, name: ProjectName) -> bool:
        """Say whether one of them means ``name``."""
        return name in self.exact or any(rule.matches(name) for rule in self.others)


def _selection(sync: SyncSettings, now: Instant) -> Selection:
    """Return the filters that ``[sync.INDEX]`` and its flags say."""
    since = sync.uploaded_after
    return Selection(
        pythons=sync.pythons,
        platforms=tuple(Platform(platform) for platform in sync.platforms),
        tags=sync.tags,
        without_tags=sync.without_tags,
        sdists=sync.sdists,
        keep_versions=sync.keep_versions or 0,
        prereleases=sync.prereleases,
        yanked=sync.yanked,
        uploaded_after=None if since is None else since.start(now),
        max_file_bytes=sync.max_file_bytes,
        filenames=sync.filenames,
        without_filenames=sync.without_filenames,
        statuses=cast("frozenset[StatusMarker]", frozenset(sync.statuses)),
    )


def wanted_of(
    sync: SyncSettings,
    now: Instant,
    files: Mapping[ProjectName, frozenset[Filename]] | None = None,
) -> Wanted:
    """Return what ``[sync.INDEX]`` and its flags want; ``files`` is what its requirements need.

    Raises:
        BadInput: it contradicts itself or wants nothing, with a sentence for each reason.
    """
    if problems := [*sync_problems(sync), *start_problems(sync, now)]:
        raise BadInput(*problems)
    return Wanted(
        everything=sync.all,
        projects=sync.projects,
        without=sync.without,
        files=files or {},
        selection=_selection(sync, now),
        metadata_only=sync.metadata_only,
    )
