"""``wheelyard project push``: publish a release onwards, to PyPI or to another index."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import click

from wheelyard.cli.acting import os_actor, require_data, tell, write_json
from wheelyard.cli.amounts import count
from wheelyard.cli.options import given_settings, json_option
from wheelyard.cli.placing import project_options
from wheelyard.errors import BadInput, ConfigError
from wheelyard.settings import Secret, Settings

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for the database
    from collections.abc import Sequence

    from wheelyard.catalog import Catalog, DataDirectory, HostedFile
    from wheelyard.names import ProjectName
    from wheelyard.transport.uploading import UploadRules
    from wheelyard.upload.push import Pushed, Release

__all__ = ["push"]

_USER = "__token__"


@dataclass(frozen=True, slots=True)
class _Order:
    """What is asked for. ``is_quiet`` says that nobody is told of what goes on."""

    release: "tuple[ProjectName, str]"
    index: str
    rules: "UploadRules"
    skips_existing: bool
    dry_run: bool
    is_quiet: bool


@click.pass_context
def _push(
    context: click.Context,
    name: str,
    version: str,
    *,
    url: str,
    index: str,
    token_env: str | None,
    token_file: Path | None,
    user: str,
    skip_existing: bool,
    cleartext: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Push a release."""
    from wheelyard.names import parse_project_name
    from wheelyard.transport import read_proxies
    from wheelyard.transport.uploading import UploadRules, parse_upload_url

    shown = str(parse_upload_url(url, cleartext=cleartext).origin)
    token = _token(token_env, token_file)
    rules = UploadRules(url, user, token, read_proxies(os.environ))
    release = parse_project_name(name), version
    order = _Order(release, index, rules, skip_existing, dry_run, as_json)
    files, pushed = anyio.run(_run, given_settings(context), order)
    if as_json:
        write_json(_document(files, pushed, shown))
        return
    if dry_run:
        for file in files:
            click.echo(file.filename)
        tell(f"{count(len(files), 'file')} would be uploaded to `{shown}`.")
        return
    new = sum(each.outcome == "uploaded" for each in pushed)
    there = f", {len(pushed) - new} there already" if len(pushed) > new else ""
    tell(f"`{name}` {version} is published at `{shown}`: {count(new, 'file')} uploaded{there}.")


def _token(variable: str | None, path: Path | None) -> Secret:
    """Return the token that the flags point at. It stands in no argument: those everybody sees.

    Raises:
        BadInput: both flags were given, or none.
        ConfigError: there is nothing at that place.
    """
    if (variable is None) == (path is None):
        raise BadInput("Say where the token is, with `--token-env NAME` or `--token-file FILE`.")
    if variable is not None:
        content, where = os.environ.get(variable, ""), f"The environment variable `{variable}`"
    else:
        where = f"The file `{path}`"
        try:
            content = (path or Path()).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{where} cannot be read: name one that holds the token.") from error
    if not content.strip():
        raise ConfigError(f"{where} is empty: it must hold the token.")
    return Secret(content.strip())


async def _run(
    settings: Settings, order: _Order
) -> "tuple[Sequence[HostedFile], Sequence[Pushed]]":
    """Return the files of the release, and what became of them."""
    from wheelyard.catalog import open_catalog, open_directory
    from wheelyard.clock import SystemClock
    from wheelyard.hosting import load_places
    from wheelyard.upload.push import Release, plan_push

    data, clock = settings.store.data, SystemClock()
    require_data(data)
    with (
        open_directory(data, clock) as directory,
        open_catalog(directory.path, clock) as catalog,
    ):
        place = (await load_places(settings.indexes, catalog)).find(order.index)
        release = Release(place.owner, *order.release)
        files = await plan_push(catalog, release)
        if order.dry_run:
            return files, ()
        return files, await _send(directory, catalog, release, files, order)


async def _send(
    directory: "DataDirectory",
    catalog: "Catalog",
    release: "Release",
    files: "Sequence[HostedFile]",
    order: _Order,
) -> "Sequence[Pushed]":
    """Upload the files in their order, and return what became of each.

    What was uploaded before one failed is in the audit log too.
    """
    from wheelyard.blobs import DiskThreads, LocalBlobs, Quarantine
    from wheelyard.catalog import append_audit
    from wheelyard.clock import SystemClock
    from wheelyard.transport.uploading import UploadClient
    from wheelyard.upload.push import PushParts, push_entry, push_file

    quarantine = Quarantine(directory.quarantine)
    store = LocalBlobs(directory.blobs, directory.spool, DiskThreads(), quarantine)
    pushed: list[Pushed] = []
    async with UploadClient(order.rules) as client:
        retrying = _silent if order.is_quiet else _retrying
        parts = PushParts(catalog, store, client, order.skips_existing, retrying)
        try:
            for file in files:
                pushed.append(await push_file(parts, file))
                if not order.is_quiet:
                    tell(f"{pushed[-1].outcome}: {file.filename}")
        finally:
            if any(each.outcome == "uploaded" for each in pushed):
                entry = push_entry(release, pushed, client.shown)
                now = SystemClock().now()
                await catalog.write(append_audit, os_actor(), entry, now)
    return pushed


def _retrying(reason: str, seconds: float) -> None:
    """Tell that an attempt failed."""
    tell(f"{reason.rstrip('.')}; again in {seconds:g} seconds.")


def _silent(reason: str, seconds: float) -> None:
    """Say nothing: the report has it all."""
    del reason, seconds


def _document(
    files: "Sequence[HostedFile]", pushed: "Sequence[Pushed]", where: str
) -> dict[str, object]:
    """Return what became of each file, for programs."""
    outcomes = {each.filename: each.outcome for each in pushed}
    return {
        "to": where,
        "files": [
            {
                "filename": file.filename,
                "sha256": file.sha256,
                "outcome": outcomes.get(file.filename, "planned"),
            }
            for file in files
        ],
    }


push = click.Command(
    "push",
    callback=_push,
    help="Publish a release onwards, to PyPI or to another index.\n\nThe bytes are those that are "
    "held here. What may pass is tried again; a redirect is not followed. The token is read from "
    "where you say, and stands in no argument.",
    params=[
        click.Argument(["name"]),
        click.Argument(["version"]),
        click.Option(
            ["--to", "url"],
            required=True,
            metavar="URL",
            help="The address for uploads, such as `https://index.example/legacy/`.",
        ),
        click.Option(
            ["--token-env"], metavar="NAME", help="The environment variable that holds the token."
        ),
        click.Option(
            ["--token-file"],
            metavar="FILE",
            type=click.Path(path_type=Path),
            help="The file that holds the token.",
        ),
        click.Option(
            ["--user"],
            default=_USER,
            metavar="NAME",
            help=f"The user, where it is a password. [default: {_USER}]",
        ),
        click.Option(
            ["--skip-existing"],
            is_flag=True,
            help="Go on if the other index has a file of that name already.",
        ),
        click.Option(
            ["--cleartext"],
            is_flag=True,
            help="Send the token over `http` to another machine too.",
        ),
        click.Option(["--dry-run"], is_flag=True, help="Show which files would be uploaded."),
        *project_options(),
        json_option(),
    ],
)
