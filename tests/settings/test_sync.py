"""``[sync.INDEX]``: what an index is filled with, read from where settings come from."""

from pathlib import Path

import pytest

from wheelyard.clock import Instant
from wheelyard.errors import ConfigError
from wheelyard.expressions import Expression
from wheelyard.settings import NamePattern, ProjectRule, SyncSettings, TagPattern, load_settings

DOCUMENT = r"""
[sync.main]
projects = ["zope-*", "Django >= 4.2"]
without = ["zope_app.*"]
pythons = ["3.11", "3.12"]
platforms = ["manylinux_2_28_x86_64", "win_amd64"]
tags = ["*-none-any"]
without_tags = ["py2-*"]
sdists = "if-no-wheel"
keep_versions = 3
prereleases = false
yanked = false
uploaded_after = 2020-01-01
max_file_bytes = "100 MB"
filenames = ['\.whl$']
without_filenames = ["debug"]
statuses = ["active"]
every_seconds = 3600
"""


@pytest.fixture(autouse=True)
def own_directories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep this machine's own configuration and data out of the tests."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))


def load(folder: Path, text: str, **environ: str) -> SyncSettings:
    """Return the one mirror that a configuration file has."""
    (folder / "wheelyard.toml").write_text(text, "utf-8")
    (sync,) = load_settings({}, environ, folder).syncs
    return sync


def test_every_filter_is_read(tmp_path: Path) -> None:
    """Each in its one spelling."""
    sync = load(tmp_path, DOCUMENT)

    assert sync.projects == (
        ProjectRule(NamePattern("zope-*")),
        ProjectRule(NamePattern("django"), ">=4.2"),
    )
    assert sync.without == (NamePattern("zope-app-*"),)
    assert sync.tags == (TagPattern("*-none-any"),)
    assert (sync.keep_versions, sync.max_file_bytes) == (3, 100_000_000)
    assert sync.filenames == (Expression(r"\.whl$"),)
    assert sync.uploaded_after is not None
    assert sync.uploaded_after.moment == Instant(1_577_836_800)


def test_filter_is_read_from_the_environment(tmp_path: Path) -> None:
    """Stronger than the file."""
    sync = load(
        tmp_path,
        DOCUMENT,
        WHEELYARD__SYNC__MAIN__KEEP_VERSIONS="1",
        WHEELYARD__SYNC__MAIN__PROJECTS="flask>=2,<4",
    )

    assert sync.keep_versions == 1
    assert [str(rule) for rule in sync.projects] == ["flask<4,>=2"]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("keep_versions = 0", "expected a whole number of at least 1, got the number `0`"),
        ('sdists = "no"', "expected one of `always`, `if-no-wheel`, `never`, got the text `no`"),
        ('platforms = ["beos"]', "`'beos'` is not a platform that is known"),
        ('pythons = ["2"]', "`'2'` is not a Python version"),
        ("keep_version = 3", "keep_versions"),
        ('uploaded_after = "soon"', "expected a date such as `2026-01-31`"),
    ],
)
def test_filter_that_cannot_be_used_is_said_at_start(
    tmp_path: Path, line: str, sentence: str
) -> None:
    """With the key, and what is expected."""
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, f"[sync.main]\nall = true\n{line}")

    assert sentence in str(caught.value)


def test_nothing_is_left_out_by_default() -> None:
    """Every project that is named, with every file."""
    sync = SyncSettings(name="main")

    assert (sync.sdists, sync.prereleases, sync.yanked) == ("always", True, True)
    assert sync.statuses == ("active", "archived", "deprecated")
    assert not (sync.pythons)
    assert not (sync.platforms)
    assert not (sync.tags)
    assert not (sync.without_tags)
