"""What ``devpi-server --export DIR`` writes: ``dataindex.json``, and the files beside it.

Only what people uploaded is taken: stages have files of their own, mirrors have copies of what
their upstream still has. Documentation and test results are no distributions.
Source: devpi-server 4 to 6, ``importexport.py`` (dump version 2).
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from wheelyard.blobs import DiskThreads
from wheelyard.clock import Instant
from wheelyard.errors import BadInput, Unavailable
from wheelyard.model import Hashes
from wheelyard.names import ProjectName, parse_project_name
from wheelyard.transport import Beneath
from wheelyard.upload.importing.directories import read_beneath
from wheelyard.upload.importing.offers import Offer, Unusable, Wanted

__all__ = ["DATA_INDEX", "DevpiSource"]

DATA_INDEX: Final = "dataindex.json"
_MAX_BYTES: Final = 1024**3
_DATE_PARTS: Final = 6


class _Event(msgspec.Struct):
    """A line of a file's log. ``when`` is a date in UTC, from the year to the second."""

    what: str = ""
    when: tuple[int, ...] | None = None


class _Entry(msgspec.Struct):
    """What devpi knows of a file's bytes."""

    hashes: dict[str, str] = msgspec.field(default_factory=dict)
    hash_spec: str | None = None
    md5: str | None = None
    last_modified: str | None = None
    yanked: bool | str | None = None


class _File(msgspec.Struct):
    """One file of a stage."""

    type: str = ""
    relpath: str = ""
    projectname: str = ""
    entrymapping: _Entry = msgspec.field(default_factory=_Entry)
    log: list[_Event] = msgspec.field(default_factory=list)


class _Rules(msgspec.Struct):
    """What kind of index it is."""

    type: str = "stage"


class _Index(msgspec.Struct):
    """One index of the export."""

    indexconfig: _Rules = msgspec.field(default_factory=_Rules)
    files: list[_File] = msgspec.field(default_factory=list)


class _Export(msgspec.Struct):
    """The whole export."""

    indexes: dict[str, _Index]


class DevpiSource:
    """The files of one stage of an export."""

    def __init__(self, directory: Path, stage: str, disk: DiskThreads) -> None:
        """Offer what ``stage`` (``USER/INDEX``) has; empty if there is only one that has files."""
        self._directory = directory
        self._stage = stage
        self._disk = disk
        self._beneath = Beneath(directory)

    @property
    def shown(self) -> str:
        """What people call it."""
        stage = f" of `{self._stage}`" if self._stage else ""
        return f"the devpi export{stage} in `{self._directory}`"

    async def offers(self, wanted: Wanted) -> AsyncIterator[Offer | Unusable]:
        """Yield the uploaded files; see ``Source``."""
        index = await self._disk.run(self._load)
        for file in index.files:
            if file.type != "releasefile":
                continue
            filename = file.relpath.rpartition("/")[2]
            try:
                project = parse_project_name(file.projectname)
            except BadInput as error:
                yield Unusable(filename, file.relpath, str(error))
                continue
            if wanted.includes(project):
                yield self._offer(file, filename, project)

    def _offer(self, file: _File, filename: str, project: ProjectName) -> Offer:
        """Return the offer of a file."""
        return Offer(
            filename,
            file.relpath,
            project,
            partial(read_beneath, self._beneath, file.relpath, self._disk),
            hashes=_hashes(file.entrymapping),
            uploaded_at=_uploaded_at(file),
            yanked=_yanked(file.entrymapping),
            is_near=True,
        )

    def _load(self) -> _Index:
        """Return the stage that is meant; touches the disk.

        Raises:
            BadInput: it is no export, or has no such stage.
            Unavailable: it cannot be read.
        """
        path = self._directory / DATA_INDEX
        try:
            if path.stat().st_size > _MAX_BYTES:
                raise BadInput(f"`{path}` is larger than any export.")
            export = msgspec.json.decode(path.read_bytes(), type=_Export)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BadInput(
                f"`{path}` is not what `devpi-server --export` writes: {error}."
            ) from error
        except OSError as error:
            raise Unavailable(f"`{path}`", (error.strerror or str(error)).lower()) from error
        return self._choose(export)

    def _choose(self, export: _Export) -> _Index:
        """Return the stage that was named, or the only one that has files."""
        stages = {
            name: index
            for name, index in export.indexes.items()
            if index.indexconfig.type != "mirror" and index.files
        }
        names = ", ".join(f"`{name}`" for name in sorted(stages)) or "none that has files"
        if self._stage:
            if self._stage not in stages:
                raise BadInput(f"The export has no stage `{self._stage}`. It has: {names}.")
            return stages[self._stage]
        if len(stages) > 1:
            raise BadInput(f"The export has several stages: say which with `--stage`: {names}.")
        return next(iter(stages.values()), _Index())


def _hashes(entry: _Entry) -> Hashes:
    """Return the digests that the export states."""
    found = dict(entry.hashes)
    if entry.hash_spec and "=" in entry.hash_spec:
        name, _, digest = entry.hash_spec.partition("=")
        found.setdefault(name, digest)
    if entry.md5:
        found.setdefault("md5", entry.md5)
    return tuple(found.items())


def _uploaded_at(file: _File) -> Instant | None:
    """Return when the file was uploaded first, if its log says so."""
    for event in file.log:
        if event.what == "upload" and event.when and len(event.when) >= _DATE_PARTS:
            try:
                year, month, day, hour, minute, second, *_ = event.when
                moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
            except (ValueError, OverflowError):
                return None
            return Instant(moment.timestamp())
    return None


def _yanked(entry: _Entry) -> str | None:
    """Return why it is yanked: empty without a reason, None if it is not."""
    if isinstance(entry.yanked, str):
        return entry.yanked
    return "" if entry.yanked else None
