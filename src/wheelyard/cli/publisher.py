"""``wheelyard publisher``: pipelines elsewhere that may upload, without any password of ours."""

from typing import TYPE_CHECKING

import click

from wheelyard.cli.acting import (
    make_group,
    on_catalog,
    os_actor,
    place_options,
    tell,
    write_json,
)
from wheelyard.cli.moments import show_moment
from wheelyard.cli.options import given_settings, json_option
from wheelyard.cli.scoping import place_of, warn_unknown_index
from wheelyard.names import IndexName, parse_project_name

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for the database
    from wheelyard.catalog import Catalog
    from wheelyard.catalog.publishers import PublisherRow

__all__ = ["command"]


@click.pass_context
def _add(
    context: click.Context, index: str, project: str, issuer: str, claims: tuple[str, ...]
) -> None:
    """Trust a publisher, and write its id to standard output."""
    from wheelyard.access.publishing import parse_claims
    from wheelyard.catalog.publishers import NewPublisher

    publisher = NewPublisher(
        IndexName(index.strip()), parse_project_name(project), issuer, parse_claims(claims)
    )

    async def work(catalog: "Catalog") -> "PublisherRow":
        await warn_unknown_index(context, catalog, publisher.index_name)
        return await catalog.publishers.add(publisher, os_actor())

    _warn_unknown_issuer(context, issuer)
    click.echo(on_catalog(context, work).id)


def _warn_unknown_issuer(context: click.Context, issuer: str) -> None:
    """Tell if the configuration has no such issuer. It is no error: the server's may have it."""
    known = [each.name for each in given_settings(context).oidc]
    if issuer not in known:
        names = ", ".join(f"`[oidc.{name}]`" for name in known) or "none"
        tell(
            f"No issuer `[oidc.{issuer}]` is in the configuration here ({names}): until the "
            "server has it, this publisher is of no use."
        )


@click.pass_context
def _remove(context: click.Context, number: str) -> None:
    """Trust a publisher no longer."""
    on_catalog(context, lambda catalog: catalog.publishers.remove(number, os_actor()))
    tell(f"The publisher `{number}` is trusted no longer.")


@click.pass_context
def _list(context: click.Context, *, as_json: bool) -> None:
    """Show the publishers."""
    rows = on_catalog(context, lambda catalog: catalog.publishers.load())
    if as_json:
        write_json([_document(row) for row in rows])
        return
    from wheelyard.cli.columns import show_columns

    show_columns(
        ("Publisher", "Uploads", "Issuer", "Claims", "Trusted since", "By"),
        [
            (
                row.id,
                place_of(row.index_name, row.project),
                row.issuer,
                "\n".join(f"{name}={value}" for name, value in sorted(row.claims.items())),
                show_moment(row.created_at),
                row.created_by,
            )
            for row in rows
        ],
        empty="Nobody is trusted yet. Begin with `wheelyard publisher add`.",
    )


def _document(row: "PublisherRow") -> dict[str, object]:
    """Return a publisher as JSON has it."""
    return {
        "id": row.id,
        "index": row.index_name,
        "project": row.project,
        "issuer": row.issuer,
        "claims": dict(row.claims),
        "made": show_moment(row.created_at),
        "made_by": row.created_by,
    }


command = make_group(
    "publisher",
    "Trust pipelines elsewhere to upload, without a password or a token of ours.",
    click.Command(
        "add",
        callback=_add,
        short_help="Trust a pipeline with a project.",
        help="Trust a pipeline with a project, and write the publisher's id to standard output.\n\n"
        "The project need not exist: the first upload makes it. Several projects of one pipeline "
        "need the same claims.",
        params=[
            click.Option(
                ["--index"],
                default="main",
                show_default=True,
                metavar="INDEX",
                help="The index that it uploads to.",
            ),
            click.Option(
                ["--project"], required=True, metavar="PROJECT", help="The project it uploads."
            ),
            click.Option(
                ["--issuer"],
                required=True,
                metavar="NAME",
                help="Who vouches for it: the NAME of a section `[oidc.NAME]`.",
            ),
            click.Option(
                ["--claim", "claims"],
                multiple=True,
                metavar="NAME=VALUE",
                help="What the issuer has to say of it; `*` stands for any characters. May be "
                "given several times: all of them have to be true.",
            ),
            *place_options(),
        ],
    ),
    click.Command(
        "list",
        callback=_list,
        help="Show whom this server trusts to upload.",
        params=[*place_options(), json_option()],
    ),
    click.Command(
        "remove",
        callback=_remove,
        help="Trust a publisher no longer; its tokens end at once.\n\nPUBLISHER is the id that "
        "`wheelyard publisher list` shows.",
        params=[click.Argument(["number"], metavar="PUBLISHER"), *place_options()],
    ),
)
