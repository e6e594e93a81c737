"""Flags out of the table of settings, so that a setting is described in one place.

A flag hands its text on as it is: what it may be is decided, and said, where all settings are
read.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import click

from wheelyard.settings import Row, Settings, find_row, load_settings
from wheelyard.settings.kinds import SWITCH

__all__ = [
    "config_option",
    "given_settings",
    "is_given",
    "json_option",
    "setting_argument",
    "setting_option",
]

_FLAGS = "wheelyard.flags"
"""Where the flags of a running command are kept: Click's name for what options share."""


def setting_option(key: str) -> click.Option:
    """Return the flag that gives the setting ``key``."""
    row = find_row(key)
    return click.Option(
        [row.words.flag],
        is_flag=row.kind is SWITCH,
        default=None,
        metavar=row.words.metavar or None,
        help=_help(row),
        multiple=_is_repeated(row),
        expose_value=False,
        callback=_Keeper(key),
    )


def setting_argument(key: str, metavar: str) -> click.Argument:
    """Return the argument that gives the setting ``key``; it may be left out."""
    return click.Argument(
        [key.replace(".", "_")],
        required=False,
        metavar=f"[{metavar}]",
        expose_value=False,
        callback=_Keeper(key),
    )


def config_option() -> click.Option:
    """Return the flag that names the configuration file."""
    return click.Option(
        ["--config"],
        metavar="FILE",
        help="Configuration file. [default: `wheelyard.toml` here, else the user's]",
        expose_value=False,
        callback=_Keeper("config"),
    )


def json_option() -> click.Option:
    """Return the flag that asks for JSON instead of text."""
    return click.Option(["--json", "as_json"], is_flag=True, help="Write JSON, for programs.")


def given_settings(context: click.Context) -> Settings:
    """Return the settings of this start: flags over environment over configuration file.

    Raises:
        ConfigError: with everything that is wrong with them.
    """
    return load_settings(context.meta.get(_FLAGS, {}), os.environ, Path.cwd())


def is_given(context: click.Context, key: str) -> bool:
    """Say whether the command line itself gives the setting ``key``."""
    return context.meta.get(_FLAGS, {}).get(key) not in (None, ())


class _Keeper:
    """Keeps the value of one flag where ``given_settings`` finds it."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(
        self,
        context: click.Context,
        _option: click.Parameter,
        value: str | bool | Sequence[str] | None,  # noqa: FBT001 - Click hands it over so
    ) -> None:
        """Keep ``value``; Click's interface."""
        context.meta.setdefault(_FLAGS, {})[self._key] = value


def _help(row: Row) -> str:
    """Return the help of a flag: what it is, whether it repeats, and what it is otherwise."""
    text = row.words.text
    if _is_repeated(row):
        return f"{text} May be given several times."
    return f"{text} [default: {row.shown_default}]" if row.shown_default else text


def _is_repeated(row: Row) -> bool:
    """Say whether a flag is given once for each value of a list."""
    return row.default == ()
