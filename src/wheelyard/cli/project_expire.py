"""``wheelyard project expire``: delete the releases that an index no longer keeps."""

from typing import TYPE_CHECKING

import click
import msgspec

from wheelyard.cli.acting import os_actor, tell, write_json
from wheelyard.cli.amounts import count
from wheelyard.cli.options import json_option
from wheelyard.cli.placing import on_place, project_options
from wheelyard.errors import BadInput

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for the database
    from wheelyard.catalog import Catalog
    from wheelyard.hosting import Expired, Place

__all__ = ["expire"]


@click.pass_context
def _expire(context: click.Context, index: str, *, dry_run: bool, as_json: bool) -> None:
    """Delete what is no longer kept, or say what that is."""
    from wheelyard.hosting import expire as expire_in
    from wheelyard.hosting import retention_of

    async def work(catalog: "Catalog", place: "Place") -> "Expired":
        if not retention_of(place.rules).are_given:
            raise BadInput(
                f"Everything in {place.shown} is kept. Say how many pre-releases or development "
                f"builds are to stay, such as `keep_development_builds = 20`, in `[index.{index}]` "
                "of the configuration."
            )
        planned = await expire_in(catalog, place, os_actor(), dry_run=True)
        if planned.releases and not as_json:
            _show(planned)
        if dry_run or not planned.releases:
            return planned
        return await expire_in(catalog, place, os_actor())

    expired = on_place(context, index, work)
    if as_json:
        releases = msgspec.to_builtins(expired.releases)
        write_json({"index": index, "deleted": expired.is_done, "releases": releases})
        return
    tell(_summary(expired))


def _show(expired: "Expired") -> None:
    """Write what goes."""
    from wheelyard.cli.columns import show_columns

    show_columns(
        ("Project", "Version", "Days old", "Files", "Why"),
        [
            (each.project, each.version, f"{each.age_days:.1f}", f"{each.files:,}", each.why)
            for each in expired.releases
        ],
        empty="",
    )


def _summary(expired: "Expired") -> str:
    """Return what was done, in a sentence."""
    number = len(expired.releases)
    if expired.is_done:
        return f"Deleted from {expired.place.shown}: {count(number, 'release')}."
    if not number:
        return f"Everything in {expired.place.shown} is still kept."
    return (
        f"Would be deleted from {expired.place.shown}: {count(number, 'release')}. "
        "Run the command without `--dry-run` to do it."
    )


expire = click.Command(
    "expire",
    callback=_expire,
    short_help="Delete old pre-releases and development builds.",
    help="Delete the pre-releases and development builds that an index no longer keeps.\n\nWhat "
    "it keeps is in the settings `keep_...` of `[index.NAME]`. Final and promoted releases, and "
    "those that were yanked for a reason, are never deleted.",
    params=[
        click.Option(["--dry-run"], is_flag=True, help="Only say what would be deleted."),
        *project_options(),
        json_option(),
    ],
)
