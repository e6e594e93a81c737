"""The three places a setting can come from, as one flat list of what was given.

The configuration file first, then the environment, then the flags: later ones win.  Keys that do
not exist are found here, with the nearest key that does; what the values are worth is decided in
``reader.py``.
"""

import difflib
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from wheelyard.errors import ConfigError
from wheelyard.settings.kinds import SECRET, Place
from wheelyard.settings.table import NAMED_SECTIONS, SECTIONS, TABLE, Row

__all__ = ["DEFAULT_UPSTREAM", "Given", "Named", "Sources", "find_config_file", "read_sources"]

CONFIG_NAME = "wheelyard.toml"
DEFAULT_UPSTREAM = "default"
"""The upstream that ``--upstream`` means, and its section if it needs more than an address."""

PREFIX = "WHEELYARD__"
NEAR = 0.5
"""How alike two keys must be, from 0 to 1, to be taken for each other in a message."""

ALL_BUT_THE_SAME = 0.8
"""How alike they must be if the key is that of another section, letter by letter."""

_UPSTREAM_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")

_MIRRORS = (
    "installers no longer choose among mirrors; list several doors to one index in "
    "`[upstream.NAME] urls` and Wheelyard fails over between them"
)
_INDEX_URL = "name it in `[upstream.NAME] urls`"
_RETIRED = {
    "use_mirrors": _MIRRORS,
    "mirrors": _MIRRORS,
    "mirror": _MIRRORS,
    "index_url": _INDEX_URL,
    "extra_index_url": f"{_INDEX_URL}; a second index with other projects is not a door",
    "find_links": "a directory of files is not a door",
}
"""Settings of installers and older mirrors that people carry over, with what replaces them."""


@dataclass(frozen=True, slots=True)
class Given:
    """One value as somebody wrote it. ``shown`` names key and place in messages."""

    row: Row
    instance: str
    value: object
    shown: str
    place: Place


@dataclass(frozen=True, slots=True)
class Named:
    """A section ``[section.NAME]`` of the file: it is there, whatever stands in it."""

    section: str
    instance: str


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything given, weakest first, and every key that does not exist."""

    given: tuple[Given, ...]
    problems: tuple[str, ...]
    named: tuple[Named, ...] = ()


def find_config_file(
    flags: Mapping[str, object], environ: Mapping[str, str], cwd: Path
) -> Path | None:
    """Return the configuration file to read: named, of this directory, of this user, or None.

    Raises:
        ConfigError: the file that was named does not exist.
    """
    for origin, named in (
        ("--config", flags.get("config")),
        ("WHEELYARD_CONFIG", environ.get("WHEELYARD_CONFIG")),
    ):
        if named:
            path = (cwd / Path(str(named)).expanduser()).absolute()
            if not path.is_file():
                message = f"There is no configuration file `{path}` (from `{origin}`)."
                raise ConfigError(f"{message} Create it, or leave `{origin}` out.")
            return path
    usual = (cwd / CONFIG_NAME, platformdirs.user_config_path("wheelyard") / CONFIG_NAME)
    return next((path.absolute() for path in usual if path.is_file()), None)


def read_sources(
    flags: Mapping[str, object], environ: Mapping[str, str], cwd: Path, config: Path | None
) -> Sources:
    """Return what file, environment and flags say, in this order.

    Raises:
        ConfigError: the file cannot be read or is not TOML.
    """
    found = [*_from_file(config, environ)] if config else []
    names = {item.instance for item in found if isinstance(item, Given | Named)}
    found += _from_environment(environ, cwd, names)
    found += _from_flags(flags, Place(cwd, environ))
    return Sources(
        tuple(item for item in found if isinstance(item, Given)),
        tuple(item for item in found if isinstance(item, str)),
        tuple(item for item in found if isinstance(item, Named)),
    )


# --- the configuration file -----------------------------------------------------------------------


def _load_document(path: Path) -> dict[str, object]:
    """Return the TOML document in ``path``, or raise ``ConfigError`` with the reason."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        message = f"`{path}` cannot be read: {error.strerror}. Check its owner and mode."
        raise ConfigError(message) from error
    except UnicodeDecodeError as error:
        message = f"`{path}` is not UTF-8 text (byte {error.start}). Save it as UTF-8."
        raise ConfigError(message) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"`{path}` is not valid TOML: {error}.") from error


def _from_file(path: Path, environ: Mapping[str, str]) -> Iterator[Given | Named | str]:
    """Yield what the file says, and a sentence for everything that it may not say."""
    place = Place(path.parent, environ, in_file=True)
    for section, content in _load_document(path).items():
        if section not in SECTIONS:
            shown = f"`[{section}]`" if isinstance(content, dict) else f"`{section}`"
            yield _unknown(shown, section, f"`{path}`", SECTIONS)
            yield from _retired_in(content, f"[{section}]` in `{path}`")
        elif not isinstance(content, dict):
            yield f"`{section}` in `{path}` is a section: write `[{section}]` above its keys."
        elif section not in NAMED_SECTIONS:
            yield from _from_table(section, "", content, (path, place))
        else:
            yield from _from_named_sections(section, content, (path, place))


def _from_named_sections(
    section: str, content: Mapping[str, object], where: tuple[Path, Place]
) -> Iterator[Given | Named | str]:
    """Yield what the sections ``[section.NAME]`` say."""
    for instance, table in content.items():
        if not isinstance(table, dict):
            yield (
                _retired(instance, f"`{section}.{instance}` in `{where[0]}`")
                or f"`{section}.{instance}` in `{where[0]}` needs a name of its own: "
                f"write `[{section}.NAME]` above `{instance}`."
            )
        elif _UPSTREAM_NAME.fullmatch(instance) is None:
            yield (
                f"`[{section}.{instance}]` in `{where[0]}`: a name is made of lower-case "
                "letters, digits and dashes. Choose another one."
            )
        else:
            yield Named(section, instance)
            yield from _from_table(section, instance, table, where)


def _from_table(
    section: str, instance: str, content: Mapping[str, object], where: tuple[Path, Place]
) -> Iterator[Given | str]:
    """Yield what the keys of one section say."""
    path, place = where
    prefix = f"{section}.{instance}" if instance else section
    for name, value in content.items():
        row = _row(section, name)
        shown = f"`{prefix}.{name}` in `{path}`"
        if row is None:
            yield _unknown(f"`{prefix}.{name}`", name, f"`{path}`", _names(section))
        else:
            yield Given(row, instance, value, shown, place)


# --- environment and flags ------------------------------------------------------------------------


def _from_environment(
    environ: Mapping[str, str], cwd: Path, names: Collection[str]
) -> Iterator[Given | str]:
    """Yield what the environment says; an empty variable says nothing.

    Only ``WHEELYARD__...`` counts: Kubernetes sets ``WHEELYARD_PORT`` and the like by itself for a
    service of this name.
    """
    place = Place(cwd, environ)
    for variable in sorted(environ):
        if variable.startswith(PREFIX) and environ[variable]:
            yield _from_variable(variable, environ[variable], place, names)
    if environ.get("WHEELYARD_DATA"):
        data = _row("store", "data")
        assert data is not None  # noqa: S101 - a row of our own table
        yield Given(data, "", environ["WHEELYARD_DATA"], "`WHEELYARD_DATA`", place)


def _from_variable(variable: str, text: str, place: Place, names: Collection[str]) -> Given | str:
    """Return what one variable says, or a sentence about its name."""
    section, *rest = variable.removeprefix(PREFIX).lower().split("__")
    if section not in SECTIONS:
        return _unknown(f"`{variable}`", section, "the environment", SECTIONS)
    instance = ""
    if section in NAMED_SECTIONS:
        instance, rest = _instance(rest[0] if rest else "", names), rest[1:]
        if _UPSTREAM_NAME.fullmatch(instance) is None:
            return f"`{variable}` names no {section}: write `{PREFIX}{section.upper()}__NAME__KEY`."
    row = _row(section, rest[0]) if rest else None
    if row is None:
        return _unknown(f"`{variable}`", "__".join(rest), "the environment", _names(section))
    match rest[1:]:
        case []:
            value = row.kind.from_text(text)
        case [("file" | "env") as reference] if row.kind is SECRET:
            value = {reference: text}
        case _:
            return f"`{variable}` goes deeper than the setting `{row.key}`: use `{row.variable}`."
    return Given(row, instance, value, f"`{variable}`", place)


def _instance(written: str, names: Collection[str]) -> str:
    """Return the name that a variable's part means: variables can have no dash."""
    dashed = written.replace("_", "-")
    return next((name for name in names if name == dashed), dashed)


def _from_flags(flags: Mapping[str, object], place: Place) -> Iterator[Given | str]:
    """Yield what the flags say. A flag that was not given is None or empty."""
    for key, value in flags.items():
        section, _, name = key.partition(".")
        row = _row(section, name)
        if row is None or value is None or value == ():
            continue
        read = row.kind.from_text(value) if isinstance(value, str) else value
        instance = DEFAULT_UPSTREAM if section in NAMED_SECTIONS else ""
        yield Given(row, instance, read, f"`{row.words.flag}`", place)


# --- names ----------------------------------------------------------------------------------------


def _row(section: str, name: str) -> Row | None:
    """Return the row of a key, or None if there is no such key."""
    return next((row for row in TABLE if row.section == section and row.name == name), None)


def _names(section: str) -> list[str]:
    """Return the keys of a section."""
    return [row.name for row in TABLE if row.section == section]


def _retired(name: str, shown: str) -> str:
    """Return what replaced a setting of old, or an empty text."""
    replacement = _RETIRED.get(name.lower().replace("-", "_"))
    return f"{shown} is not a setting: {replacement}." if replacement else ""


def _retired_in(content: object, where: str) -> Iterator[str]:
    """Yield what replaced the settings of old that stand in an unknown section.

    People bring whole sections along: `use-mirrors` stood in pip's `[install]`.
    """
    for name in content if isinstance(content, dict) else ():
        if sentence := _retired(name, f"`{name}` of `{where}"):
            yield sentence


def _unknown(shown: str, name: str, where: str, known: Collection[str]) -> str:
    """Return the sentence about a key that does not exist, with the nearest one that does."""
    if retired := _retired(name, f"{shown} in {where}"):
        return retired
    wanted = name.lower().replace("-", "_")
    sections = known is SECTIONS
    elsewhere = [row.heading for row in TABLE if row.name == wanted and wanted not in known]
    if elsewhere and not difflib.get_close_matches(wanted, known, 1, ALL_BUT_THE_SAME):
        return f"{shown} in {where} is unknown there; it belongs to `{elsewhere[0]}`."
    if near := difflib.get_close_matches(wanted, known, 1, NEAR):
        nearest = _heading(near[0]) if sections else near[0]
        return f"{shown} in {where} is unknown; did you mean `{nearest}`?"
    listed = ", ".join(f"`{_heading(key) if sections else key}`" for key in known)
    return f"{shown} in {where} is unknown; known are {listed}."


def _heading(section: str) -> str:
    """Return how a section is headed in a configuration file."""
    return next(row.heading for row in TABLE if row.section == section)
