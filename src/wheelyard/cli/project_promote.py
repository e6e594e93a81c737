"""``wheelyard project promote``: a release goes from one index to another."""

from typing import TYPE_CHECKING

import click

from wheelyard.cli.acting import os_actor, place_options, tell, write_json
from wheelyard.cli.amounts import count
from wheelyard.cli.options import json_option
from wheelyard.cli.placing import on_places

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for the database
    from collections.abc import Sequence

    from wheelyard.catalog import Catalog, Published
    from wheelyard.hosting import Places

__all__ = ["promote"]


@click.pass_context
def _promote(
    context: click.Context, name: str, version: str, source: str, target: str, *, as_json: bool
) -> None:
    """Promote a release."""
    from wheelyard.hosting import promote as promote_along
    from wheelyard.names import parse_project_name

    release = parse_project_name(name), version

    async def work(catalog: "Catalog", places: "Places") -> "Sequence[Published]":
        way = places.find(source, "--from"), places.find(target, "--to")
        return await promote_along(catalog, way, release, os_actor())

    published = on_places(context, work)
    if as_json:
        write_json([_document(each) for each in published])
        return
    new = sum(each.outcome != "same" for each in published)
    if not new:
        tell(f"`{name}` {version} is in the index `{target}` already, with the same bytes.")
        return
    tell(
        f"`{name}` {version} is promoted from the index `{source}` to `{target}`: "
        f"{count(new, 'file')}, with the same bytes."
    )


def _document(published: "Published") -> dict[str, object]:
    """Return what became of a file, for programs."""
    file = published.file
    return {
        "filename": file.filename,
        "version": file.version,
        "sha256": file.sha256,
        "outcome": published.outcome,
        "promoted_from": file.promoted_from,
    }


promote = click.Command(
    "promote",
    callback=_promote,
    help="Promote a release from one index to another, with the same bytes.\n\nAll of its files "
    "or none: if the target has other bytes under one of the names, nothing is promoted.",
    params=[
        click.Argument(["name"]),
        click.Argument(["version"]),
        click.Option(
            ["--from", "source"], required=True, metavar="INDEX", help="The index that has it."
        ),
        click.Option(
            ["--to", "target"], required=True, metavar="INDEX", help="The index that gets it."
        ),
        *place_options(),
        json_option(),
    ],
)
