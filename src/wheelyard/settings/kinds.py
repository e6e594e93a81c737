"""Kinds of value: how a setting is written, and what becomes of it.

A kind reads one value as TOML gives it and either returns the value to keep or raises
``BadInput`` with what it expected.  Environment variables and flags are text; ``from_text``
turns them into what TOML would have given, so that every rule is stated once.
"""

import ipaddress
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from wheelyard.errors import BadInput
from wheelyard.settings.addresses import HostAddress, parse_host_address
from wheelyard.settings.directories import is_directory_url, parse_directory_url
from wheelyard.settings.hidden import HiddenUrl, HookUrl, Secret

__all__ = [
    "ACCESS_LOG",
    "ADDRESSES",
    "DAYS",
    "DIRECTORY",
    "FILE",
    "HOOKS",
    "HOSTS",
    "NETWORKS",
    "PATH",
    "PROXY",
    "SECONDS",
    "SECRET",
    "SIZE",
    "SWITCH",
    "TEXT",
    "URL",
    "URLS",
    "Kind",
    "Network",
    "Place",
    "choice",
    "list_from_text",
    "split_credentials",
    "whole",
]

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

MAX_PORT = 65_535
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?", re.IGNORECASE | re.ASCII)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_SWITCHES = {"true": True, "yes": True, "on": True, "1": True} | {
    "false": False, "no": False, "off": False, "0": False,
}  # fmt: skip
_HOST = re.compile(
    r"(?:https?://)?(?:\*\.)?[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?(?::\d{1,5})?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value was written: ``base`` is what relative paths start from.

    ``in_file`` is true in a configuration file, where a secret may not be spelled out.
    """

    base: Path
    environ: Mapping[str, str]
    in_file: bool = False


def _as_is(text: str) -> object:
    """Return the text: most kinds are written the same way everywhere."""
    return text


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of value. ``expected`` completes the sentence "expected ..."."""

    expected: str
    read: Callable[[object, Place], object]
    from_text: Callable[[str], object] = _as_is


def _mismatch() -> BadInput:
    """Return the error of a value that is not what its kind expects."""
    return BadInput("mismatch")


# --- plain values ---------------------------------------------------------------------------------


def _read_text(value: object, _place: Place) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise _mismatch()
    return value


def _number_from_text(text: str) -> object:
    """Return the number that ``text`` spells; anything else stays text and fails later."""
    for convert in (int, float):
        try:
            return convert(text)
        except ValueError:
            continue
    return text


def whole(minimum: int, maximum: int | None = None) -> Kind:
    """Return the kind of whole numbers from ``minimum`` to ``maximum``, both allowed."""
    limits = f"of at least {minimum}" if maximum is None else f"from {minimum} to {maximum}"

    def read(value: object, _place: Place) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value < minimum:
            raise _mismatch()
        if maximum is not None and value > maximum:
            raise _mismatch()
        return value

    return Kind(f"a whole number {limits}", read, _number_from_text)


def _read_seconds(value: object, _place: Place) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise _mismatch()
    seconds = float(value)
    if not 0 <= seconds < float("inf"):
        raise _mismatch()
    return seconds


def _read_size(value: object, _place: Place) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    match = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise _mismatch()
    number, prefix, binary = match.groups()
    return int(float(number) * (1024 if binary else 1000) ** _POWERS[prefix.lower()])


def _read_switch(value: object, _place: Place) -> bool:
    if not isinstance(value, bool):
        raise _mismatch()
    return value


def _switch_from_text(text: str) -> object:
    return _SWITCHES.get(text.strip().lower(), text)


def choice(*words: str) -> Kind:
    """Return the kind of one word out of ``words``."""

    def read(value: object, _place: Place) -> str:
        if not isinstance(value, str) or value not in words:
            raise _mismatch()
        return value

    return Kind("one of " + ", ".join(f"`{word}`" for word in words), read)


# --- lists ----------------------------------------------------------------------------------------


def list_from_text(text: str) -> object:
    """Return the list in ``text``: a TOML array, or words between commas or spaces."""
    if text.lstrip().startswith("["):
        try:
            return tomllib.loads(f"list = {text}")["list"]
        except tomllib.TOMLDecodeError:
            return text
    return [word for word in re.split(r"[\s,]+", text) if word]


def _read_list(value: object) -> list[str]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise _mismatch()
    return list(value)


def _read_networks(value: object, _place: Place) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(item, strict=False) for item in _read_list(value))
    except ValueError as error:
        raise _mismatch() from error


def _read_hosts(value: object, _place: Place) -> tuple[str, ...]:
    hosts = tuple(host.lower() for host in _read_list(value))
    if not all(_HOST.fullmatch(host) for host in hosts):
        raise _mismatch()
    return hosts


def _read_addresses(value: object, _place: Place) -> tuple[HostAddress, ...]:
    return tuple(parse_host_address(item) for item in _read_list(value))


# --- addresses ------------------------------------------------------------------------------------


def _parse_url(url: str) -> str:
    """Return ``url`` without surrounding space, if it is an absolute HTTP address."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise _mismatch() from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise _mismatch()
    if not url.strip().isprintable() or " " in url.strip():
        raise _mismatch()
    return urlunsplit(parts)


def split_credentials(url: str) -> tuple[str, str]:
    """Return ``url`` without user and password, and what stood there (still percent-encoded)."""
    parts = urlsplit(url)
    credentials, _, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=host)), credentials


def _read_url(value: object, place: Place) -> str:
    text = _read_text(value, place)
    if not text:
        return ""
    url = _parse_url(text)
    parts = urlsplit(url)
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise _mismatch()
    return url.rstrip("/")


def _parse_door(url: str) -> str:
    return parse_directory_url(url) if is_directory_url(url) else _parse_url(url)


def _read_urls(value: object, place: Place) -> tuple[HiddenUrl, ...]:
    urls = tuple(_parse_door(item) for item in _read_list(value))
    for url in urls:
        _forbid_password(url, place)
        if urlsplit(url).query or urlsplit(url).fragment:
            raise _mismatch()
    return tuple(HiddenUrl(url) for url in urls)


def _read_hooks(value: object, place: Place) -> tuple[HookUrl, ...]:
    if not isinstance(value, list | tuple):
        raise _mismatch()
    return tuple(HookUrl(_read_hook(item, place)) for item in value)


def _read_hook(value: object, place: Place) -> str:
    if isinstance(value, dict):
        return _parse_url(_read_reference(value, place))
    url = _parse_url(_read_text(value, place))
    _forbid_password(url, place)
    return url


def _read_proxy(value: object, place: Place) -> HiddenUrl:
    if isinstance(value, dict):
        return HiddenUrl(_parse_url(_read_reference(value, place)))
    url = _parse_url(_read_text(value, place))
    _forbid_password(url, place)
    return HiddenUrl(url)


def _forbid_password(url: str, place: Place) -> None:
    """Refuse a password in a configuration file, which ends up in version control and backups."""
    if place.in_file and "@" in urlsplit(url).netloc:
        message = (
            "it has a user or password in it; keep the address plain and give the secret by "
            'reference: `{ file = "..." }` or `{ env = "..." }`'
        )
        raise BadInput("explained", message)


# --- paths ----------------------------------------------------------------------------------------


def _resolve(text: str, place: Place) -> Path:
    """Return the absolute path; relative ones start where the value was written."""
    try:
        return Path(place.base, Path(text).expanduser()).absolute()
    except RuntimeError as error:  # `~nobody`
        raise _mismatch() from error


def _read_path(value: object, place: Place) -> Path:
    if isinstance(value, Path):
        value = str(value)
    text = _read_text(value, place)
    if not text:
        raise _mismatch()
    return _resolve(text, place)


def _read_file(value: object, place: Place) -> Path:
    path = _read_path(value, place)
    if not path.is_file():
        raise BadInput("explained", f"there is no file `{path}`")
    return path


def _read_access_log(value: object, place: Place) -> str:
    text = str(value) if isinstance(value, Path) else _read_text(value, place)
    return text if text in {"", "-"} else str(_resolve(text, place))


# --- secrets --------------------------------------------------------------------------------------


def _read_reference(value: Mapping[object, object], place: Place) -> str:
    """Return what ``{ file = ... }`` or ``{ env = ... }`` points to, without its last newline."""
    match list(value.items()):
        case [("file", str(name))]:
            try:
                content = _resolve(name, place).read_text(encoding="utf-8")
            except (OSError, ValueError) as error:
                reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
                message = f"the file `{_resolve(name, place)}` cannot be read: {reason}"
                raise BadInput("explained", message) from error
        case [("env", str(name))]:
            if name not in place.environ:
                raise BadInput("explained", f"the environment has no variable `{name}`")
            content = place.environ[name]
        case _:
            raise _mismatch()
    if not (content := content.rstrip("\r\n")):
        raise BadInput("explained", "the reference leads to an empty text")
    return content


def _read_secret(value: object, place: Place) -> Secret:
    if isinstance(value, dict):
        return Secret(_read_reference(value, place))
    if place.in_file or not isinstance(value, str):
        raise _mismatch()
    return Secret(value)


def _reference_from_text(text: str) -> object:
    """Return the inline table in ``text``; other text is the secret itself."""
    if text.lstrip().startswith("{"):
        try:
            return tomllib.loads(f"reference = {text}")["reference"]
        except tomllib.TOMLDecodeError:
            return text
    return text


_URL_FORM = "`http://` or `https://`, without query"

TEXT = Kind("text", _read_text)
SECONDS = Kind("a number of seconds, 0 or more", _read_seconds, _number_from_text)
DAYS = Kind("a number of days, 0 or more", _read_seconds, _number_from_text)
SIZE = Kind("a number of bytes, or text such as `20 GiB`", _read_size, _number_from_text)
SWITCH = Kind("true or false", _read_switch, _switch_from_text)
NETWORKS = Kind(
    "a list of IP addresses or networks such as `10.0.0.0/8`", _read_networks, list_from_text
)
HOSTS = Kind(
    "a list of host names such as `files.example`, `*.files.example`, `files.example:8443` "
    "or `http://files.example`",
    _read_hosts,
    list_from_text,
)
HOOKS = Kind(
    'a list of addresses starting with `http://` or `https://`, or of references `{ env = "..." }`',
    _read_hooks,
    list_from_text,
)
ADDRESSES = Kind(
    "a list of hosts with their addresses such as `index.example=203.0.113.7`",
    _read_addresses,
    list_from_text,
)
URL = Kind(f"an address starting with {_URL_FORM} and without user or password", _read_url)
URLS = Kind(
    f"a list of addresses starting with `file:///`, {_URL_FORM}", _read_urls, list_from_text
)
PROXY = Kind(
    'an address starting with `http://` or `https://`, or a reference `{ env = "..." }`',
    _read_proxy,
    _reference_from_text,
)
PATH = Kind("a path", _read_path)
DIRECTORY = Kind("a directory", _read_path)
FILE = Kind("the path of an existing file", _read_file)
ACCESS_LOG = Kind("a path, or `-` for the terminal", _read_access_log)
SECRET = Kind(
    'a reference to a secret, `{ file = "..." }` or `{ env = "..." }`',
    _read_secret,
    _reference_from_text,
)
