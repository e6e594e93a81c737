"""``wheelyard project yank`` and ``unyank``: whether installers choose a release by themselves."""

from typing import TYPE_CHECKING

import click

from wheelyard.cli.acting import os_actor, tell
from wheelyard.cli.amounts import count
from wheelyard.cli.placing import on_place, project_options, reason_option

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for the database
    from wheelyard.catalog import Catalog
    from wheelyard.catalog.curation import Curated
    from wheelyard.hosting import Place

__all__ = ["unyank", "yank"]


@click.pass_context
def _yank(context: click.Context, name: str, version: str, index: str, reason: str | None) -> None:
    """Yank a release."""
    curated, place = _marked(context, (name, version), index, reason or "")
    if not curated.files:
        tell(f"`{name}` {version} in {place} is yanked already, for the same reason.")
        return
    tell(
        f"`{name}` {version} in {place} is yanked: {count(len(curated.files), 'file')}. Only who "
        "asks for exactly this version still gets it. Take it back with "
        f"`wheelyard project unyank {name} {version}`."
    )


@click.pass_context
def _unyank(context: click.Context, name: str, version: str, index: str) -> None:
    """Un-yank a release."""
    curated, place = _marked(context, (name, version), index, None)
    if not curated.files:
        tell(f"`{name}` {version} in {place} is not yanked.")
        return
    tell(f"`{name}` {version} in {place} is no longer yanked: {count(len(curated.files), 'file')}.")


def _marked(
    context: click.Context, release: tuple[str, str], index: str, reason: str | None
) -> "tuple[Curated, str]":
    """Return what was changed, and the index in words."""
    from wheelyard.catalog.curation import Yank
    from wheelyard.names import parse_project_name

    project, version = parse_project_name(release[0]), release[1]

    async def work(catalog: "Catalog", place: "Place") -> "tuple[Curated, str]":
        wanted = Yank(place.owner, project, version, reason)
        return await catalog.curator.yank(wanted, os_actor()), place.shown

    return on_place(context, index, work)


yank = click.Command(
    "yank",
    callback=_yank,
    short_help="Yank a release: installers pass it over.",
    help="Yank a release: installers skip it unless they ask for exactly this version.\n\n"
    "Its files stay, so nothing that is locked to it breaks.",
    params=[
        click.Argument(["name"]),
        click.Argument(["version"]),
        reason_option("Why; installers show it to who gets the release all the same."),
        *project_options(),
    ],
)

unyank = click.Command(
    "unyank",
    callback=_unyank,
    help="Take a yank back.",
    params=[click.Argument(["name"]), click.Argument(["version"]), *project_options()],
)
