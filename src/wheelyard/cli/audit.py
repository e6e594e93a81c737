"""``wheelyard audit``: who changed what, when and from where."""

from typing import TYPE_CHECKING

import click
import msgspec

from wheelyard.cli.acting import make_group, on_catalog, place_options
from wheelyard.cli.moments import parse_moment, show_moment
from wheelyard.clock import Instant

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for the database
    from wheelyard.catalog import Catalog
    from wheelyard.catalog.audit import AuditRow

__all__ = ["command"]


@click.pass_context
def _export(context: click.Context, since: str | None) -> None:
    """Write the audit log, a line of JSON for each change."""
    number = int(since) if since is not None and since.isdecimal() else 0
    start = Instant(0) if since is None or since.isdecimal() else parse_moment(since, "--since")
    on_catalog(context, lambda catalog: _write(catalog, number, start))


async def _write(catalog: "Catalog", number: int, start: Instant) -> None:
    """Write every line after line ``number`` that is not older than ``start``."""
    while rows := await catalog.audit.since(number):
        for row in rows:
            if row.at >= start:
                click.echo(msgspec.json.encode(_document(row)))
        number = rows[-1].id


def _document(row: "AuditRow") -> dict[str, object]:
    """Return a line as JSON has it."""
    return {
        "id": row.id,
        "at": show_moment(row.at),
        "actor": row.actor,
        "origin": row.origin,
        "action": row.action,
        "index": row.index_name or None,
        "project": row.project or None,
        "detail": dict(row.detail),
    }


command = make_group(
    "audit",
    "Show who changed what, when and from where.",
    click.Command(
        "export",
        callback=_export,
        help="Write the audit log to standard output.\n\nOne line of JSON for each change, oldest "
        "first. The log is never changed and never shortened.",
        params=[
            click.Option(
                ["--since"],
                metavar="DATE-OR-ID",
                help="Only what is not older than this date (`2026-11-01`), or comes after the "
                "line with this `id`. [default: everything]",
            ),
            *place_options(),
        ],
    ),
)
