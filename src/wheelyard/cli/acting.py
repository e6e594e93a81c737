"""What the commands that change people and contents share: the catalog, and who changes it."""

import os
import pwd
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import anyio
import click
import msgspec

from wheelyard.cli.options import config_option, given_settings, setting_option
from wheelyard.errors import ConfigError

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for the database
    from wheelyard.catalog import Catalog
    from wheelyard.catalog.audit import Actor

__all__ = [
    "make_group",
    "on_catalog",
    "os_actor",
    "place_options",
    "require_data",
    "tell",
    "write_json",
]

T = TypeVar("T")


def make_group(name: str, summary: str, *commands: click.Command) -> click.Group:
    """Return the command that holds ``commands``, such as ``user`` for ``user add``."""
    return click.Group(name, list(commands), help=summary)


def place_options() -> list[click.Parameter]:
    """Return the flags that say which data directory is meant."""
    return [setting_option("store.data"), config_option()]


def on_catalog(
    context: click.Context, work: "Callable[[Catalog], Awaitable[T]]", *, makes: bool = False
) -> T:
    """Return what ``work`` returns, done on the catalog of the data directory.

    A server that runs on it sees the result within a second. With ``makes`` a directory that
    holds nothing yet is made one.

    Raises:
        ConfigError: there is no data, or it cannot be used.
    """
    data = given_settings(context).store.data
    if not makes:
        require_data(data)
    return anyio.run(_work, data, work)


def require_data(data: Path) -> None:
    """Return if ``data`` is a data directory in use.

    Raises:
        ConfigError: it holds no data.
    """
    from wheelyard.catalog.layout import CATALOG_NAME

    if not (data / CATALOG_NAME).is_file():
        message = (
            f"`{data}` holds no data: name the directory of your server with `--data`, or start "
            "one with `wheelyard serve`."
        )
        raise ConfigError(message)


async def _work(data: Path, work: "Callable[[Catalog], Awaitable[T]]") -> T:
    """Open the data directory, and do the work on it."""
    from wheelyard.catalog import open_catalog, open_directory
    from wheelyard.clock import SystemClock

    clock = SystemClock()
    with (
        open_directory(data, clock) as directory,
        open_catalog(directory.path, clock) as catalog,
    ):
        return await work(catalog)


def os_actor() -> "Actor":
    """Return who runs this command, for the audit log: as the machine knows, not as they say."""
    from wheelyard.catalog.audit import Actor

    number = os.getuid()
    try:
        name = pwd.getpwuid(number).pw_name
    except KeyError:  # in a container there may be nobody of that number
        name = f"uid {number}"
    return Actor(name, "command line")


def tell(sentence: str) -> None:
    """Write a sentence for a person to standard error: standard output is the result's."""
    print(sentence, file=sys.stderr)  # noqa: T201  # click.echo says no more


def write_json(document: object) -> None:
    """Write a document as JSON that people can read too."""
    click.echo(msgspec.json.format(msgspec.json.encode(document), indent=2).decode())
