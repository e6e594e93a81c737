"""``[publish.INDEX]``: where an index is published to, as a person writes it."""

from pathlib import Path

import pytest

from wheelyard.errors import ConfigError
from wheelyard.settings import PublishSettings, load_settings


def read(folder: Path, text: str) -> PublishSettings:
    """Return the one section of a configuration file about the main index."""
    folder.joinpath("wheelyard.toml").write_text(f"[publish.main]\n{text}", "utf-8")
    (found,) = load_settings({}, {}, folder).publishes
    return found


def test_nothing_is_published_unless_somebody_says_where() -> None:
    """And then every quarter of an hour, compared once a day, and removed after an hour."""
    settings = PublishSettings(name="main")

    assert (settings.target, settings.watch, settings.members) == ("", False, False)
    assert (settings.every_seconds, settings.reconcile_seconds) == (900.0, 86_400.0)
    assert settings.page_max_age_seconds < settings.removal_delay_seconds


def test_section_is_read(tmp_path: Path) -> None:
    """Each with its own name; durations are seconds."""
    found = read(tmp_path, 'target = "s3://packages/at"\nwatch = true\nviews = "always"\n')

    assert found == PublishSettings(
        name="main", target="s3://packages/at", watch=True, views="always"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('views = "twice"', "auto"),
        ("page_max_age_seconds = 7200", "raise `removal_delay_seconds`"),
        ('purge_fastly = "SERVICE"', "purge_fastly_token"),
        ("max_concurrency = 0", "max_concurrency"),
        ('targte = "s3://packages"', "target"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """Before anything is written anywhere."""
    with pytest.raises(ConfigError, match=message):
        read(tmp_path, f"{text}\n")


def test_index_that_is_not_there_is_not_published(tmp_path: Path) -> None:
    """The sentence says what to add."""
    tmp_path.joinpath("wheelyard.toml").write_text('[publish.team]\ntarget = "tree"\n', "utf-8")

    with pytest.raises(ConfigError, match=r"add `\[index\.team\]`"):
        load_settings({}, {}, tmp_path)


def test_index_for_members_is_published_only_if_that_is_meant(tmp_path: Path) -> None:
    """Whoever can read the target can read all of it."""
    members = '[index.team]\nread = "members"\n[publish.team]\ntarget = "tree"\n'
    path = tmp_path / "wheelyard.toml"
    path.write_text(members, "utf-8")

    with pytest.raises(ConfigError, match="members = true"):
        load_settings({}, {}, tmp_path)
    path.write_text(f"{members}members = true\n", "utf-8")

    assert load_settings({}, {}, tmp_path).publishes[0].members


def load_both(folder: Path, main: str, team: str) -> tuple[PublishSettings, ...]:
    """Read a configuration that publishes two indexes."""
    text = f'[index.team]\n[publish.main]\ntarget = "{main}"\n[publish.team]\ntarget = "{team}"\n'
    folder.joinpath("wheelyard.toml").write_text(text, "utf-8")
    return load_settings({}, {}, folder).publishes


@pytest.mark.parametrize(
    ("main", "team", "words"),
    [
        ("/srv/trees", "/srv/trees/", r"`publish.team.target` is the place of `\[publish.main\]`"),
        ("/srv/trees", "/srv/trees/team", r"`publish.team.target` is .* or in it"),
        ("s3://trees/all/main", "s3://trees/all", r"`publish.main.target` is .* or in it"),
    ],
)
def test_tree_in_a_tree_is_refused(tmp_path: Path, main: str, team: str, words: str) -> None:
    """Else whichever publish comes second would be."""
    with pytest.raises(ConfigError, match=words):
        load_both(tmp_path, main, team)


@pytest.mark.parametrize(
    ("main", "team"),
    [
        ("/srv/trees/main", "/srv/trees/team"),
        ("s3://trees/python", "s3://trees/python-team"),
        ("", ""),
    ],
)
def test_trees_are_beside_each_other(tmp_path: Path, main: str, team: str) -> None:
    """Names that begin alike are no nesting; a section may do without a target."""
    assert len(load_both(tmp_path, main, team)) == 2
