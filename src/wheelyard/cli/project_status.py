"""``wheelyard project status``: active, archived, deprecated or in quarantine."""

from typing import TYPE_CHECKING, get_args

import click

from wheelyard.cli.acting import os_actor, tell, write_json
from wheelyard.cli.options import json_option
from wheelyard.cli.placing import on_place, project_options, reason_option
from wheelyard.errors import Absent, BadInput
from wheelyard.model import ProjectStatus, StatusMarker

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for the database
    from wheelyard.catalog import Catalog, HostedProject
    from wheelyard.catalog.curation import Curated
    from wheelyard.hosting import Place

__all__ = ["status"]

_MEANING: dict[StatusMarker, str] = {
    "active": "it takes new files, and all of them are given out",
    "archived": "it takes no new files; those that it has are given out",
    "deprecated": "it takes new files, and installers may warn who uses it",
    "quarantined": "it takes no new files, and none of them is given out",
}


@click.pass_context
def _status(
    context: click.Context,
    name: str,
    marker: StatusMarker | None,
    index: str,
    reason: str | None,
    *,
    as_json: bool,
) -> None:
    """Show the state of a project, or change it."""
    if marker is None:
        if reason is not None:
            raise BadInput("`--reason` says why a state changes: name the new state, too.")
        _show(context, name, index, as_json=as_json)
        return
    if marker != "active" and not (reason or "").strip():
        raise BadInput(
            f"Say why `{name}` is to be {marker} with `--reason`: people who use it see it."
        )
    curated = _change(context, name, index, ProjectStatus(marker, reason))
    if as_json:
        _show(context, name, index, as_json=True)
    elif curated.serial:
        tell(f"`{name}` in the index `{index}` is {marker} now: {_MEANING[marker]}.")
    else:
        tell(f"`{name}` in the index `{index}` is {marker} already, for the same reason.")


def _change(context: click.Context, name: str, index: str, wanted: ProjectStatus) -> "Curated":
    """Give a project a state."""
    from wheelyard.catalog.curation import StatusChange
    from wheelyard.names import parse_project_name

    project = parse_project_name(name)

    async def work(catalog: "Catalog", place: "Place") -> "Curated":
        change = StatusChange(place.owner, project, wanted)
        return await catalog.curator.set_status(change, os_actor())

    return on_place(context, index, work)


def _show(context: click.Context, name: str, index: str, *, as_json: bool) -> None:
    """Show the state of a project."""
    from wheelyard.names import parse_project_name

    parsed = parse_project_name(name)

    async def work(catalog: "Catalog", place: "Place") -> "HostedProject":
        found = await catalog.hosting.load(place.owner, parsed)
        if found is None:
            raise Absent(f"`{name}`", place.shown)
        return found[0]

    project = on_place(context, index, work)
    if as_json:
        write_json(
            {
                "name": project.name,
                "index": index,
                "status": project.status,
                "reason": project.status_reason,
            }
        )
        return
    why = f" ({project.status_reason})" if project.status_reason else ""
    click.echo(f"`{project.name}` is {project.status}{why}: {_MEANING[project.status]}.")


status = click.Command(
    "status",
    callback=_status,
    help="Show the state of a project, or change it.\n\nSTATUS is one of `active`, `archived` "
    "(takes no new files), `deprecated` (only a warning) and `quarantined` (takes no new files, "
    "and none of its files is given out).",
    params=[
        click.Argument(["name"]),
        click.Argument(
            ["marker"],
            required=False,
            type=click.Choice(get_args(StatusMarker)),
            metavar="[STATUS]",
        ),
        reason_option("Why; shown to who uses the project. Needed unless it becomes `active`."),
        *project_options(),
        json_option(),
    ],
)
