"""``wheelyard stats merge``: the counts of several nodes become those of their site."""

import os
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import click

from wheelyard.cli.acting import place_options, tell, write_json
from wheelyard.cli.amounts import count
from wheelyard.cli.commands import Verdict
from wheelyard.cli.options import given_settings, json_option
from wheelyard.cli.stats_export import header_option
from wheelyard.errors import BadInput

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for half of the program
    from wheelyard.stats.merging import Merged
    from wheelyard.stats.node_days import Node, NodeDays

__all__ = ["merge"]

_SHOWN = 20
"""Problems that are written one by one."""


@click.pass_context
def _merge(
    context: click.Context,
    sources: tuple[str, ...],
    into: Path,
    *,
    header: bool | None,
    as_json: bool,
) -> Verdict:
    """Merge, and report."""
    settings = given_settings(context).stats
    nodes = _nodes(sources, into.absolute())
    has_header = settings.header if header is None else header
    merged = anyio.run(_run, nodes, into.absolute(), has_header)
    if as_json:
        write_json({"into": str(into.absolute()), **asdict(merged)})
    else:
        _show(merged)
    return Verdict.FOUND_WRONG if merged.problems else Verdict.FINE


def _nodes(sources: Sequence[str], into: Path) -> "list[Node]":
    """Return the nodes that are meant.

    Raises:
        BadInput: two have the same name, or one is where the results go.
    """
    from wheelyard.stats.node_days import is_address, parse_node

    nodes = [parse_node(source) for source in sources]
    twice = [name for name, times in Counter(node.name for node in nodes).items() if times > 1]
    if twice:
        raise BadInput(
            f"Two sources are the node `{twice[0]}`: its counts would be those of one of them. "
            "Give each node once, and each another name."
        )
    for node in nodes:
        place = Path(node.source).absolute()
        if not is_address(node.source) and (place == into or into in place.parents):
            raise BadInput(
                f"`{node.source}` is where the results go: they would be counted again. "
                "Choose another directory for `--into`."
            )
    return nodes


async def _run(nodes: "Sequence[Node]", into: Path, has_header: bool) -> "Merged":  # noqa: FBT001  # anyio's
    """Return what became of the counts of ``nodes``."""
    from wheelyard.stats.merging import Merger

    async with AsyncExitStack() as stack:
        opened = {node.name: await _opened(stack, node) for node in nodes}
        return await Merger(into, has_header=has_header).run(opened)


async def _opened(stack: AsyncExitStack, node: "Node") -> "NodeDays":
    """Return what a node publishes; ``stack`` closes what is open for it."""
    from wheelyard.stats.node_days import DirectoryDays, UrlDays, is_address, listing_url

    if not is_address(node.source):
        return DirectoryDays(Path(node.source))
    from wheelyard.transport import ClientRules, HttpClient, read_proxies, split_credentials

    rules = ClientRules(node.source, node.name, proxies=read_proxies(os.environ))
    client = await stack.enter_async_context(HttpClient(rules))
    return UrlDays(client, listing_url(split_credentials(node.source)[0]))


def _show(merged: "Merged") -> None:
    """Write what was done, and what could not be done."""
    click.echo(
        f"{count(merged.read_files, 'new file')}; {count(len(merged.days), 'day')} and "
        f"{count(len(merged.months), 'month')} made anew."
    )
    for problem in merged.problems[:_SHOWN]:
        tell(problem if problem.endswith(".") else f"{problem}.")
    if len(merged.problems) > _SHOWN:
        tell(f"And {len(merged.problems) - _SHOWN} more; `--json` has them all.")
    if merged.problems:
        tell("What was had of these nodes before still counts. Run the command again later.")


merge = click.Command(
    "merge",
    callback=_merge,
    short_help="Sum the counts of several nodes, by day and by month.",
    help="Sum the counts of several nodes of a site, by day and by month.\n\nA SOURCE is a "
    "directory of files such as `2026-01-31.bz2`, or the address of a server that publishes them "
    "below `/local-stats/days/`. Put `NAME=` before it to keep a node the same wherever it moves. "
    "Again and again is as good as once; a node that does not answer is reported, and keeps what "
    "it had.",
    params=[
        click.Argument(["sources"], metavar="SOURCE...", nargs=-1, required=True),
        click.Option(
            ["--into"],
            metavar="DIR",
            type=click.Path(path_type=Path, file_okay=False),
            required=True,
            help="Directory for `days`, `months`, and the copies in `nodes`.",
        ),
        header_option(),
        *place_options(),
        json_option(),
    ],
)
