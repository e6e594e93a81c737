"""Writing: rows of projects into the working copy, and a snapshot out of it. Blocks."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from wheelyard.clock import Instant
from wheelyard.names import ProjectName, Sha256
from wheelyard.publish.snapshot.copying import (
    copy_rows,
    digest_path,
    draft_path,
    file_digest,
    put_in_place,
)
from wheelyard.publish.snapshot.expanding import expand_pythons, expand_tags
from wheelyard.publish.snapshot.report import SnapshotAbout, SnapshotReport
from wheelyard.publish.snapshot.rows import DayCounts, ProjectRows
from wheelyard.publish.snapshot.schema import SCHEMA_VERSION, table
from wheelyard.publish.snapshot.working import Working, disk_trouble, open_working

__all__ = ["Writer"]

_OF_PROJECT: Final = ("releases", "files", "requirements", "classifiers")
_SECONDS: Final = len("2026-01-31T12:00:00")

_INSERT_PAGE: Final = "INSERT INTO working_pages VALUES (?, ?, ?, ?, ?)"
_INSERT_TAKEN: Final = "INSERT INTO working_downloads VALUES (?, ?, ?, ?)"
_SET_META: Final = "INSERT OR REPLACE INTO working_meta VALUES (?, ?)"
_COUNT_USE: Final = (
    "INSERT INTO working_uses VALUES (?, ?, ?)"
    " ON CONFLICT (kind, text) DO UPDATE SET uses = uses + excluded.uses"
)

_KINDS: Final[dict[str, tuple[str, str, Callable[[str], Iterable[tuple[str, ...]]]]]] = {
    "tags": ("wheel_tags", "tags", expand_tags),
    "requires_python": ("python_support", "requires_python", expand_pythons),
}
"""The tables that spell out texts of files: their column, and what fills them."""


@dataclass(slots=True)
class Writer:
    """A working copy while it is brought up to date. See ``drafting.py`` for how it is used."""

    working: Working
    mark: str
    unread: int = 0
    _uses: Counter[tuple[str, str]] = field(default_factory=Counter)
    _last: str = ""
    _changed: int = 0
    _removed: int = 0
    _is_kept: bool = False

    @classmethod
    def open(cls, path: Path) -> "Writer":
        """Open the working copy at ``path``, or begin a new one.

        Raises:
            Unavailable: the disk would not.
        """
        working = open_working(path)
        row = working.connection.execute(
            "SELECT value FROM working_meta WHERE key = 'mark'"
        ).fetchone()
        return cls(working, row[0] if row else "")

    @property
    def is_new(self) -> bool:
        """Whether nothing is known from before."""
        return self.working.is_new

    def differs(self, name: ProjectName, digest: bytes) -> bool:
        """Say whether a page is not the one that was written down."""
        return self._is_first(name) or self._digest_of(name) != digest

    def _digest_of(self, name: ProjectName) -> bytes | None:
        row = self._execute("SELECT digest FROM working_pages WHERE project = ?", (name,))
        found = row.fetchone()
        return None if found is None else bytes(found[0])

    def put(self, projects: Sequence[ProjectRows]) -> None:
        """Write the rows of projects, each in place of those that it had.

        Raises:
            Unavailable: they cannot be written.
        """
        self._forget([each.name for each in projects if not self._is_first(each.name)])
        self._changed += len(projects)
        self._last = max([self._last, *(each.name for each in projects)])
        for each in projects:
            self._uses.update(("tags", text) for text in each.tags)
            self._uses.update(("requires_python", text) for text in each.requires_pythons)
        self._many(table("projects").insert, [each.project for each in projects])
        for name in _OF_PROJECT:
            rows = [row for each in projects for row in getattr(each, name)]
            self._many(table(name).insert, rows)
        self._many(_INSERT_PAGE, [_page_row(each) for each in projects])

    def _is_first(self, name: ProjectName) -> bool:
        """Say whether nothing can be known of a project: all that came was before it."""
        return self.is_new and name > self._last

    def remove(self, names: Iterable[ProjectName]) -> None:
        """Remove projects, as far as they are known.

        Raises:
            Unavailable: the disk would not.
        """
        self._removed += self._forget([name for name in names if self._digest_of(name) is not None])

    def keep_only(self, names: Collection[ProjectName]) -> None:
        """Remove every project but these; as ``remove``."""
        known = [row[0] for row in self._execute("SELECT project FROM working_pages")]
        self.remove([name for name in known if name not in names])

    def _forget(self, names: Sequence[ProjectName]) -> int:
        """Remove the rows of projects; return of how many there were some."""
        keys = [(name,) for name in names]
        for name in names:
            for tags, requires in self._execute(
                "SELECT tags, requires_python FROM files WHERE project = ?", (name,)
            ):
                self._uses.subtract([("tags", tags)] if tags is not None else [])
                self._uses.subtract([("requires_python", requires)] if requires is not None else [])
        for each in _OF_PROJECT:
            self._many(f"DELETE FROM {each} WHERE project = ?", keys)  # noqa: S608 - our own names
        self._many("DELETE FROM working_pages WHERE project = ?", keys)
        return self._many("DELETE FROM projects WHERE name = ?", keys)

    def day_counts(self) -> dict[str, str]:
        """Return how the downloads of each day were counted the last time."""
        return dict(self._execute("SELECT day, counted FROM working_days"))

    def put_day(self, counts: DayCounts) -> None:
        """Write the downloads of a day in place of those that it had.

        Raises:
            Unavailable: they cannot be written.
        """
        self.forget_days([counts.day])
        self._many("INSERT INTO working_days VALUES (?, ?)", [(counts.day, counts.counted)])
        rows = [(counts.day, name, *taken) for name, taken in sorted(counts.projects.items())]
        self._many(_INSERT_TAKEN, rows)

    def forget_days(self, days: Collection[str]) -> None:
        """Forget the downloads of days."""
        keys = [(day,) for day in days]
        self._many("DELETE FROM working_days WHERE day = ?", keys)
        self._many("DELETE FROM working_downloads WHERE day = ?", keys)

    def finish(self, path: Path, about: SnapshotAbout, mark: str) -> SnapshotReport:
        """Keep the working copy, and write the snapshot and its digest.

        Raises:
            Unavailable: they cannot be written.
        """
        try:
            self._spell_out()
            self._state(about)
            # Until the snapshot is there, nobody may take this state for one that was finished.
            self._many(_SET_META, [("mark", "")])
            self.working.commit()
            self._is_kept = True
            sha256, is_same = self._write(path)
            self._many(_SET_META, [("mark", mark)])
            report = self._report(path, about, sha256, is_same=is_same)
        except (OSError, sqlite3.Error) as error:
            self.working.is_damaged = isinstance(error, sqlite3.Error)
            raise disk_trouble(path, error) from error
        return report

    def close(self) -> None:
        """Close the working copy; what was not finished is given up.

        Raises:
            Unavailable: the disk would not.
        """
        try:
            self.working.close(keeps=self._is_kept)
        except (OSError, sqlite3.Error) as error:
            raise disk_trouble(self.working.path, error) from error

    def _write(self, path: Path) -> tuple[Sha256, bool]:
        """Write the snapshot; return its digest, and whether that is what was there."""
        draft = draft_path(path)
        draft.unlink(missing_ok=True)  # of a process that was killed
        try:
            copy_rows(self.working.connection, draft)
            sha256 = file_digest(draft)
            assert sha256 is not None  # noqa: S101 - it was written just now
            line = f"{sha256}  {path.name}\n".encode()
            is_same = _content(digest_path(path)) == line and file_digest(path) == sha256
            if not is_same:
                put_in_place(draft, path, sha256)
        finally:
            draft.unlink(missing_ok=True)
        return sha256, is_same

    def _spell_out(self) -> None:
        """Bring the tables up to date that spell out what files say."""
        uses = [(*key, change) for key, change in sorted(self._uses.items()) if change]
        self._uses.clear()
        self._many(_COUNT_USE, uses)
        for kind, text, change in uses:
            name, column, expand = _KINDS[kind]
            key = (kind, text)
            (now,) = self._execute("SELECT uses FROM working_uses WHERE (kind, text) = (?, ?)", key)
            if now[0] <= 0:
                self._execute("DELETE FROM working_uses WHERE (kind, text) = (?, ?)", key)
                self._execute(f"DELETE FROM {name} WHERE {column} = ?", (text,))  # noqa: S608 - our own names
            elif now[0] == change:
                self._many(table(name).insert, list(expand(text)))

    def _state(self, about: SnapshotAbout) -> None:
        """Write down what the snapshot is of."""
        (newest,) = self._execute("SELECT max(newest) FROM working_pages").fetchone()
        moments = [moment for moment in (_stamp(about.changed_at), _shortened(newest)) if moment]
        said = {
            "schema_version": str(SCHEMA_VERSION),
            "index": about.index,
            "serial": str(about.serial),
            "generated": max(moments, default=None),
        }
        self._execute("DELETE FROM meta")
        self._many(table("meta").insert, list(said.items()))

    def _report(
        self, path: Path, about: SnapshotAbout, sha256: Sha256, *, is_same: bool
    ) -> SnapshotReport:
        """Return what became of it."""
        counts = "SELECT count(*), coalesce(sum(releases), 0), coalesce(sum(files), 0)"
        projects, releases, files = self._execute(f"{counts} FROM working_pages").fetchone()
        return SnapshotReport(
            path,
            sha256,
            path.stat().st_size,
            about.serial,
            projects,
            releases,
            files,
            self._changed,
            self._removed,
            self.unread,
            is_new=self.is_new,
            is_same=is_same,
        )

    def _execute(self, statement: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        """Execute a statement.

        Raises:
            Unavailable: the disk would not, or the working copy is damaged.
        """
        try:
            return self.working.connection.execute(statement, values)
        except sqlite3.Error as error:
            self.working.is_damaged = True
            raise disk_trouble(self.working.path, error) from error

    def _many(self, statement: str, rows: Sequence[Sequence[object]]) -> int:
        """Execute a statement for each of ``rows``; return how many rows it changed."""
        if not rows:
            return 0
        try:
            return self.working.connection.executemany(statement, rows).rowcount
        except sqlite3.Error as error:
            self.working.is_damaged = True
            raise disk_trouble(self.working.path, error) from error


def _page_row(rows: ProjectRows) -> tuple[object, ...]:
    """Return what is written down of a page."""
    return (rows.name, rows.digest, len(rows.releases), len(rows.files), rows.newest_upload)


def _stamp(moment: Instant | None) -> str:
    """Return a moment in RFC 3339, in UTC and whole seconds; empty for none."""
    if moment is None:
        return ""
    return datetime.fromtimestamp(int(moment), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _shortened(upload_time: str | None) -> str:
    """Return the upload time of a file in whole seconds; empty for none."""
    return f"{upload_time[:_SECONDS]}Z" if upload_time else ""


def _content(path: Path) -> bytes | None:
    """Return the content of a small file; None if there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
