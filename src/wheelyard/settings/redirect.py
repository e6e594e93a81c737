"""Where ``wheelyard redirect`` sends clients: ``[redirect]``."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from wheelyard.errors import BadInput
from wheelyard.settings import kinds
from wheelyard.settings.words import Words

__all__ = ["RedirectSettings"]

_PLACE = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?)(?::\d+)?")
_PATH = re.compile(r"(?:/[A-Za-z0-9._~+@:-]+)*")
_DOTS = re.compile(r"/\.\.?(?:/|$)")
_LEAST_SECONDS = 0.1
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?", re.ASCII)


def _read_targets(value: object, _place: kinds.Place) -> tuple[str, ...]:
    """Return addresses without a final slash and without the `/simple` that people add.

    They become part of every answer and of the configuration of other programs, hence the few
    characters that they may consist of.
    """
    targets = tuple(_target(item) for item in _texts(value))
    if len(set(targets)) < len(targets):
        raise BadInput("explained", "an address stands there twice; take one of them out")
    return targets


def _target(text: str) -> str:
    """Return one address, as a prefix of what clients are sent to."""
    problem = "expected an address such as `https://files.example/index`"
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError as error:
        raise BadInput("explained", problem) from error
    if parts.scheme not in {"http", "https"} or port == 0:
        raise BadInput("explained", problem)
    if "@" in parts.netloc:
        # Not repeated: it would be handed to every client.
        message = (
            "an address has a user or password in it, which every client would be given; take it "
            "out, and let clients have credentials of their own"
        )
        raise BadInput("explained", message)
    path = parts.path.rstrip("/").removesuffix("/simple")
    usable = _PLACE.fullmatch(parts.netloc) and _PATH.fullmatch(path) and not _DOTS.search(path)
    if not usable or parts.query or parts.fragment:
        characters = "of letters, digits, `/` and `-._~+@:` alone, without query"
        raise BadInput("explained", f"{problem}, {characters}")
    return f"{parts.scheme}://{parts.netloc}{path}"


def _read_indexes(value: object, _place: kinds.Place) -> tuple[str, ...]:
    names = tuple(_texts(value))
    if not all(_NAME.fullmatch(name) for name in names) or len(set(names)) < len(names):
        raise BadInput("explained", "expected names of indexes, each once")
    return names


def _read_some_seconds(value: object, place: kinds.Place) -> object:
    seconds = kinds.SECONDS.read(value, place)
    if not isinstance(seconds, float) or seconds < _LEAST_SECONDS:
        raise BadInput("mismatch")
    return seconds


def _texts(value: object) -> list[str]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise BadInput("explained", "expected a list of texts")
    return list(value)


TARGETS = kinds.Kind(
    "a list of addresses starting with `http://` or `https://`, without user, password and query",
    _read_targets,
    kinds.list_from_text,
)
INDEXES = kinds.Kind("a list of names of indexes", _read_indexes, kinds.list_from_text)

SOME_SECONDS = kinds.Kind(
    f"a number of seconds, {_LEAST_SECONDS} or more", _read_some_seconds, kinds.SECONDS.from_text
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RedirectSettings:
    """Where a redirector sends clients, and how it knows that somebody is there."""

    static: Annotated[
        tuple[str, ...],
        TARGETS,
        Words(
            "Addresses at which the published tree is served, the preferred one first: the first "
            "that is healthy gets pages and files.",
            flag="--static",
            metavar="URL",
        ),
    ] = ()
    dynamic: Annotated[
        tuple[str, ...],
        TARGETS,
        Words(
            "Addresses of servers for everything else, the preferred one first; they get pages and "
            "files too while no tree is healthy.",
            flag="--dynamic",
            metavar="URL",
        ),
    ] = ()
    indexes: Annotated[
        tuple[str, ...],
        INDEXES,
        Words(
            "Named indexes whose trees are served at the same addresses, each below its name; what "
            "is asked of any other named index goes to a server.",
        ),
    ] = ()
    check_seconds: Annotated[
        float,
        SOME_SECONDS,
        Words("How often each address is checked.", "seconds"),
    ] = 5.0
    check_timeout_seconds: Annotated[
        float,
        SOME_SECONDS,
        Words("How long an address may take to answer a check.", "seconds"),
    ] = 3.0
    rise: Annotated[
        int,
        kinds.whole(1, 100),
        Words("How many good checks in a row make an address that was down count as healthy."),
    ] = 2
    fall: Annotated[
        int,
        kinds.whole(1, 100),
        Words("How many bad checks in a row make a healthy address count as down."),
    ] = 2
    ca: Annotated[
        Path | None,
        kinds.FILE,
        Words(
            "Certificates in PEM form that the checks believe, besides the authorities that this "
            "machine knows."
        ),
    ] = None
