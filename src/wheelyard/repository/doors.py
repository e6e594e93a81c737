"""The doors of an index: found at the first start, recorded, and opened at every start.

In this order: what ``--upstream`` or the configuration names; what the data directory has
recorded; what this machine's pip uses; PyPI, as a library knows it.
"""

import logging
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from wheelyard.catalog import Catalog, DoorRow
from wheelyard.clock import Clock
from wheelyard.errors import BadInput, ConfigError
from wheelyard.names import IndexName
from wheelyard.repository.compose import DoorParts
from wheelyard.repository.observed import DoorState, ObservedClient
from wheelyard.repository.upstream import UpstreamRules
from wheelyard.settings import (
    DoorSettings,
    Settings,
    UpstreamSettings,
    is_directory_url,
    named_upstreams,
    parse_directory_url,
    simple_url,
)
from wheelyard.transport import (
    Certificates,
    Client,
    ClientRules,
    Credentials,
    Deadlines,
    DirectoryClient,
    DirectoryRules,
    HttpClient,
    Limits,
    Listening,
    Proxies,
    default_index_url,
    display_url,
    parse_credentials,
    read_proxies,
    split_credentials,
)
from wheelyard.transport.pip_settings import PipSettings
from wheelyard.transport.urls import Origin, parse_target

__all__ = [
    "DoorOpening",
    "OpenDoor",
    "open_doors",
    "resolve_upstream",
    "unasked_doors",
]

_LOG = logging.getLogger(__name__)
_OWNER = "main"


@dataclass(frozen=True, slots=True)
class OpenDoor:
    """A door that can be asked, and what it has done so far."""

    parts: DoorParts
    state: DoorState


@dataclass(frozen=True, slots=True)
class DoorOpening:
    """What doors are opened with. ``via`` and ``listening`` are how this server knows itself.

    ``contact`` is how those behind the doors may reach us.
    """

    upstream: UpstreamSettings
    environment: Mapping[str, str]
    pip: PipSettings
    via: str
    clock: Clock
    netrc: Path | None = None
    listening: Listening | None = None
    contact: str = ""


async def resolve_upstream(
    settings: Settings,
    catalog: Catalog,
    index: IndexName,
    pip: PipSettings,
    *,
    records: bool = True,
) -> UpstreamSettings:
    """Return the usual upstream of ``index`` with its doors, and have the doors recorded.

    Without ``records``, doors that the settings name do not take the place of recorded ones; they
    are recorded if there are none.
    Upstreams that a route or an index names are for those alone.

    Raises:
        ConfigError: more than one upstream is configured.
    """
    named = named_upstreams(settings.names, settings.indexes)
    usual = [upstream for upstream in settings.upstreams if upstream.name not in named]
    if len(usual) > 1:
        names = ", ".join(f"`[upstream.{upstream.name}]`" for upstream in usual)
        message = (
            f"There is one index and more than one upstream for it: {names}. "
            "Name the doors to the same index as `urls` of one section, and say in `[names] route` "
            "which projects another index has."
        )
        raise ConfigError(message)
    if usual:
        upstream = usual[0]
        rows = [DoorRow(upstream.name, door.url, _options(door)) for door in upstream.doors]
        # Where nothing is recorded this is the first start, whoever starts.
        await (catalog.doors.replace if records else catalog.doors.record)(index, rows)
        return upstream
    recorded = await catalog.doors.load(index) or await _record_default(catalog, index, pip)
    doors = tuple(_recorded_door(row) for row in recorded)
    # A certificate of authority shows who is there; one of a client shows who we are.
    is_pips = all(origin_of(door.url) == origin_of(pip.index_url or "") for door in doors)
    return UpstreamSettings(
        name=recorded[0].name,
        doors=doors,
        ca=pip.cert,
        client_cert=pip.client_cert if is_pips else None,
    )


async def open_doors(stack: AsyncExitStack, parts: DoorOpening) -> tuple[OpenDoor, ...]:
    """Return the doors of the upstream, each with a client of its own that ``stack`` closes."""
    return tuple([await _open_door(stack, door, parts) for door in parts.upstream.doors])


def unasked_doors(upstream: UpstreamSettings) -> tuple[DoorState, ...]:
    """Return what there is to know of doors that nobody asks: their addresses."""
    return tuple(
        DoorState(upstream.name, display_url(door.url), is_offline=True) for door in upstream.doors
    )


async def _record_default(
    catalog: Catalog, index: IndexName, pip: PipSettings
) -> tuple[DoorRow, ...]:
    """Record where this machine's pip installs from, else PyPI, and return it.

    Raises:
        ConfigError: pip's index URL is unusable; it is not recorded.
    """
    for warning in pip.warnings:
        _LOG.warning("%s", warning)
    named = pip.index_url or default_index_url()
    usable = _usable(named)
    if usable is None:
        raise ConfigError(
            f"pip's index URL on this machine, `{display_url(named)}`, is no usable address: "
            "correct it in pip's configuration, or name the index with `--upstream URL`."
        )
    likely, plain = simple_url(usable) if pip.index_url else (usable, None)
    options = {"plain_url": plain} if plain else {}
    return await catalog.doors.record(index, [DoorRow(_OWNER, likely, options)])


def _usable(url: str) -> str | None:
    """Return ``url`` as a door has it, or None if it names neither a host nor a directory."""
    try:
        if is_directory_url(url):
            return parse_directory_url(url)
        parse_target(url)
    except BadInput:
        return None
    return url


def _options(door: DoorSettings) -> dict[str, object]:
    """Return what is recorded of a door beside its address; never a secret."""
    return {"plain_url": without_credentials(door.plain_url)} if door.plain_url else {}


def _recorded_door(row: DoorRow) -> DoorSettings:
    """Return a recorded door."""
    plain = row.options.get("plain_url")
    return DoorSettings(url=row.url, plain_url=plain if isinstance(plain, str) else None)


async def _open_door(stack: AsyncExitStack, door: DoorSettings, parts: DoorOpening) -> OpenDoor:
    """Return one open door."""
    upstream = parts.upstream
    client = await _open_client(stack, door, parts)
    state = DoorState(name=upstream.name, url=display_url(door.url))
    observed = ObservedClient(client, state, parts.clock)
    rules = UpstreamRules(
        name=upstream.name,
        url=without_credentials(door.url),
        unhashed=upstream.unhashed,
        forbidden_means_absent=upstream.forbidden_means_absent,
        max_page_bytes=upstream.max_page_bytes,
    )
    plain = replace(rules, url=without_credentials(door.plain_url)) if door.plain_url else None
    return OpenDoor(DoorParts(observed, rules, plain, state), state)


async def _open_client(stack: AsyncExitStack, door: DoorSettings, parts: DoorOpening) -> Client:
    """Return the way to one door: over HTTP, or to a directory of this machine."""
    if not is_directory_url(door.url):
        return await stack.enter_async_context(HttpClient(_client_rules(door, parts)))
    upstream = parts.upstream
    seconds = max(upstream.read_seconds, 1.0)
    rules = DirectoryRules(door.url, seconds, upstream.max_page_bytes)
    return await stack.enter_async_context(DirectoryClient(rules, parts.clock))


def _client_rules(door: DoorSettings, parts: DoorOpening) -> ClientRules:
    """Return what the HTTP client of one door must and may do."""
    upstream = parts.upstream
    first_byte = max(upstream.read_seconds, 1.0)
    return ClientRules(
        origin=door.url,
        name=upstream.name,
        allow_hosts=upstream.allow_hosts or None,
        addresses=upstream.addresses,
        listening=parts.listening,
        certificates=Certificates(ca=upstream.ca, client=upstream.client_cert),
        credentials=_credentials(door, parts.pip),
        netrc=parts.netrc,
        proxies=_proxies(parts),
        deadlines=Deadlines(
            connect=upstream.connect_seconds,
            first_byte=first_byte,
            between_chunks=first_byte,
        ),
        limits=Limits(document_bytes=upstream.max_page_bytes),
        via=parts.via,
        contact=parts.contact or None,
    )


def _proxies(parts: DoorOpening) -> Proxies:
    """Return the proxies on the way: the upstream's own, else pip's, else the environment's.

    ``NO_PROXY`` counts whoever named the proxy.
    """
    if parts.upstream.proxy is not None:
        return read_proxies(parts.environment, parts.upstream.proxy.reveal())
    if parts.pip.proxy is not None:
        environment = parts.environment.items()
        exceptions = {name: text for name, text in environment if name.lower() == "no_proxy"}
        return replace(read_proxies(exceptions), http=parts.pip.proxy, https=parts.pip.proxy)
    return read_proxies(parts.environment)


def _credentials(door: DoorSettings, pip: PipSettings) -> Credentials | None:
    """Return the door's credentials; for the index that pip uses, pip's. They are not recorded."""
    if door.credentials is not None:
        return parse_credentials(door.credentials)
    same = origin_of(door.url) == origin_of(pip.index_url or "")
    return pip.credentials if same else None


def origin_of(url: str) -> Origin | None:
    """Return scheme, host and port of ``url``, or None if it has no such thing."""
    try:
        return parse_target(url).origin
    except BadInput:
        return None


def without_credentials(url: str) -> str:
    """Return ``url`` without its user information."""
    return split_credentials(url)[0]
