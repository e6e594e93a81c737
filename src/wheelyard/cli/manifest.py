"""``wheelyard manifest``: list and sign every page and file that an index gives out."""

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import click

from wheelyard.cli.acting import make_group, place_options, require_data, tell, write_json
from wheelyard.cli.moments import parse_duration
from wheelyard.cli.options import given_settings, json_option
from wheelyard.errors import BadInput, ConfigError
from wheelyard.settings import Settings
from wheelyard.spelling import MAIN, IndexName

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for half of the program
    from wheelyard.app.manifests import MadeManifest

__all__ = ["command"]

_INDEX_AND_FILE = 2


@click.pass_context
def _create(context: click.Context, where: tuple[str, ...], expires: str, *, as_json: bool) -> None:
    """Make the manifest of an index, and copy it to a file."""
    if len(where) > _INDEX_AND_FILE:
        raise BadInput("`manifest create` takes an index, which may be left out, and a file.")
    index = IndexName(where[0]) if len(where) == _INDEX_AND_FILE else MAIN
    out = Path(where[-1]).absolute()
    seconds = parse_duration(expires, "--expires")
    settings = given_settings(context)
    require_data(settings.store.data)
    made = anyio.run(_made, settings, index, seconds)
    try:
        shutil.copyfile(made.path, out)
    except OSError as error:
        raise ConfigError(f"`{out}` cannot be written: {error.strerror}.") from error
    head = made.head
    if as_json:
        write_json({"file": str(out), "head": head})
        return
    tell(
        f"`{out}` lists {head.entries} pages and files of `{index}` at serial {head.serial}, is "
        f"signed with the key `{head.key}`, and counts until {head.expires}."
    )


async def _made(settings: Settings, index: IndexName, seconds: float) -> "MadeManifest":
    """Return the manifest of an index as it is without anybody who is asked."""
    from wheelyard.app import running
    from wheelyard.app.manifests import make_manifest

    alone = replace(settings, server=replace(settings.server, offline=True))
    async with running(alone, os.environ, records_doors=False) as app:
        return await make_manifest(app, index, seconds)


@click.pass_context
def _key(context: click.Context, *, rotate: bool) -> None:
    """Write the public key; with ``rotate`` that of a new one."""
    from wheelyard.access.signing_key import load_signing_key, rotate_signing_key

    data = given_settings(context).store.data
    require_data(data)
    key = rotate_signing_key(data) if rotate else load_signing_key(data)
    click.echo(key.public.line)
    if rotate:
        tell(
            "Manifests are signed with this key from now on. Make them anew, and give the line to "
            "everybody who checks them."
        )


create = click.Command(
    "create",
    callback=_create,
    short_help="List and sign every page and file of an index.",
    help="List and sign every page and file that an index gives out without asking anybody.\n\n"
    "FILE gets a copy; a running server gives out the same at `/-/manifest`. Without INDEX it is "
    "the index `main`.",
    params=[
        click.Argument(["where"], metavar="[INDEX] FILE", nargs=-1, required=True),
        click.Option(
            ["--expires"],
            metavar="P7D",
            default="P7D",
            help="How long the manifest counts. [default: P7D]",
        ),
        *place_options(),
        json_option(),
    ],
)

key = click.Command(
    "key",
    callback=_key,
    short_help="Write the public key that checks manifests.",
    help="Write the public key that checks manifests, as one line.\n\nThe key is made when it is "
    "first needed.",
    params=[
        click.Option(
            ["--rotate"],
            is_flag=True,
            help="Make a new key. What was signed with the old one counts for nobody who does not "
            "trust that any more.",
        ),
        *place_options(),
    ],
)

command = make_group("manifest", "List and sign what an index gives out.", create, key)
