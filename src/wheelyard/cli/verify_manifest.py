"""``wheelyard verify --manifest``: is what one gets what its index signed?"""

import os
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import click
import msgspec

from wheelyard.cli.acting import tell, write_json
from wheelyard.cli.commands import Verdict
from wheelyard.errors import BadInput
from wheelyard.settings import UpstreamSettings

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for half of the program
    from wheelyard.publish import Check, Trust
    from wheelyard.publish.checking import Source

__all__ = ["ManifestOrder", "manifest_options", "verify_manifest"]

_SHOWN = 50
_FILE_SCHEME = "file://"
_PAGES = "simple"
_LARGEST_PAGE = 512 * 1024**2


@dataclass(frozen=True, slots=True)
class ManifestOrder:
    """What is to be checked: a manifest, with the keys in a file, against an index if it is named.

    ``state`` is where it is remembered which manifests were seen.
    """

    manifest: Path
    keys: Path | None
    state: Path
    upstream: UpstreamSettings | None = None


def manifest_options() -> list[click.Parameter]:
    """Return the flags that only count with a manifest."""
    path = click.Path(path_type=Path)
    return [
        click.Option(
            ["--manifest"],
            metavar="FILE",
            type=path,
            help="Check this signed manifest, and against it every page and file of the index at "
            "`--upstream` (or of the tree at `file:///...`), instead of a store.",
        ),
        click.Option(
            ["--key"],
            metavar="FILE",
            type=path,
            help="Public keys that are trusted, as `wheelyard manifest key` writes them.",
        ),
        click.Option(
            ["--state"],
            metavar="FILE",
            type=path,
            help="Where it is remembered which manifests were seen, so that no older one is "
            "believed. [default: `manifests-seen.json` in the data directory]",
        ),
    ]


def verify_manifest(order: ManifestOrder, *, as_json: bool) -> Verdict:
    """Check a manifest, and what it lists.

    Raises:
        BadInput: a file is not what it has to be.
    """
    trust = _opened(order)
    check = None
    if not trust.problem and order.upstream is not None:
        check = anyio.run(_checked, trust, order.upstream, _progress(trust))
    if as_json:
        _write(trust, check)
    else:
        _show(order, trust, check)
    is_sound = not trust.problem and (check is None or check.is_sound)
    return Verdict.FINE if is_sound else Verdict.FOUND_WRONG


def _opened(order: ManifestOrder) -> "Trust":
    """Return the manifest, and whether it counts."""
    from wheelyard.access.signing_key import parse_public_keys
    from wheelyard.clock import SystemClock
    from wheelyard.publish import open_manifest
    from wheelyard.publish.trust import Seen

    if order.keys is None:
        raise BadInput(
            "`--manifest` needs `--key`: a file with the public key, as `wheelyard manifest key` "
            "writes it where the manifest is made."
        )
    if order.upstream is not None and len(order.upstream.doors) > 1:
        raise BadInput("A manifest is of one index: give `--upstream` once.")
    try:
        keys = parse_public_keys(order.keys.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"`{order.keys}` cannot be read: it has to be a file of keys.") from error
    except BadInput as error:
        raise BadInput(f"`{order.keys}`: {error}") from error
    return open_manifest(order.manifest, keys, Seen(order.state), SystemClock().now())


async def _checked(
    trust: "Trust", upstream: UpstreamSettings, tell_how_far: "Callable[[Check], None]"
) -> "Check":
    """Return how what ``upstream`` gives compares with the manifest."""
    from wheelyard.publish import check_contents

    async with AsyncExitStack() as stack:
        source = await _source(stack, upstream)
        return await check_contents(trust.entries, source, tell_how_far)


async def _source(stack: AsyncExitStack, upstream: UpstreamSettings) -> "Source":
    """Return where the index is had from; ``stack`` closes what is open for it."""
    from wheelyard.publish.checking import OnDisk, OverHttp
    from wheelyard.settings import directory_of
    from wheelyard.transport import (
        Certificates,
        ClientRules,
        HttpClient,
        Limits,
        parse_credentials,
        read_proxies,
        split_credentials,
    )

    (door,) = upstream.doors
    if door.url.startswith(_FILE_SCHEME):
        root = directory_of(door.url)
        return OnDisk(root.parent if root.name == _PAGES else root)
    rules = ClientRules(
        door.url,
        upstream.name,
        allow_hosts=upstream.allow_hosts or None,
        addresses=upstream.addresses,
        certificates=Certificates(ca=upstream.ca, client=upstream.client_cert),
        credentials=parse_credentials(door.credentials) if door.credentials else None,
        proxies=read_proxies(os.environ, upstream.proxy.reveal() if upstream.proxy else None),
        limits=Limits(_LARGEST_PAGE),
    )
    client = await stack.enter_async_context(HttpClient(rules))
    base = split_credentials(door.url)[0].rstrip("/").removesuffix(f"/{_PAGES}")
    return OverHttp(client, f"{base}/")


def _progress(trust: "Trust") -> "Callable[[Check], None]":
    """Return what says on a terminal how far the check is; nothing elsewhere."""
    if not sys.stderr.isatty():
        return lambda _: None

    def show(check: "Check") -> None:
        done = check.pages + check.files
        sys.stderr.write(f"\r{done} of about {trust.head.entries} pages and files\x1b[K")

    return show


def _write(trust: "Trust", check: "Check | None") -> None:
    """Write the result for programs."""
    differences = [
        {"path": each.path, "reason": each.reason} for each in (check.differences if check else [])
    ]
    write_json(
        {
            "sound": not trust.problem and (check is None or check.is_sound),
            "manifest": msgspec.to_builtins(trust.head),
            "problem": trust.problem,
            "pages": check.pages if check else 0,
            "files": check.files if check else 0,
            "wrong": check.wrong if check else 0,
            "differences": differences,
        }
    )


def _show(order: ManifestOrder, trust: "Trust", check: "Check | None") -> None:
    """Write the result for people."""
    head = trust.head
    if trust.problem:
        tell(f"The manifest `{order.manifest}` does not count: {trust.problem}.")
        return
    click.echo(
        f"The manifest of `{head.index}` at serial {head.serial} is signed with the key "
        f"`{head.key}`, whole, and counts until {head.expires}."
    )
    if check is None:
        click.echo("Nothing was compared with it: name the index with `--upstream`.")
        return
    for difference in check.differences[:_SHOWN]:
        tell(f"`{difference.path}` {difference.reason}.")
    if check.wrong > _SHOWN:
        tell(f"And {check.wrong - _SHOWN} more; `--json` has the first thousand.")
    wrong = f"{check.wrong:,} are not as signed, or could not be had."
    verdict = "All are as signed." if check.is_sound else wrong
    click.echo(f"{check.pages:,} pages and {check.files:,} files were had. {verdict}")
