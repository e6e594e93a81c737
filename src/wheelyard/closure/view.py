"""The view of an index that a resolver is given: for one target, and with nothing to execute.

A resolver that meets an sdist builds it to learn what it requires, and so executes what a stranger
wrote. Here it meets none: each release is shown as one wheel that installs everywhere, in the
place of the file that an installer on the target would take. Its metadata are those of that file.
Of an sdist they are those of a wheel beside it, for another platform, as uv takes them too, else
what it states itself (``stated.py``). So the resolver's choice is the one that it would make on
the target, and it downloads nothing but metadata.

Releases of which nothing fits are shown with their wheels as they are, so that the resolver's
explanation can say so.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

import anyio.to_thread
import msgspec

from wheelyard.closure.asked import Formats
from wheelyard.closure.base import Target
from wheelyard.closure.fitting import best_rank, is_sdist, sdist_rank, wheel_tags
from wheelyard.closure.shop import Shop
from wheelyard.closure.stated import stated_metadata
from wheelyard.errors import Absent, BadInput, WheelyardError
from wheelyard.model import File, Project
from wheelyard.names import Filename, ProjectName, canonical_version, filename_version, is_wheel
from wheelyard.specifiers import reaches_python

__all__ = ["View"]


@dataclass(slots=True)
class View:
    """What one resolver sees for one target.

    ``failures`` are the causes of answers that it could not be given, by project. ``doubts`` say
    what is uncertain about the requirements of a release, by project and version.
    """

    shop: Shop
    target: Target
    formats: Formats
    failures: dict[ProjectName, str] = field(default_factory=dict)
    doubts: dict[tuple[ProjectName, str], str] = field(default_factory=dict)
    _sources: dict[str, tuple[Project, File]] = field(default_factory=dict)
    """Which file the metadata of a shown one are taken from."""

    async def page(self, name: ProjectName) -> Project | None:
        """Return the page of a project as it is shown, or None if there is no such project."""
        try:
            project = await self.shop.project(name)
        except Absent:
            return None
        except WheelyardError as error:
            self.failures[name] = str(error)
            raise
        # Large pages have thousands of names to be parsed.
        return await anyio.to_thread.run_sync(self._show, project)

    async def metadata(self, name: ProjectName, filename: str) -> bytes | None:
        """Return the metadata of a file as it is shown, or None if none of that name was."""
        if filename not in self._sources:
            return None
        project, file = self._sources[filename]
        try:
            if is_wheel(file.filename):
                return await self.shop.wheel_metadata(project, file)
            return await self._stated(project, file)
        except WheelyardError as error:
            self.failures[name] = str(error)
            raise

    def _show(self, project: Project) -> Project:
        """Return a page as it is shown."""
        shown = [file for release in _releases(project) for file in self._shown(project, release)]
        return msgspec.structs.replace(project, files=tuple(shown), versions=())

    async def _stated(self, project: Project, file: File) -> bytes:
        """Return the metadata that an sdist states."""
        version = _version(file, project)
        try:
            facts = await self.shop.sdist_facts(project, file)
            stated = stated_metadata(facts, project.name, version)
        except BadInput as error:
            raise BadInput(
                f"`{project.name}` {version} has no wheel for {self.target}, and of its sdist "
                f"`{file.filename}`: {error}. Have a wheel of it in the index."
            ) from error
        if stated.doubt:
            self.doubts[(project.name, version)] = stated.doubt
        return stated.metadata

    def _shown(self, project: Project, release: list[File]) -> Iterator[File]:
        """Yield the files of one release as they are shown."""
        taken = self._take(project.name, release)
        if taken is None:
            for file in release:
                if is_wheel(file.filename):
                    self._sources[file.filename] = (project, file)
                    yield file
            return
        stem = f"{project.name.replace('-', '_')}-{_version(taken, project)}"
        shown = Filename(f"{stem}-py3-none-any.whl")
        self._sources[shown] = (project, self._source(taken, release))
        yield msgspec.structs.replace(taken, filename=shown, core_metadata=(), hashes=())

    def _source(self, taken: File, release: list[File]) -> File:
        """Return the file whose metadata count for the one that is taken."""
        if is_wheel(taken.filename):
            return taken
        here = {tag.rpartition("-")[0] for tag in self.target.tags}
        others = [
            (all(tag.rpartition("-")[0] not in here for tag in tags), file.filename, file)
            for file in release
            if (tags := wheel_tags(file.filename))
            and file.yanked == taken.yanked
            and reaches_python(file.requires_python, self.target.full_version)
        ]
        # Those for this Python first: only their platform differs.
        return min(others, key=lambda entry: entry[:2], default=(False, "", taken))[2]

    def _take(self, name: ProjectName, release: list[File]) -> File | None:
        """Return the file of a release that an installer on the target would take.

        Yanked ones only if there are no others: whether they may be used is for the resolver.
        """
        allowed = [
            file
            for file in release
            if reaches_python(file.requires_python, self.target.full_version)
        ]
        ranked = [
            (file.yanked is not False, rank, file.filename, file)
            for file in allowed
            if not self.formats.forbids_wheels(name)
            and (rank := best_rank(wheel_tags(file.filename), self.target)) is not None
        ]
        sdists = [
            (file.yanked is not False, *sdist_rank(file), file)
            for file in allowed
            if is_sdist(file.filename) and not self.formats.forbids_sdists(name)
        ]
        best_wheel = min(ranked, key=lambda entry: entry[:3], default=None)
        best_sdist = min(sdists, key=lambda entry: entry[:3], default=None)
        if best_wheel and (best_sdist is None or not best_wheel[0] or best_sdist[0]):
            return best_wheel[3]
        return best_sdist[3] if best_sdist else None


def _releases(project: Project) -> Iterator[list[File]]:
    """Yield the files of each release whose version is one."""
    keyed = [
        (version, file)
        for file in project.files
        if (version := canonical_version(_version(file, project))) is not None
    ]
    keyed.sort(key=lambda pair: (pair[0], pair[1].filename))
    for _, pairs in groupby(keyed, key=lambda pair: pair[0]):
        yield [file for _, file in pairs]


def _version(file: File, project: Project) -> str:
    """Return the version that a file's name states; empty if it states none."""
    return filename_version(file.filename, project.name) or ""
