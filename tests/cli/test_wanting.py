"""The flags that say what is wanted are the settings of ``[sync.INDEX]``."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from wheelyard.cli.options import config_option, given_settings
from wheelyard.cli.wanting import flags_say_what, given_sync, wanting_options
from wheelyard.errors import ConfigError
from wheelyard.settings import SyncSettings

CONFIGURED = """
[sync.main]
all = true
keep_versions = 3
yanked = false
"""


@pytest.fixture(autouse=True)
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Start in a directory with a configuration, and none of the machine's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", "/nonexistent")
    (tmp_path / "wheelyard.toml").write_text(CONFIGURED, "utf-8")


def given(*arguments: str, index: str = "main") -> tuple[SyncSettings, bool]:
    """Return what a command with these flags is to do, and whether flags say what."""
    found: list[tuple[SyncSettings, bool]] = []

    @click.pass_context
    def callback(context: click.Context) -> None:
        sync = given_sync(context, given_settings(context), index)
        found.append((sync, flags_say_what(context)))

    command = click.Command("do", callback=callback, params=[*wanting_options(), config_option()])
    CliRunner().invoke(command, list(arguments), catch_exceptions=False)
    return found[0]


def test_without_flags_the_configuration_counts() -> None:
    """And for an index that has none, nothing is said."""
    sync, is_said = given()

    assert (sync.all, sync.keep_versions, sync.yanked) == (True, 3, False)
    assert not is_said
    assert given(index="team")[0] == SyncSettings(name="team")


def test_flag_replaces_the_setting_that_it_names() -> None:
    """The others stay as configured."""
    sync, is_said = given("--keep-versions", "1", "--yanked", "--no-prereleases")

    assert (sync.all, sync.keep_versions, sync.yanked, sync.prereleases) == (True, 1, True, False)
    assert not is_said


def test_flag_that_names_projects_puts_the_configured_ones_aside(tmp_path: Path) -> None:
    """Filters stay; it is a sync of these, now."""
    sync, is_said = given("--project", "Django>=4.2,<5", "--project", "zope.*", "-r", "a.txt")

    assert not sync.all
    assert [str(rule) for rule in sync.projects] == ["django<5,>=4.2", "zope-*"]
    assert sync.requirements == (tmp_path / "a.txt",)
    assert sync.keep_versions == 3
    assert is_said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("--keep-versions", "0"),
            "`--keep-versions`: expected a whole number of at least 1, got `0`.",
        ),
        (("--python", "2"), "`--python`: `'2'` is not a Python version"),
        (("--platform", "beos"), "`--platform`: `'beos'` is not a platform that is known"),
        (("--status", "x", "--status", "y"), "`--status`: expected a list of `active`"),
        (("--filename", "(a"), "`--filename`: `(a`: it is no regular expression: missing )"),
    ],
)
def test_flag_that_cannot_be_used_is_a_sentence(arguments: tuple[str, ...], sentence: str) -> None:
    """Which flag, what is expected, what was given."""
    with pytest.raises(ConfigError) as caught:
        given(*arguments)

    assert sentence in str(caught.value)


def test_every_flag_that_cannot_be_used_is_said() -> None:
    """At once, so that a person meets them once."""
    with pytest.raises(ConfigError) as caught:
        given("--keep-versions", "x", "--max-file-bytes", "huge")

    assert str(caught.value).count("\n") == 1


def test_help_of_a_flag_says_what_it_is_otherwise() -> None:
    """The sentence of the setting, whether it repeats, and its default."""
    helps = {option.name: str(getattr(option, "help", "")) for option in wanting_options()}

    assert helps["keep_versions"].endswith("are counted by themselves. [default: all]")
    assert helps["platform"].endswith("May be given several times. [default: any]")


def test_options_are_the_settings_that_have_a_flag() -> None:
    """Switches that are on have a form that puts them off."""
    options = {option.name: option for option in wanting_options()}

    assert {"all", "project", "requirement", "python", "platform"} <= options.keys()
    assert options["prereleases"].secondary_opts == ["--no-prereleases"]
