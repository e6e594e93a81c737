"""Filters that contradict each other are refused at start, before anything is fetched."""

from dataclasses import replace
from pathlib import Path

import pytest

from wheelyard.clock import Instant
from wheelyard.errors import ConfigError
from wheelyard.expressions import Expression
from wheelyard.settings import (
    NamePattern,
    ProjectRule,
    Since,
    SyncSettings,
    TagPattern,
    load_settings,
    start_problems,
    sync_problems,
)

ALL = SyncSettings(name="main", all=True)
NOW = Instant(1_790_000_000.0)


def named(*rules: tuple[str, str], **changes: object) -> SyncSettings:
    """Return a mirror of these projects, with ranges of their versions."""
    projects = tuple(ProjectRule(NamePattern(pattern), versions) for pattern, versions in rules)
    return replace(SyncSettings(name="main", projects=projects), **changes)  # type: ignore[arg-type]  # any field


def tagged(*tags: str, without: tuple[str, ...] = (), **changes: object) -> SyncSettings:
    """Return a mirror of everything with these tags."""
    patterns = tuple(TagPattern(each) for each in tags)
    unwanted = tuple(TagPattern(each) for each in without)
    return replace(ALL, tags=patterns, without_tags=unwanted, **changes)  # type: ignore[arg-type]  # any field


LINUX = {"pythons": ("3.11",), "platforms": ("manylinux_2_28_x86_64",)}


@pytest.mark.parametrize(
    ("sync", "sentence"),
    [
        (
            replace(named(("a", "")), all=True),
            (
                "`sync.main.all` wants every project and `sync.main.projects` only some: take "
                "one of them out. To have all but some, name those in `without`."
            ),
        ),
        (
            named(("zope-interface", ""), without=(NamePattern("zope-*"),)),
            (
                "`sync.main.projects` has `zope-interface`, all of which is `zope-*` in "
                "`sync.main.without`: take one of them out."
            ),
        ),
        (
            replace(ALL, without=(NamePattern("*"),)),
            "`sync.main.without` leaves out every project with `*`: take it out.",
        ),
        (
            replace(ALL, metadata_only=True, keep_versions=2, pythons=("3.11",)),
            (
                "`sync.main.metadata_only` wants no files, and `pythons`, `keep_versions` says "
                "which files are wanted: take one of them out."
            ),
        ),
        (
            named(("a", ">1"), metadata_only=True),
            (
                "`sync.main.metadata_only` wants no files, and `projects` says which files are "
                "wanted: take one of them out."
            ),
        ),
        (
            named(("a", ">=2,<1")),
            "`sync.main.projects` has `a>=2,<1`, and no version is that: correct it.",
        ),
        (
            named(("a", "==1.0rc1"), prereleases=False),
            (
                "`sync.main.projects` has `a==1.0rc1`, which is a pre-release, and "
                "`sync.main.prereleases` is false: take one of them out."
            ),
        ),
        (
            replace(ALL, max_file_bytes=0),
            (
                "`sync.main.max_file_bytes` is 0, which no file has: leave it out, or set "
                "`metadata_only` to have no files."
            ),
        ),
        (
            replace(ALL, filenames=(Expression("a"),), without_filenames=(Expression("a"),)),
            (
                "`a` is in `sync.main.filenames` and in `sync.main.without_filenames`: take one of "
                "them out."
            ),
        ),
        (
            tagged("cp311-*-win32", without=("*-win32",)),
            (
                "`sync.main.tags` has `cp311-*-win32`, all of which is in "
                "`sync.main.without_tags`: take one of them out."
            ),
        ),
        (
            tagged("*-win_amd64", **LINUX),
            (
                "No wheel can fit: `sync.main.tags` and `sync.main.without_tags` leave none of the "
                "tags of `sync.main.pythons` and `sync.main.platforms`. Correct one of them."
            ),
        ),
        (
            tagged(without=("*",)),
            (
                "No wheel can fit: `sync.main.tags` and `sync.main.without_tags` leave none of the "
                "tags of `sync.main.pythons` and `sync.main.platforms`. Correct one of them."
            ),
        ),
        (
            tagged(without=("*-none-any", "*linux*"), **LINUX),
            (
                "No wheel can fit: `sync.main.tags` and `sync.main.without_tags` leave none of the "
                "tags of `sync.main.pythons` and `sync.main.platforms`. Correct one of them."
            ),
        ),
    ],
)
def test_contradiction_is_a_sentence(sync: SyncSettings, sentence: str) -> None:
    """What it is, where it stands, and what to do."""
    assert [*sync_problems(sync)] == [sentence]


@pytest.mark.parametrize(
    "sync",
    [
        ALL,
        replace(ALL, metadata_only=True, statuses=("active",), without=(NamePattern("a"),)),
        replace(
            SyncSettings(name="main", requirements=(Path("/r.txt"),)),
            metadata_only=True,
            pythons=("3.11",),
        ),
        named(("a", ">=1.0rc1"), prereleases=False),
        named(("zope-*", ""), without=(NamePattern("zope-app"),)),
        tagged("*-manylinux*", **LINUX),
        tagged("pp*", pythons=("3.11",)),
        tagged(without=("py2-*", "*-win32"), **LINUX),
    ],
)
def test_what_can_be_meant_is_accepted(sync: SyncSettings) -> None:
    """Filters that narrow each other are no contradiction."""
    assert [*sync_problems(sync)] == []


def test_sync_that_wants_nothing_is_refused_when_it_starts() -> None:
    """Flags may still say what is wanted, so that the file alone need not."""
    (sentence,) = start_problems(SyncSettings(name="dev", keep_versions=3), NOW)

    assert sentence == (
        "`[sync.dev]` says nothing of what is wanted: give `all`, `projects` or `requirements` "
        "(`--all`, `--project`, `--requirement`)."
    )


def test_date_that_is_to_come_is_refused_when_it_starts() -> None:
    """No file was uploaded since then; a period never is to come."""
    later = replace(ALL, uploaded_after=Since("2027-01-01", Instant(NOW + 1)))
    (sentence,) = start_problems(later, NOW)

    assert sentence == (
        "`sync.main.uploaded_after` is `2027-01-01`, and today is 2026-09-21: no file was uploaded "
        "since. Correct it."
    )
    assert not [*start_problems(replace(ALL, uploaded_after=Since("P1D", None, 86_400.0)), NOW)]


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (
            "[sync.team]\nall = true",
            (
                "`[sync.team]` fills the index `team`, and there is none: add `[index.team]`, or "
                "correct the name."
            ),
        ),
        (
            '[index.team]\nfallback = "none"\n[sync.team]\nall = true',
            (
                "`[sync.team]` fills the index `team` from its upstream, and "
                "`index.team.fallback` is `none`: take one of them out."
            ),
        ),
        (
            '[sync.main]\nall = true\nprojects = ["a"]',
            (
                "`sync.main.all` wants every project and `sync.main.projects` only some: take "
                "one of them out. To have all but some, name those in `without`."
            ),
        ),
    ],
)
def test_configuration_that_contradicts_itself_is_refused_at_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, document: str, sentence: str
) -> None:
    """By every command, not only by the one that fills."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "wheelyard.toml").write_text(document, "utf-8")

    with pytest.raises(ConfigError) as caught:
        load_settings({}, {}, tmp_path)

    assert str(caught.value) == sentence
