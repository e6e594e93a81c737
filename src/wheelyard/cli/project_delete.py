"""``wheelyard project delete``: releases and projects that have to go."""

from typing import TYPE_CHECKING

import click

from wheelyard.cli.acting import os_actor, tell
from wheelyard.cli.amounts import count
from wheelyard.cli.placing import on_place, project_options, reason_option
from wheelyard.errors import BadInput

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for the database
    from wheelyard.catalog import Catalog
    from wheelyard.catalog.curation import Curated
    from wheelyard.hosting import Place

__all__ = ["delete"]


@click.pass_context
def _delete(
    context: click.Context,
    name: str,
    version: str | None,
    index: str,
    reason: str | None,
    *,
    is_whole: bool,
    gives_up_name: bool,
) -> None:
    """Delete a release, or a whole project."""
    _check(version, is_whole=is_whole, gives_up_name=gives_up_name)
    from wheelyard.catalog.curation import Removal
    from wheelyard.hosting import delete as delete_in
    from wheelyard.names import parse_project_name

    project = parse_project_name(name)

    async def work(catalog: "Catalog", place: "Place") -> "tuple[Curated, Place]":
        wanted = Removal(place.owner, project, version, reason or "", gives_up_name)
        return await delete_in(catalog, place, wanted, os_actor()), place

    curated, place = on_place(context, index, work)
    what = f"`{name}`" if version is None else f"`{name}` {version}"
    tell(f"{what} is deleted from {place.shown}: {count(len(curated.files), 'file')}.")
    tell(_next(project, place, version=version, gives_up_name=gives_up_name))


def _check(version: str | None, *, is_whole: bool, gives_up_name: bool) -> None:
    """Raise if it is not clear what is to be deleted."""
    if version is None and not is_whole:
        raise BadInput(
            "Name the version to be deleted; to delete the project with all of its versions, "
            "give `--whole-project` instead."
        )
    if version is not None and (is_whole or gives_up_name):
        raise BadInput(
            "`--whole-project` and `--give-up-name` are about the whole project: leave the "
            "version out, or leave them out."
        )


def _next(project: str, place: "Place", *, version: str | None, gives_up_name: bool) -> str:
    """Return what this means for who installs and uploads."""
    if gives_up_name:
        return (
            f"The name `{project}` is no longer ours because of this index: who asks for it may "
            "get what the upstream has under it."
        )
    if version is None:
        return (
            f"The name `{project}` stays ours: nobody gets what an upstream has under it. If that "
            "is not what you want, run this again with `--give-up-name`."
        )
    if place.rules.volatile:
        return "The index is volatile: the names of its files may be uploaded again."
    return (
        "The names of its files are not given to other bytes: release the next version, or allow "
        f"one of them with `wheelyard project accept {project} FILE`."
    )


delete = click.Command(
    "delete",
    callback=_delete,
    help="Delete a release, or a whole project.\n\nWhat is locked to it breaks; `yank` is nearly "
    "always better. The names of its files are not given to other bytes afterwards, and the "
    "name of the project stays ours.",
    params=[
        click.Argument(["name"]),
        click.Argument(["version"], required=False, metavar="[VERSION]"),
        reason_option("Why; needed unless the index is volatile. Kept in the audit log."),
        click.Option(
            ["--whole-project", "is_whole"],
            is_flag=True,
            help="Delete the project with all of its versions.",
        ),
        click.Option(
            ["--give-up-name", "gives_up_name"],
            is_flag=True,
            help="With it, let who asks for the name get what the upstream has under it.",
        ),
        *project_options(),
    ],
)
