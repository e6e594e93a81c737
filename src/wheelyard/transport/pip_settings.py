"""What this machine's pip is configured with, read as pip reads it, without importing pip.

The order, from weak to strong: the files of the system, of the user, of this Python installation,
``PIP_CONFIG_FILE``; within all of them the section ``[global]``, then ``[install]``; then the
variables ``PIP_...``. Lists are separated by white space. An empty value counts as absent.
Source: pip's documentation, "Configuration"; ``configuration.py`` and ``cli/parser.py`` of pip.
"""

import configparser
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wheelyard.errors import ConfigError
from wheelyard.transport.credentials import Credentials, split_credentials
from wheelyard.transport.proxies import Proxy, parse_proxy
from wheelyard.transport.urls import display_url

__all__ = ["Machine", "PipSettings", "load_pip_settings", "pip_configuration_files"]

FILE_NAME = "pip.conf"
SECTIONS = ("global", "install")
# Other spellings of the same option on pip's command line, hence in its configuration.
_ALIASES = {"pypi-url": "index-url", "default-timeout": "timeout"}


def _read_bytes(path: Path) -> bytes | None:
    """Return what is in the file, or None if there is none that we may read; as pip does."""
    try:
        return path.read_bytes()
    except OSError:
        return None


@dataclass(frozen=True, slots=True)
class Machine:
    """The place that pip would look at: environment, directories, files; this one by default."""

    environment: Mapping[str, str] = field(repr=False)
    home: Path = field(default_factory=Path.home)
    prefix: Path = field(default_factory=lambda: Path(sys.prefix))
    platform: str = sys.platform
    read_bytes: Callable[[Path], bytes | None] = _read_bytes
    is_directory: Callable[[Path], bool] = Path.is_dir


@dataclass(frozen=True, slots=True)
class PipSettings:
    """What pip would use. ``warnings`` are sentences about what it has and we do not take over.

    ``index_url`` is None if pip has none of its own, or one that is not HTTP; its user information
    is not in it but in ``credentials``. ``cert`` is a file (or directory) of authorities,
    ``client_cert`` a file with certificate and key.
    """

    index_url: str | None = None
    credentials: Credentials | None = None
    cert: Path | None = None
    client_cert: Path | None = None
    proxy: Proxy | None = None
    timeout_seconds: float | None = None
    extra_index_urls: tuple[str, ...] = field(default=(), repr=False)
    find_links: tuple[str, ...] = field(default=(), repr=False)
    trusted_hosts: tuple[str, ...] = ()
    no_index: bool = False
    warnings: tuple[str, ...] = ()


def load_pip_settings(machine: Machine) -> PipSettings:
    """Return the settings of pip on ``machine``. It reads small files.

    Raises:
        ConfigError: a file of pip's configuration cannot be parsed; the message names it.
    """
    options = _load_options(machine)
    index_url, credentials = split_credentials(options.get("index-url", ""))
    lists = {
        # User information is cut off here, so that nobody can show it later.
        name: tuple(split_credentials(value)[0] for value in options.get(name, "").split())
        for name in ("extra-index-url", "find-links", "trusted-host")
    }
    no_index = options.get("no-index", "").lower() in {"1", "true", "yes", "on", "t", "y"}
    usable = index_url.startswith(("https://", "http://")) and not no_index
    proxy = options.get("proxy")
    return PipSettings(
        index_url=index_url if usable else None,
        credentials=credentials if usable else None,
        cert=_path(options.get("cert") or _bundle(machine.environment), machine),
        client_cert=_path(options.get("client-cert"), machine),
        proxy=parse_proxy(proxy, "proxy of pip") if proxy else None,
        timeout_seconds=_seconds(options.get("timeout")),
        extra_index_urls=lists["extra-index-url"],
        find_links=lists["find-links"],
        trusted_hosts=lists["trusted-host"],
        no_index=no_index,
        warnings=_warn(lists, index_url="" if usable else index_url, no_index=no_index),
    )


def pip_configuration_files(machine: Machine) -> list[Path]:
    """Return the files that pip would read on ``machine``, from weak to strong."""
    environment = machine.environment
    named = environment.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return []
    chosen = Path(named) if named else None
    files = _system_files(machine)
    if chosen is None or machine.read_bytes(chosen) is None:
        files += _user_files(machine)
    files.append(machine.prefix / FILE_NAME)
    return files if chosen is None else [*files, chosen]


def _system_files(machine: Machine) -> list[Path]:
    """Return the files for everybody on the machine."""
    if machine.platform == "darwin":
        return [Path("/Library/Application Support/pip", FILE_NAME)]
    directories = machine.environment.get("XDG_CONFIG_DIRS", "").strip() or "/etc/xdg"
    shared = [Path(directory, "pip", FILE_NAME) for directory in directories.split(os.pathsep)]
    return [*shared, Path("/etc", FILE_NAME)]


def _user_files(machine: Machine) -> list[Path]:
    """Return the old and the new place for this user."""
    old = machine.home / ".pip" / FILE_NAME
    configured = machine.environment.get("XDG_CONFIG_HOME", "").strip()
    directory = Path(configured) if configured else machine.home / ".config"
    if machine.platform == "darwin":
        support = machine.home / "Library" / "Application Support"
        directory = support if machine.is_directory(support / "pip") else machine.home / ".config"
    return [old, directory / "pip" / FILE_NAME]


def _load_options(machine: Machine) -> dict[str, str]:
    """Return the options that count for ``pip install``, by their long names."""
    by_section: dict[str, dict[str, str]] = {name: {} for name in SECTIONS}
    for path in pip_configuration_files(machine):
        content = machine.read_bytes(path)
        if content is None:
            continue
        parser = _parse_file(path, content)
        for section in SECTIONS:
            if parser.has_section(section):
                by_section[section].update(_normalise(parser.items(section)))
    variables = [
        (name.removeprefix("PIP_"), value)
        for name, value in machine.environment.items()
        if name.startswith("PIP_")
    ]
    options: dict[str, str] = {}
    for layer in (*by_section.values(), _normalise(variables)):
        options.update({name: value for name, value in layer.items() if value})
    return options


def _normalise(items: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return options under the name that pip gives them, wherever they come from."""
    found = {}
    for name, value in items:
        key = name.lower().replace("_", "-").removeprefix("--")
        found[_ALIASES.get(key, key)] = value.strip()
    return found


def _parse_file(path: Path, content: bytes) -> configparser.RawConfigParser:
    """Return a parsed file of pip's.

    Raises:
        ConfigError: it cannot be parsed. The parser's own message quotes lines, which may have
            passwords, so only the number of the line is told.
    """
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(content.decode("utf-8"))
    except (configparser.Error, UnicodeDecodeError) as error:
        line = getattr(error, "lineno", None) or next(
            (number for number, _ in getattr(error, "errors", ())), None
        )
        place = f", line {line}" if line else ""
        sentence = (
            f"pip's configuration `{path}` cannot be parsed ({type(error).__name__}{place}): "
            "correct it, or name the upstream with `--upstream`."
        )
        raise ConfigError(sentence) from None
    return parser


def _bundle(environment: Mapping[str, str]) -> str | None:
    """Return the file of authorities that pip's HTTP library takes from the environment."""
    return environment.get("REQUESTS_CA_BUNDLE") or environment.get("CURL_CA_BUNDLE") or None


def _path(text: str | None, machine: Machine) -> Path | None:
    """Return ``text`` as a path, with ``~`` for the home directory."""
    if not text:
        return None
    return machine.home / text[2:] if text.startswith("~/") else Path(text)


def _seconds(text: str | None) -> float | None:
    """Return a number of seconds, or None for anything else."""
    try:
        return float(text) if text else None
    except ValueError:
        return None


def _warn(lists: Mapping[str, Sequence[str]], *, index_url: str, no_index: bool) -> tuple[str, ...]:
    """Return a sentence for everything that pip has and that is not taken over."""
    advice = {
        "extra-index-url": "is not asked, because a name may mean something else there: "
        "if it is the same index under another address, name both with `--upstream`",
        "find-links": "is not looked at: what is served comes from an index",
        "trusted-host": "does not switch verification off here: "
        "name the authority of that host with `[upstream.NAME] ca`",
    }
    sentences = [
        f"pip's `{name}` ({_shown(places)}) {advice[name]}."
        for name, places in lists.items()
        if places
    ]
    if no_index:
        sentences.append(
            "pip's `no-index` is not obeyed: name the index to ask with `--upstream URL`."
        )
    elif index_url:
        shown = display_url(index_url)
        sentences.append(f"pip's `index-url` `{shown}` is not an HTTP URL and is not used.")
    return tuple(sentences)


def _shown(places: Sequence[str]) -> str:
    """Return places for a sentence, without secrets."""
    return ", ".join(f"`{display_url(place)}`" for place in places)
