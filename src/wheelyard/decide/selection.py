"""Which files of a page are wanted: every filter of a mirror, as one pure function.

The theory. Filters that look at one file alone come first: its name, size and age, its tags, its
version, whether it was yanked. Then a source archive goes if the wheels that are left of its
release serve everybody who is served. Last, releases are counted, so that one of which no file is
left takes no place among the newest.

1. What a page does not say leaves nothing out: a file of unknown size or age stays.
2. A release is what has one version, its local part aside: `1.0+cpu` and `1.0+cu118` are one.
3. The newest releases are counted among final ones, and among pre-releases and development builds
   by themselves. A release that was yanked as a whole takes no place; it is kept as long as one
   that is older is.
4. A file whose version nobody can read is no pre-release, is in no range of versions, and is older
   than every release: if releases are counted, it goes. So it is for installers, who skip it.
5. A wheel whose name nobody can read has no tags. Formats older than wheels (eggs, installers,
   archives of built files) have none either: if anybody asks for tags, Pythons or platforms, they
   go. A file that asks for another Python than those that are served goes as well.

Editing rule: a new filter is a field whose default leaves nothing out; ``key`` then stays what it
is for all who do not use the filter.
Source: history, A-34 and P-14; PEP 440, 425, 592, 792.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from itertools import product
from typing import Final, Literal

from wheelyard.clock import Instant
from wheelyard.decide.tag_filter import Served, Tag, fits, has_wanted_tag, tags_of
from wheelyard.expressions import Expression
from wheelyard.model import File, Project, StatusMarker
from wheelyard.names import (
    ProjectName,
    canonical_version,
    is_source_archive,
    is_wheel,
    release_kind,
    sort_versions,
    stated_version,
    version_key,
)
from wheelyard.settings import TagPattern
from wheelyard.specifiers import allows_python, allows_version
from wheelyard.tags import Platform

__all__ = ["Sdists", "Selection", "is_wanted_project", "select"]

Sdists = Literal["always", "if-no-wheel", "never"]
"""When a source archive is wanted."""

_KEY_DIGITS: Final = 32


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The filters of a mirror. The default selects every file of every project.

    ``versions`` are ranges, of which a file has to be in one; empty stands for all. For
    ``pythons`` see ``parse_python``. ``keep_versions`` counts releases, and 0 means all of them.
    """

    versions: tuple[str, ...] = ()
    pythons: tuple[str, ...] = ()
    platforms: tuple[Platform, ...] = ()
    tags: tuple[TagPattern, ...] = ()
    without_tags: tuple[TagPattern, ...] = ()
    sdists: Sdists = "always"
    keep_versions: int = 0
    prereleases: bool = True
    yanked: bool = True
    uploaded_after: Instant | None = None
    max_file_bytes: int | None = None
    filenames: tuple[Expression, ...] = ()
    without_filenames: tuple[Expression, ...] = ()
    statuses: frozenset[StatusMarker] = frozenset({"active", "archived", "deprecated"})

    @cached_property
    def key(self) -> str:
        """A digest of what is selected, the same in every process and every version of Python."""
        given = {
            field.name: _plain(getattr(self, field.name))
            for field in fields(self)
            if getattr(self, field.name) != field.default
        }
        text = json.dumps(given, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:_KEY_DIGITS]

    @cached_property
    def served(self) -> tuple[Served, ...]:
        """Everybody who is served: each Python on each platform; empty stands for anybody."""
        if not (self.pythons or self.platforms):
            return ()
        pairs = product(self.pythons or (None,), self.platforms or (None,))
        return tuple(Served(python, platform) for python, platform in pairs)

    @property
    def asks_for_tags(self) -> bool:
        """Whether only files that state for whom they were built can be judged."""
        return bool(self.served or self.tags or self.without_tags)

    @property
    def asks_for_versions(self) -> bool:
        """Whether the version of a file matters."""
        return bool(
            self.versions
            or self.keep_versions
            or not self.prereleases
            or self.sdists == "if-no-wheel"
        )


def _plain(value: object) -> object:
    """Return a value of a filter as JSON has it; the order of a list says nothing."""
    if isinstance(value, tuple | frozenset):
        return sorted({str(_plain(item)) for item in value})
    return value.text if isinstance(value, TagPattern | Expression) else value


@dataclass(frozen=True, slots=True)
class _Reading:
    """A version as it is read: in its canonical spelling, and the release that it is a build of.

    Both are empty if nobody can read it, or if it does not matter.
    """

    version: str = ""
    release: str = ""
    is_final: bool = True


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A file that may be wanted, with what its name says."""

    file: File
    reading: _Reading
    is_source: bool
    tags: tuple[Tag, ...]


def is_wanted_project(project: Project, selection: Selection) -> bool:
    """Say whether a project with this status is wanted at all; one in quarantine never is.

    Source: PEP 792.
    """
    status = project.status.status
    return status != "quarantined" and status in selection.statuses


def select(project: Project, selection: Selection) -> tuple[File, ...]:
    """Return the files of ``project`` that are wanted, in the order of its page."""
    if not is_wanted_project(project, selection):
        return ()
    files = (file for file in project.files if _may_stay(file, selection))
    candidates = [_candidate(file, project.name, selection) for file in files]
    left = [each for each in candidates if _is_meant(each, selection)]
    if selection.sdists == "if-no-wheel":
        left = [*_without_idle_sources(left, selection)]
    if selection.keep_versions:
        left = [*_newest(left, selection.keep_versions)]
    return tuple(each.file for each in left)


# --- one file -------------------------------------------------------------------------------------


def _may_stay(file: File, selection: Selection) -> bool:
    """Say whether nothing that the page says of a file leaves it out."""
    if file.yanked is not False and not selection.yanked:
        return False
    limit = selection.max_file_bytes
    if limit is not None and file.size is not None and file.size > limit:
        return False
    since = selection.uploaded_after
    if since is not None and file.upload_time and _is_before(file.upload_time, since):
        return False
    name = file.filename
    if selection.filenames and not _matches(name, selection.filenames):
        return False
    return not _matches(name, selection.without_filenames)


def _matches(filename: str, expressions: Sequence[Expression]) -> bool:
    """Say whether one of the expressions matches."""
    return any(expression.matches(filename) for expression in expressions)


def _is_before(upload_time: str, since: Instant) -> bool:
    """Say whether a file was uploaded before ``since``; what is no time is not before it."""
    try:
        moment = datetime.fromisoformat(upload_time)
    except ValueError:
        return False
    # Indexes mean UTC, also where they do not say so. Source: PEP 700.
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() < since


def _candidate(file: File, project: ProjectName, selection: Selection) -> _Candidate:
    """Return a file with as much of what its name says as matters."""
    name = file.filename
    stated = stated_version(name, project) if selection.asks_for_versions else None
    wheel = is_wheel(name)
    tags = tags_of(name) if wheel and selection.asks_for_tags else ()
    is_source = not wheel and is_source_archive(name)
    return _Candidate(file, _read(stated or ""), is_source, tags)


@lru_cache(maxsize=4096)
def _read(stated: str) -> _Reading:
    """Return what a version in a file name says."""
    if (version := canonical_version(stated)) is None:
        return _Reading()
    public = version.partition("+")[0]
    return _Reading(version, version_key(public), release_kind(public) == "final")


def _is_meant(candidate: _Candidate, selection: Selection) -> bool:
    """Say whether a file is wanted for what its name says and for the Python that it asks for."""
    if not _has_wanted_version(candidate.reading, selection):
        return False
    if candidate.is_source:
        return selection.sdists != "never" and (
            not selection.pythons
            or any(_allows(candidate.file, python) for python in selection.pythons)
        )
    if (selection.tags or selection.without_tags) and not has_wanted_tag(
        candidate.tags, selection.tags, selection.without_tags
    ):
        return False
    return not selection.served or any(_serves(candidate, each) for each in selection.served)


def _has_wanted_version(reading: _Reading, selection: Selection) -> bool:
    """Say whether a version is wanted."""
    if not selection.prereleases and not reading.is_final:
        return False
    ranges = selection.versions
    return not ranges or any(allows_version(each, reading.version) for each in ranges)


def _serves(candidate: _Candidate, served: Served) -> bool:
    """Say whether a wheel installs there."""
    return _allows(candidate.file, served.python) and fits(candidate.tags, served)


def _allows(file: File, python: str | None) -> bool:
    """Say whether a file may be used on a Python; None stands for any."""
    asked = file.requires_python
    return python is None or not asked or allows_python(asked, python)


# --- releases -------------------------------------------------------------------------------------


def _by_release(candidates: Iterable[_Candidate]) -> Mapping[str, list[_Candidate]]:
    """Return the files of each release; those that nobody can read are not among them."""
    found: dict[str, list[_Candidate]] = {}
    for each in candidates:
        if each.reading.release:
            found.setdefault(each.reading.release, []).append(each)
    return found


def _without_idle_sources(
    candidates: Sequence[_Candidate], selection: Selection
) -> Iterator[_Candidate]:
    """Yield ``candidates`` without the sources that nobody needs, for there are wheels."""
    wheels = _by_release(each for each in candidates if is_wheel(each.file.filename))
    for each in candidates:
        built = wheels.get(each.reading.release, ())
        if not each.is_source or _is_needed(each, built, selection.served):
            yield each


def _is_needed(source: _Candidate, wheels: Sequence[_Candidate], served: Sequence[Served]) -> bool:
    """Say whether there is somebody who can use ``source`` and none of the ``wheels``.

    A yanked wheel is of no use to who finds a source that is not.
    """
    usable = [
        each for each in wheels if each.file.yanked is False or source.file.yanked is not False
    ]
    if not served:
        return not usable
    return any(
        _allows(source.file, each.python) and not any(_serves(wheel, each) for wheel in usable)
        for each in served
    )


def _newest(candidates: Sequence[_Candidate], number: int) -> Iterator[_Candidate]:
    """Yield the files of the newest releases, of final ones and of others by themselves."""
    releases = _by_release(candidates)
    newest_first = [*reversed(sort_versions(releases))]
    kept: set[str] = set()
    for is_final in (True, False):
        places = number
        for release in newest_first:
            if releases[release][0].reading.is_final is not is_final:
                continue
            if not places:
                break
            kept.add(release)
            places -= any(each.file.yanked is False for each in releases[release])
    for each in candidates:
        if each.reading.release in kept:
            yield each
