"""``--index`` and ``--project``: where a role or a token counts."""

from typing import TYPE_CHECKING

import click

from wheelyard.cli.acting import tell
from wheelyard.cli.options import given_settings
from wheelyard.names import parse_project_name

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for the database
    from wheelyard.catalog import Catalog

__all__ = ["place_of", "scope_options", "scoped", "warn_unknown_index"]


def scope_options(purpose: str) -> list[click.Parameter]:
    """Return the two flags; ``purpose`` says what they decide."""
    return [
        click.Option(["--index"], metavar="INDEX", help=f"The index {purpose}. [default: all]"),
        click.Option(
            ["--project"], metavar="PROJECT", help=f"The project {purpose}. [default: all]"
        ),
    ]


def scoped(index: str | None, project: str | None) -> tuple[str, str]:
    """Return index and project as they are written down: empty for every one.

    Raises:
        BadInput: the project's name is none.
    """
    return (index or "").strip(), parse_project_name(project) if project else ""


def place_of(index: str, project: str) -> str:
    """Return index and project in words."""
    where = f"the index `{index}`" if index else "every index"
    return f"`{project}` in {where}" if project else where


async def warn_unknown_index(context: click.Context, catalog: "Catalog", index: str) -> None:
    """Tell if no index of that name is known here. It is no error: the server may know more."""
    settings = given_settings(context)
    known = {"main", *(each.name for each in settings.indexes)}
    known |= {str(row.name) for row in await catalog.indexes.load()}
    if index and index not in known:
        names = ", ".join(f"`{name}`" for name in sorted(known))
        tell(
            f"No index `{index}` is known here, only {names}: if that is a mistake, take it back; "
            "if it is in another configuration file, name that with `--config`."
        )
