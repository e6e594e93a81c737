"""Which place a word means: a directory, a bucket, or, for reading, a site."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import anyio.to_thread

from wheelyard.blobs import DiskThreads
from wheelyard.blobs.store_urls import parse_store_url
from wheelyard.errors import BadInput, Unavailable
from wheelyard.publish.targets.directory import DirectoryTarget
from wheelyard.publish.targets.target import Readable, Target
from wheelyard.publish.targets.views import ThroughViews
from wheelyard.publish.targets.web import WebTree
from wheelyard.transport import (
    ClientRules,
    HttpClient,
    display_url,
    read_proxies,
    split_credentials,
)
from wheelyard.transport.urls import parse_target
from wheelyard.wire.tree import View

__all__ = ["DEFAULT_CONCURRENCY", "open_target", "open_tree", "places_around", "shown_url"]

DEFAULT_CONCURRENCY: Final = 32

_STORES: Final = frozenset({"s3", "gs", "az"})
_SITES: Final = frozenset({"http", "https"})
_KEY_NAMES: Final = {"az": "surrogate_key"}
"""Azure takes identifiers alone. Source: "Naming and referencing metadata" of Azure Storage."""


@asynccontextmanager
async def open_target(
    url: str, environment: Mapping[str, str], max_concurrency: int = DEFAULT_CONCURRENCY
) -> AsyncIterator[Target]:
    """Open a place to publish to: a directory, or `s3://`, `gs://`, `az://`.

    ``environment`` has the credentials of object stores. Nothing is written, nobody is asked yet.

    Raises:
        BadInput: ``url`` is no such place.
        ConfigError: the environment says something that cannot be used.
    """
    scheme = _scheme(url)
    if scheme in _STORES:
        yield _open_store(url, environment, max_concurrency)
    elif scheme in {"", "file"}:
        root = await anyio.to_thread.run_sync(_directory, url)
        async with DirectoryTarget(root, DiskThreads()) as target:
            yield target
    else:
        raise BadInput(
            f"`{scheme}:` is nothing that can be published to: give a directory, or "
            "`s3://bucket/prefix`, `gs://bucket/prefix` or `az://container/prefix`."
        )


@asynccontextmanager
async def open_tree(url: str, environment: Mapping[str, str]) -> AsyncIterator[Readable]:
    """Open a published tree to read it: a directory, a bucket, or where it is served.

    Paths are those of a tree without views; where there are views, they lead to the one that
    counted when something was read first.

    Raises:
        BadInput: ``url`` is no such place.
        ConfigError: the environment says something that cannot be used.
    """
    if _scheme(url) in _SITES:
        base = _site(url)
        rules = ClientRules(url, "tree", proxies=read_proxies(environment))
        async with HttpClient(rules) as client:
            site = WebTree(client, base)
            yield ThroughViews(site, site.active)
        return
    async with open_target(url, environment) as target:
        if isinstance(target, DirectoryTarget):
            yield ThroughViews(target, partial(_view_on_disk, target))
        else:
            yield ThroughViews(target, target.active)


def shown_url(url: str) -> str:
    """Return what the target at ``url`` says that its own is; asks the disk where we are.

    Raises:
        BadInput: ``url`` is no place to publish to.
    """
    return str(parse_store_url(url) if _scheme(url) in _STORES else _directory(url))


def places_around(url: str) -> tuple[str, ...]:
    """Return every place that the target at ``url`` is in, the nearest first; asks the disk.

    Of a directory that links lead to these are those that it is named in and those it is in.

    Raises:
        BadInput: ``url`` is no place to publish to.
    """
    if _scheme(url) in _STORES:
        place = parse_store_url(url)
        parts = place.prefix.rstrip("/").split("/") if place.prefix else []
        folders = ("/".join(parts[:end]) for end in reversed(range(len(parts))))
        return tuple(str(replace(place, prefix=folder)) for folder in folders)
    path = _directory(url)
    found = dict.fromkeys([*path.parents, *path.resolve().parents])
    return tuple(str(each) for each in found if each.name and str(each).isprintable())


def _open_store(url: str, environment: Mapping[str, str], max_concurrency: int) -> Target:
    """Return the bucket that ``url`` names."""
    # A library of its own, with threads, that only buckets need.
    from wheelyard.blobs.object_store import ObjectStore, StoreRules  # noqa: PLC0415  as said
    from wheelyard.publish.targets.object_store import ObjectStoreTarget  # noqa: PLC0415  as said

    place = parse_store_url(url)
    store = ObjectStore(place, environment, StoreRules(max_concurrency=max_concurrency))
    return ObjectStoreTarget(store, _KEY_NAMES.get(place.scheme, "surrogate-key"))


def _scheme(url: str) -> str:
    """Return the scheme of ``url``; a path has none."""
    scheme, colon, _ = url.partition("://")
    if colon:
        return scheme.lower()
    return "file" if url.startswith("file:") else ""


def _directory(url: str) -> Path:
    """Return the directory that ``url`` names; asks the disk where we are.

    Raises:
        BadInput: it names none that can be published to.
    """
    path = Path(unquote(urlsplit(url).path) if url.startswith("file:") else url).absolute()
    path = Path(os.path.normpath(path))
    if not url or not str(path).isprintable() or path == Path(path.anchor):
        raise BadInput("A directory to publish to has a name, and is not the root of the disk.")
    if os.path.lexists(path) and not path.is_dir():
        raise BadInput(f"`{path}` is no directory: name another place to publish to.")
    return path


def _site(url: str) -> str:
    """Return the address of a site, without user and password, with a slash at its end.

    Raises:
        BadInput: it is none.
    """
    base = f"{split_credentials(url)[0].rstrip('/')}/"
    if "?" in base or "#" in base:
        raise BadInput(f"`{display_url(url)}` has more than an address: leave out `?` and `#`.")
    try:
        parse_target(base)
    except BadInput as error:
        raise BadInput(f"`{display_url(url)}` cannot be asked: {error}.") from error
    return base


async def _view_on_disk(target: DirectoryTarget) -> View | None:
    """Return the view that counts; None where a copy of the tree lost its links."""
    try:
        return await target.active()
    except Unavailable:
        return None
