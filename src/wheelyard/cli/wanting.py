"""The flags that say what is wanted ahead of need: each is a setting of ``[sync.INDEX]``."""

import dataclasses
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import click

from wheelyard.errors import BadInput, ConfigError
from wheelyard.settings import TABLE, Row, Settings, SyncSettings
from wheelyard.settings.kinds import SWITCH, Place

__all__ = ["flags_say_what", "given_sync", "wanting_options"]

_WHAT = frozenset({"all", "projects", "requirements"})
"""Settings that say which projects: who gives one as a flag means nothing of the others."""

_SHORT = {"requirements": "-r"}
_FLAGS = "wheelyard.wanting"


def wanting_options() -> list[click.Parameter]:
    """Return the flags of ``[sync.INDEX]``, in the order of its settings."""
    return [_option(row) for row in _rows()]


def given_sync(context: click.Context, settings: Settings, index: str) -> SyncSettings:
    """Return what ``[sync.INDEX]`` says, with what the flags say instead.

    A flag that says which projects (`--all`, `--project`, `--requirement`) puts aside what the
    configuration says about that; any other flag replaces the one setting it names.

    Raises:
        ConfigError: with a sentence for each flag that cannot be used.
    """
    given, problems = _read(context.meta.get(_FLAGS, {}))
    if problems:
        raise ConfigError("\n".join(problems))
    nothing = SyncSettings(name=index)
    sync = next((sync for sync in settings.syncs if sync.name == index), nothing)
    values = {field.name: getattr(sync, field.name) for field in dataclasses.fields(sync)}
    if given.keys() & _WHAT:
        values |= {name: getattr(nothing, name) for name in _WHAT}
    return _record(SyncSettings, values | given)


def flags_say_what(context: click.Context) -> bool:
    """Say whether flags say which projects are wanted, instead of the configuration."""
    return any(context.meta.get(_FLAGS, {}).get(name) for name in _WHAT)


def _record(make: Callable[..., SyncSettings], values: Mapping[str, object]) -> SyncSettings:
    """Return the record of values that their kinds have read."""
    return make(**values)


def _rows() -> list[Row]:
    """Return the settings of a mirror that have a flag."""
    return [row for row in TABLE if row.section == "sync" and row.words.flag]


def _option(row: Row) -> click.Option:
    """Return the flag of one setting: a switch that is on by default has a `--no-` form too."""
    flag, is_switch = row.words.flag, row.kind is SWITCH
    spelled = f"{flag}/--no-{flag.removeprefix('--')}" if row.default is True else flag
    return click.Option(
        [spelled, *filter(None, [_SHORT.get(row.name)])],
        is_flag=is_switch,
        default=None,
        metavar=row.words.metavar or None,
        multiple=_is_list(row),
        help=_help(row),
        expose_value=False,
        callback=_keeper(row.name),
    )


def _is_list(row: Row) -> bool:
    """Say whether a setting is a list, whose flag may be given several times."""
    return isinstance(row.default, tuple)


def _help(row: Row) -> str:
    """Return the help of a flag: the setting's words, and what it is otherwise."""
    text = row.words.text
    if _is_list(row):
        text = f"{text} May be given several times."
    return f"{text} [default: {row.shown_default}]" if row.words.shown_default else text


def _keeper(name: str) -> Callable[[click.Context, click.Parameter, object], None]:
    """Return a callback that keeps the value of one flag where ``given_sync`` finds it."""

    def keep(context: click.Context, _option: click.Parameter, value: object) -> None:
        context.meta.setdefault(_FLAGS, {})[name] = value

    return keep


def _read(flags: Mapping[str, object]) -> tuple[dict[str, object], list[str]]:
    """Return the settings that flags give, and a sentence for each that cannot be used."""
    place = Place(Path.cwd(), os.environ)
    given: dict[str, object] = {}
    problems: list[str] = []
    for row in _rows():
        value = flags.get(row.name)
        if value is None or value == ():
            continue
        try:
            written = row.kind.from_text(value) if isinstance(value, str) else value
            given[row.name] = row.kind.read(written, place)
        except BadInput as error:
            problems.append(_problem(row, value, error))
    return given, problems


def _problem(row: Row, value: object, error: BadInput) -> str:
    """Return the sentence about a flag that cannot be used."""
    if error.problems[0] == "explained":
        return f"`{row.words.flag}`: {error.problems[1]}."
    shown = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return f"`{row.words.flag}`: expected {row.kind.expected}, got `{shown[:80]}`."
