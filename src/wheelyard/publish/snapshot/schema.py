"""The tables of a snapshot, with what each column says: the one place where they are described.

Editing rules: what is added, removed or means something else changes `SCHEMA_VERSION`, and so does
what a column is filled with (`rows.py`): working copies of another version are made anew. Keys are
made of content, never counted up, so that the same content has the same bytes whatever happened
before. The reference page (`docs/reference/snapshot.md`) is checked against this module.
"""

from dataclasses import dataclass
from typing import Final

__all__ = [
    "APPLICATION_ID",
    "INDEXES",
    "PAGE_BYTES",
    "PYTHONS",
    "SCHEMA_VERSION",
    "TABLES",
    "Column",
    "Index",
    "Table",
    "table",
]

SCHEMA_VERSION: Final = 1
"""Stands in `PRAGMA user_version` and in `meta` too."""

APPLICATION_ID: Final = 0x57685964
"""`PRAGMA application_id`: "WhYd" in ASCII."""

PAGE_BYTES: Final = 4096
"""Small, for those who read a snapshot over HTTP range by range."""

PYTHONS: Final = ("2.7", *(f"3.{minor}" for minor in range(3, 21)))
"""The Pythons that `python_support` tells of."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, its type in SQL, and a sentence about it."""

    name: str
    type: str
    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table, in the order of its key."""

    name: str
    key: tuple[str, ...]
    text: str
    columns: tuple[Column, ...]

    @property
    def sql(self) -> str:
        """The statement that makes it."""
        parts = [f"{column.name} {column.type}" for column in self.columns]
        key = ", ".join(self.key)
        return f"CREATE TABLE {self.name} ({', '.join(parts)}, PRIMARY KEY ({key})) WITHOUT ROWID"

    @property
    def insert(self) -> str:
        """The statement that puts a row into it, in the order of the columns."""
        names = ", ".join(column.name for column in self.columns)
        marks = ", ".join("?" for _ in self.columns)
        return f"INSERT INTO {self.name} ({names}) VALUES ({marks})"  # noqa: S608 - our own names


@dataclass(frozen=True, slots=True)
class Index:
    """An index of a table, beside its key."""

    name: str
    table: str
    columns: tuple[str, ...]
    where: str = ""

    @property
    def sql(self) -> str:
        """The statement that makes it."""
        where = f" WHERE {self.where}" if self.where else ""
        return f"CREATE INDEX {self.name} ON {self.table} ({', '.join(self.columns)}){where}"


_TEXT: Final = "TEXT NOT NULL"
_MAYBE: Final = "TEXT"
_NUMBER: Final = "INTEGER NOT NULL"

_PROJECT: Final = Column("project", _TEXT, "Normalised name of the project.")
_VERSION: Final = Column("version", _TEXT, "Version, as spelled in `releases`.")

_META: Final = Table(
    "meta",
    ("key",),
    "What the snapshot is: a row for each of `schema_version`, `index`, `serial`, `generated`.",
    (
        Column("key", _TEXT, "What is said."),
        Column(
            "value",
            _MAYBE,
            "`schema_version` is the number of this description. `index` is the name of the index. "
            "`serial` is that of the newest change of anything that the index shows. `generated` "
            "is when that was, or when the newest file was uploaded if that was later: RFC 3339 in "
            "UTC. It does not say when the file was written, so that the same content has the same "
            "bytes.",
        ),
    ),
)
_PROJECTS: Final = Table(
    "projects",
    ("name",),
    "Every project that the index shows, but for those in quarantine.",
    (
        Column("name", _TEXT, "Normalised name."),
        Column("written", _TEXT, "Name as its owner writes it, such as `Flask`."),
        Column("status", _TEXT, "`active`, `archived` or `deprecated` (PEP 792)."),
        Column("status_reason", _MAYBE, "Why, if the index says so."),
        Column(
            "latest_version",
            _MAYBE,
            "Newest version with a file that is not yanked: a final one if there is one, else a "
            "pre-release. NULL if there is none.",
        ),
        Column("summary", _MAYBE, "One line about it, out of the metadata of that version."),
    ),
)
_RELEASES: Final = Table(
    "releases",
    ("project", "version"),
    "Every version of every project.",
    (
        _PROJECT,
        Column("version", _TEXT, "Version, as its owner spells it."),
        Column("position", _NUMBER, "0 for the oldest version of the project, 1 for the next, ..."),
        Column("is_prerelease", _NUMBER, "1 for pre-releases and development builds (PEP 440)."),
        Column("yanked", _NUMBER, "1 if it has files and all of them are yanked (PEP 592)."),
        Column("files", _NUMBER, "How many files it has."),
        Column("upload_time", _MAYBE, "When the first of its files was uploaded; RFC 3339 in UTC."),
        Column(
            "metadata_from",
            _MAYBE,
            "File whose core metadata counts for the release: of those that offer it a wheel for "
            "every platform before others, and then the first by name. NULL if no file offers "
            "metadata; then nothing is known of its requirements.",
        ),
        Column(
            "license",
            _MAYBE,
            "SPDX expression, or the `License` field if it is one line of at most 100 characters.",
        ),
    ),
)
_FILES: Final = Table(
    "files",
    ("project", "filename"),
    "Every file.",
    (
        _PROJECT,
        Column("filename", _TEXT, "Name of the file."),
        Column("version", _MAYBE, "Version, as in `releases`; NULL if its name states none."),
        Column("url", _TEXT, "Where it is, relative to the root of the index; percent-encoded."),
        Column("size", "INTEGER", "Bytes, if known."),
        Column("sha256", _MAYBE, "Digest, 64 hex digits, if known."),
        Column("requires_python", _MAYBE, "Which Pythons it is for; see `python_support`."),
        Column("yanked", _NUMBER, "1 if it is yanked."),
        Column("yanked_reason", _MAYBE, "Why, if its owner says so."),
        Column("upload_time", _MAYBE, "When it was uploaded; RFC 3339 in UTC."),
        Column("packagetype", _TEXT, "`bdist_wheel`, `sdist`, or an old kind as PyPI names it."),
        Column("tags", _MAYBE, "Tags of a wheel as in its name; see `wheel_tags`. NULL of others."),
        Column("metadata_sha256", _MAYBE, "Digest of its core metadata at `url` + `.metadata`."),
    ),
)
_REQUIREMENTS: Final = Table(
    "requirements",
    ("project", "version", "position"),
    "What each release requires, out of the metadata that `releases.metadata_from` names.",
    (
        _PROJECT,
        _VERSION,
        Column("position", _NUMBER, "Place in the metadata, from 0."),
        Column("requires", _TEXT, "Normalised name of the project that is required."),
        Column("extras", _MAYBE, "Its extras that are wanted, with commas between them."),
        Column("specifier", _MAYBE, "Which versions of it do, such as `<3,>=2.0`."),
        Column("marker", _MAYBE, "When it is required (PEP 508)."),
        Column("extra", _MAYBE, "Extra of the project itself that the marker names."),
        Column("url", _MAYBE, "Where it is to come from, without credentials, if that is stated."),
    ),
)
_CLASSIFIERS: Final = Table(
    "classifiers",
    ("project", "classifier"),
    "Classifiers of the latest version of each project; those of others are in their metadata.",
    (_PROJECT, Column("classifier", _TEXT, "Such as `Framework :: Django`.")),
)
_WHEEL_TAGS: Final = Table(
    "wheel_tags",
    ("tags", "python", "abi", "platform"),
    "What each `files.tags` stands for (PEP 425): a wheel fits if one of its rows fits.",
    (
        Column("tags", _TEXT, "Such as `py2.py3-none-any`."),
        Column("python", _TEXT, "Such as `cp311`, `abi3` or `py3`."),
        Column("abi", _TEXT, "Such as `cp311` or `none`."),
        Column("platform", _TEXT, "Such as `win_amd64` or `any`."),
    ),
)
_PYTHON_SUPPORT: Final = Table(
    "python_support",
    ("requires_python", "python"),
    "Which Pythons each `files.requires_python` allows, in any of their patch releases.",
    (
        Column("requires_python", _TEXT, "Such as `>=3.9`."),
        Column("python", _TEXT, f"Such as `3.11`: from `{PYTHONS[0]}` to `{PYTHONS[-1]}`."),
    ),
)
_DOWNLOADS: Final = Table(
    "downloads_daily",
    ("day", "project"),
    "How often files of each project were taken from this index.",
    (
        Column("day", _TEXT, "Day in UTC, such as `2026-01-31`."),
        _PROJECT,
        Column("downloads", _NUMBER, "By installers and people."),
        Column("mirror_downloads", _NUMBER, "By programs that copy indexes."),
    ),
)

TABLES: Final = (
    *(_META, _PROJECTS, _RELEASES, _FILES, _REQUIREMENTS, _CLASSIFIERS),
    *(_WHEEL_TAGS, _PYTHON_SUPPORT, _DOWNLOADS),
)

INDEXES: Final = (
    Index("requirements_by_requires", "requirements", ("requires", "project", "version")),
    Index("classifiers_by_classifier", "classifiers", ("classifier", "project")),
    Index("files_by_tags", "files", ("tags", "project"), "tags IS NOT NULL"),
    Index("files_by_yanked", "files", ("project", "version"), "yanked = 1"),
    Index("downloads_by_project", "downloads_daily", ("project", "day")),
)


def table(name: str) -> Table:
    """Return the table of that name."""
    return next(each for each in TABLES if each.name == name)
