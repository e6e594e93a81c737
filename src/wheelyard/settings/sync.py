"""What an index is filled with ahead of need, and when: ``[sync.INDEX]``."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from wheelyard.expressions import Expression
from wheelyard.settings import filters, kinds
from wheelyard.settings.filters import MIRRORED_STATUSES, ProjectRule, Since, TagPattern
from wheelyard.settings.patterns import NAME_PATTERNS, PATHS, NamePattern
from wheelyard.settings.words import Words

__all__ = ["SyncSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncSettings:
    """What one index is filled with ahead of need, and when.

    ``pythons`` and ``platforms`` are in their one spelling (see ``wheelyard.tags``).
    """

    name: str
    all: Annotated[
        bool,
        kinds.SWITCH,
        Words("Every project that the upstream lists.", flag="--all"),
    ] = False
    projects: Annotated[
        tuple[ProjectRule, ...],
        filters.PROJECT_RULES,
        Words(
            "Projects by name or pattern, such as `zope-*`; with the versions that are wanted if "
            "not all are, such as `django>=4.2`.",
            flag="--project",
            metavar="NAME",
        ),
    ] = ()
    without: Annotated[
        tuple[NamePattern, ...],
        NAME_PATTERNS,
        Words(
            "Projects by name or pattern that are left out, even if requirements need them.",
            flag="--without",
            metavar="NAME",
        ),
    ] = ()
    requirements: Annotated[
        tuple[Path, ...],
        PATHS,
        Words(
            "Requirements and lock files (`pylock.toml`, `uv.lock`, `poetry.lock`) that are to be "
            "installable, with everything that they depend on.",
            flag="--requirement",
            metavar="FILE",
        ),
    ] = ()
    pythons: Annotated[
        tuple[str, ...],
        filters.PYTHONS,
        Words(
            "Pythons that are served, such as `3.11`: wheels that fit none of them, and files that "
            "ask for another Python, are left out.",
            flag="--python",
            metavar="V",
            shown_default="any",
        ),
    ] = ()
    platforms: Annotated[
        tuple[str, ...],
        filters.PLATFORMS,
        Words(
            "Platforms that are served, such as `manylinux_2_28_x86_64`, `win_amd64` or "
            "`macosx_14_0_arm64`: wheels that fit none of them are left out.",
            flag="--platform",
            metavar="TAG",
            shown_default="any",
        ),
    ] = ()
    tags: Annotated[
        tuple[TagPattern, ...],
        filters.TAGS,
        Words(
            "Tags of wheels, as Python, ABI and platform with `*` for any characters, such as "
            "`cp311-*-win_amd64`: other wheels are left out.",
            flag="--tag",
            metavar="PATTERN",
            shown_default="any",
        ),
    ] = ()
    without_tags: Annotated[
        tuple[TagPattern, ...],
        filters.TAGS,
        Words(
            "Tags that do not count: a wheel that has no other tag is left out.",
            flag="--without-tag",
            metavar="PATTERN",
        ),
    ] = ()
    sdists: Annotated[
        Literal["always", "if-no-wheel", "never"],
        kinds.choice("always", "if-no-wheel", "never"),
        Words(
            "Source archives: `always`, only `if-no-wheel` of the release serves somebody who is "
            "served, or `never`.",
            flag="--sdists",
            metavar="WHEN",
        ),
    ] = "always"
    keep_versions: Annotated[
        int | None,
        kinds.whole(1),
        Words(
            "How many releases of a project, the newest ones; pre-releases are counted by "
            "themselves.",
            "releases",
            flag="--keep-versions",
            metavar="N",
            shown_default="all",
        ),
    ] = None
    prereleases: Annotated[
        bool,
        kinds.SWITCH,
        Words("Pre-releases and development builds as well.", flag="--prereleases"),
    ] = True
    yanked: Annotated[
        bool,
        kinds.SWITCH,
        Words("Yanked files as well: who has pinned one can install it.", flag="--yanked"),
    ] = True
    uploaded_after: Annotated[
        Since | None,
        filters.SINCE,
        Words(
            "Only files that were uploaded since a date such as `2026-01-31`, or within a period "
            "such as `P90D` or `P1Y`.",
            flag="--uploaded-after",
            metavar="WHEN",
            shown_default="any",
        ),
    ] = None
    max_file_bytes: Annotated[
        int | None,
        kinds.SIZE,
        Words(
            "Only files of at most this size.",
            "bytes",
            flag="--max-file-bytes",
            metavar="SIZE",
            shown_default="any",
        ),
    ] = None
    filenames: Annotated[
        tuple[Expression, ...],
        filters.EXPRESSIONS,
        Words(
            "Only files in whose names one of these regular expressions matches somewhere; upper "
            "and lower case are the same.",
            flag="--filename",
            metavar="REGEX",
            shown_default="any",
        ),
    ] = ()
    without_filenames: Annotated[
        tuple[Expression, ...],
        filters.EXPRESSIONS,
        Words(
            "No files in whose names one of these regular expressions matches somewhere.",
            flag="--without-filename",
            metavar="REGEX",
        ),
    ] = ()
    statuses: Annotated[
        tuple[str, ...],
        filters.STATUSES,
        Words(
            "Which projects by their status: `active`, `archived`, `deprecated`. One in quarantine "
            "never is.",
            flag="--status",
            metavar="STATUS",
            shown_default="all three",
        ),
    ] = MIRRORED_STATUSES
    metadata_only: Annotated[
        bool,
        kinds.SWITCH,
        Words(
            "Project pages alone; files come when somebody asks for them.", flag="--metadata-only"
        ),
    ] = False
    max_concurrency: Annotated[
        int,
        kinds.whole(1, 64),
        Words(
            "How many questions an upstream is asked at the same time at most. It begins with "
            "few, and follows what the upstream bears: fewer when it asks for patience (429, 503, "
            "`Retry-After`) or answers more slowly.",
        ),
    ] = 64
    every_seconds: Annotated[
        float,
        kinds.SECONDS,
        Words(
            "How often the server fills it by itself, counted from start to start; 0 means never.",
            "seconds",
        ),
    ] = 0.0
    patience_seconds: Annotated[
        float,
        kinds.SECONDS,
        Words(
            "How long a sync waits for an upstream that has stopped answering, before it leaves "
            "the rest for the next time.",
            "seconds",
        ),
    ] = 60.0
    max_removals_percent: Annotated[
        int,
        kinds.whole(0, 100),
        Words(
            "How much of what is mirrored may vanish in one sync; if it is more, and more than ten "
            "projects, nothing is removed until `--allow-removals` says so.",
            "percent",
        ),
    ] = 5
    removal_grace_days: Annotated[
        float,
        kinds.DAYS,
        Words(
            "How long files are kept that the upstream does not list any more, before "
            "`wheelyard gc` removes them. Their pages change at once.",
            "days",
        ),
    ] = 7.0
