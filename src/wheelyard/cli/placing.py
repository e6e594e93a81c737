"""``--index``: which index a command about projects of our own means."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import click

from wheelyard.cli.acting import on_catalog, place_options
from wheelyard.cli.options import given_settings

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for the database
    from wheelyard.catalog import Catalog
    from wheelyard.hosting import Place, Places

__all__ = ["index_option", "on_place", "on_places", "project_options", "reason_option"]

T = TypeVar("T")


def index_option() -> click.Option:
    """Return the flag that names the index."""
    return click.Option(
        ["--index"],
        default="main",
        metavar="INDEX",
        help="The index that has the project. [default: main]",
    )


def reason_option(text: str) -> click.Option:
    """Return the flag that says why; ``text`` says who reads it."""
    return click.Option(["--reason"], metavar="TEXT", help=text)


def project_options() -> list[click.Parameter]:
    """Return the flags of every command about a project of our own."""
    return [index_option(), *place_options()]


def on_places(
    context: click.Context,
    work: "Callable[[Catalog, Places], Awaitable[T]]",
    *,
    makes: bool = False,
) -> T:
    """Return what ``work`` returns, done on the catalog of the data directory and its indexes.

    Raises:
        ConfigError: there is no data, or it cannot be used.
    """
    configured = given_settings(context).indexes

    async def placed(catalog: "Catalog") -> T:
        from wheelyard.hosting import load_places

        return await work(catalog, await load_places(configured, catalog))

    return on_catalog(context, placed, makes=makes)


def on_place(
    context: click.Context, index: str, work: "Callable[[Catalog, Place], Awaitable[T]]"
) -> T:
    """Return what ``work`` returns, done in the index that the flag names.

    Raises:
        BadInput: there is no such index.
        ConfigError: there is no data, or it cannot be used.
    """

    async def placed(catalog: "Catalog", places: "Places") -> T:
        return await work(catalog, places.find(index))

    return on_places(context, placed)
