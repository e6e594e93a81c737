"""``wheelyard project accept``: believe what is not believed without a person's word."""

import os
from typing import TYPE_CHECKING

import anyio
import click

from wheelyard.cli.acting import os_actor, tell
from wheelyard.cli.amounts import count
from wheelyard.cli.options import given_settings, setting_option
from wheelyard.cli.placing import on_place, project_options, reason_option
from wheelyard.errors import Absent, BadInput

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for the database
    from wheelyard.catalog import Catalog, LedgerRow, Tombstone
    from wheelyard.hosting import Place
    from wheelyard.names import Filename, ProjectName

__all__ = ["accept"]


@click.pass_context
def _accept(
    context: click.Context, name: str, file: str | None, index: str, reason: str | None
) -> None:
    """Accept other bytes of a file, or a page as it is."""
    if not (reason or "").strip():
        raise BadInput("Say with `--reason` why this is right; the audit log keeps it.")
    from wheelyard.names import parse_filename, parse_project_name

    project, filename = parse_project_name(name), parse_filename(file) if file else None
    named = project, filename
    if on_place(context, index, lambda catalog, place: _is_own(catalog, place, named)):
        _lift(context, named, index, reason or "")
        return
    _believe(context, named, index, reason or "")


async def _is_own(
    catalog: "Catalog", place: "Place", named: "tuple[ProjectName, Filename | None]"
) -> bool:
    """Say whether the index has the project as its own, or had the file."""
    project, filename = named
    if await catalog.hosting.load(place.owner, project) is not None:
        return True
    deleted = await catalog.hosting.tombstones(place.owner, project)
    return any(tombstone.filename == filename for tombstone in deleted)


def _lift(
    context: click.Context,
    named: "tuple[ProjectName, Filename | None]",
    index: str,
    reason: str,
) -> None:
    """Let the name of a deleted file of ours be given to other bytes."""
    from wheelyard.catalog.curation import Lifting

    project, filename = named
    if filename is None:
        raise BadInput(
            f"`{project}` is a project of our own: name the deleted file whose name is to be used "
            "again."
        )

    async def work(catalog: "Catalog", place: "Place") -> "Tombstone":
        lifting = Lifting(place.owner, project, filename, reason)
        return await catalog.curator.lift(lifting, os_actor())

    tombstone = on_place(context, index, work)
    tell(
        f"`{filename}` may be uploaded again, with other bytes than sha256 {tombstone.sha256}. "
        "What is locked to those still finds them nowhere."
    )


def _believe(
    context: click.Context,
    named: "tuple[ProjectName, Filename | None]",
    index: str,
    reason: str,
) -> None:
    """Believe the owner of a public project."""
    project, filename = named
    answer = anyio.run(_asked, context, named, index, reason)
    if answer is None:
        tell(f"Its owner has no `{project}`; the page that was held is forgotten.")
    elif isinstance(answer, int):
        tell(f"The page of `{project}` is what its owner says: {count(answer, 'file')}.")
    else:
        tell(
            f"`{filename}` stands for sha256 {answer.sha256} from now on (generation "
            f"{answer.generation}). Who is locked to other bytes gets an error from the installer."
        )


async def _asked(
    context: click.Context,
    named: "tuple[ProjectName, Filename | None]",
    index: str,
    reason: str,
) -> "LedgerRow | int | None":
    """Return what a file stands for now, how many files a page has now, or None without one."""
    from wheelyard.app import running
    from wheelyard.hosting import AcceptParts, accept_bytes, accept_page
    from wheelyard.names import IndexName

    project, filename = named
    async with running(given_settings(context), os.environ, records_doors=False) as app:
        shown = app.indexes[IndexName(index)]
        chain = shown.chain.chain_of(project)
        if chain is None:
            raise Absent(f"`{project}`", f"the index `{index}`, which asks nobody else for it")
        parts = AcceptParts(app.catalog, chain, app.clock, os_actor(), shown.name, reason)
        if filename is not None:
            return await accept_bytes(parts, project, filename)
        try:
            return len((await accept_page(parts, project)).files)
        except Absent:
            return None


accept = click.Command(
    "accept",
    callback=_accept,
    help="Believe what is not believed without a person's word.\n\nFILE of a public project: it "
    "stands for the bytes that its owner gives today. FILE of a deleted release of your own: "
    "its name may be uploaded again. Without FILE: the page of the project is what its owner "
    "says today, however old or empty that is.",
    params=[
        click.Argument(["name"]),
        click.Argument(["file"], required=False, metavar="[FILE]"),
        reason_option("Why this is right; needed, and kept in the audit log."),
        *project_options(),
        setting_option("upstream.urls"),
    ],
)
