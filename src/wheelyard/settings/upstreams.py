"""Whom to ask: the settings of upstreams and of their doors."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from wheelyard.settings import kinds
from wheelyard.settings.addresses import HostAddress
from wheelyard.settings.hidden import HiddenUrl, Secret
from wheelyard.settings.words import Words

__all__ = ["DoorSettings", "UpstreamSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorSettings:
    """One address of an upstream, with the credentials that go there and nowhere else.

    ``url`` is the likeliest address of the index and ends with a slash: `/simple/` was added if
    it was not given. ``plain_url`` is then the address without it, for indexes that
    have their projects there; else it is None.
    """

    url: str
    plain_url: str | None = None
    credentials: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamSettings:
    """Somebody else's index: one or more equal doors, in the order in which they are asked."""

    name: str
    doors: tuple[DoorSettings, ...] = ()
    urls: Annotated[
        tuple[HiddenUrl, ...],
        kinds.URLS,
        Words(
            "Address of an upstream index, with or without `/simple/`; several are doors to the "
            "same index, asked in this order.",
            flag="--upstream",
            metavar="URL",
        ),
    ] = ()
    ca: Annotated[
        Path | None,
        kinds.FILE,
        Words(
            "Certificates in PEM form that are trusted for this upstream.",
            shown_default="the system's",
        ),
    ] = None
    credentials: Annotated[
        Secret | None,
        kinds.SECRET,
        Words("`user:password`, or a token; sent to the origins of `urls` and nowhere else."),
    ] = None
    client_cert: Annotated[
        Path | None,
        kinds.FILE,
        Words("Client certificate with its key, in PEM form."),
    ] = None
    proxy: Annotated[
        HiddenUrl | None,
        kinds.PROXY,
        Words("Proxy on the way to this upstream.", shown_default="the environment's"),
    ] = None
    allow_hosts: Annotated[
        tuple[str, ...],
        kinds.HOSTS,
        Words(
            "Further hosts from which this upstream's files may come.",
            shown_default="any public host over HTTPS",
        ),
    ] = ()
    addresses: Annotated[
        tuple[HostAddress, ...],
        kinds.ADDRESSES,
        Words(
            "Addresses of hosts as `HOST=ADDRESS`, for names that lead to this server itself where "
            "it stands in for its upstream; a host may have several.",
            shown_default="what this machine's resolver says",
        ),
    ] = ()
    max_age: Annotated[
        float | None,
        kinds.SECONDS,
        Words(
            "`max_seconds` of `[freshness]`, for this upstream alone.",
            "seconds",
            shown_default="`max_seconds`",
        ),
    ] = None
    max_lag: Annotated[
        float,
        kinds.SECONDS,
        Words(
            "How old a door's copy of the index may be, by its `/last-modified`, before other "
            "doors are asked first.",
            "seconds",
        ),
    ] = 86_400.0
    offline: Annotated[
        bool,
        kinds.SWITCH,
        Words("Never ask this upstream; of its projects what is held is served."),
    ] = False
    unhashed: Annotated[
        Literal["record", "refuse"],
        kinds.choice("record", "refuse"),
        Words(
            "Files for which no digest is stated: `record` the digest at the first download and "
            "hold the file to it, or `refuse` them."
        ),
    ] = "record"
    forbidden_means_absent: Annotated[
        bool,
        kinds.SWITCH,
        Words("Take 403 as 404, for object stores that answer so."),
    ] = False
    connect_seconds: Annotated[
        float,
        kinds.SECONDS,
        Words("Longest time to open a connection.", "seconds"),
    ] = 2.0
    read_seconds: Annotated[
        float,
        kinds.SECONDS,
        Words("Longest silence in the middle of an answer.", "seconds"),
    ] = 5.0
    max_page_bytes: Annotated[
        int,
        kinds.SIZE,
        Words("Largest page that is read, after decompression.", "bytes"),
    ] = 256 * 1024**2
