"""Flags are made of the table of settings."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from wheelyard.cli.options import config_option, given_settings, json_option, setting_option
from wheelyard.errors import ConfigError
from wheelyard.settings import TABLE, Row, Settings


def given(*arguments: str, keys: tuple[str, ...] = ("server.port",)) -> Settings:
    """Return the settings that a command with these flags gets."""
    found: list[Settings] = []

    @click.pass_context
    def callback(context: click.Context) -> None:
        found.append(given_settings(context))

    params = [*(setting_option(key) for key in keys), config_option()]
    command = click.Command("do", callback=callback, params=[*params])
    CliRunner().invoke(command, list(arguments), catch_exceptions=False)
    return found[0]


@pytest.fixture(autouse=True)
def nothing_configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep this machine's own settings out of the tests."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", "/nonexistent")


def test_flag_gives_its_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """And is stronger than the environment."""
    monkeypatch.setenv("WHEELYARD__SERVER__PORT", "2")

    assert given("--port", "3").server.port == 3
    assert given().server.port == 2


def test_flag_of_a_list_repeats() -> None:
    """In the order given."""
    arguments = ("--upstream", "http://a/simple", "--upstream", "http://b/simple")

    (upstream,) = given(*arguments, keys=("upstream.urls",)).upstreams

    assert [door.url for door in upstream.doors] == ["http://a/simple/", "http://b/simple/"]


def test_flag_of_a_switch_takes_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given, it is on; not given, the environment counts."""
    keys = ("server.offline",)

    assert given("--offline", keys=keys).server.offline
    assert not given(keys=keys).server.offline
    monkeypatch.setenv("WHEELYARD__SERVER__OFFLINE", "true")
    assert given(keys=keys).server.offline


def test_config_flag_names_the_file() -> None:
    """Which must be there."""
    with pytest.raises(ConfigError, match=r"no configuration file .*missing\.toml"):
        given("--config", "missing.toml")


@pytest.mark.parametrize(
    "row",
    # The flags of a mirror are made in `wanting.py`.
    [row for row in TABLE if row.words.flag and row.section != "sync"],
    ids=lambda row: row.words.flag,
)
def test_help_of_a_flag_says_what_it_is_otherwise(row: Row) -> None:
    """The sentence of the setting, and its default."""
    option = setting_option(row.key)

    assert option.opts == [row.words.flag]
    assert row.words.text in (option.help or "")
    assert row.shown_default in (option.help or "")


def test_json_flag_is_the_same_everywhere() -> None:
    """`--json`, without a value."""
    assert json_option().opts == ["--json"]
    assert json_option().is_flag
