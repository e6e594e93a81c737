"""``wheelyard snapshot``: what an index shows, as one SQLite file."""

import os
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import click

from wheelyard.cli.acting import place_options, require_data, tell, write_json
from wheelyard.cli.amounts import count
from wheelyard.cli.options import given_settings, json_option
from wheelyard.cli.outputs import check_output
from wheelyard.errors import BadInput
from wheelyard.settings import Settings
from wheelyard.spelling import MAIN, IndexName

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for half of the program
    from wheelyard.publish.snapshot import SnapshotReport

__all__ = ["command", "make_snapshot"]

_STEP = 100
"""How many projects are looked at between two lines on a terminal."""


@click.pass_context
def _snapshot(
    context: click.Context, out: str, index: str, *, members: bool, as_json: bool
) -> None:
    """Write a snapshot, and say what is in it."""
    path = _checked(out)
    settings = given_settings(context)
    require_data(settings.store.data)
    report = anyio.run(make_snapshot, settings, IndexName(index), path, members)
    if as_json:
        write_json({**asdict(report), "path": str(report.path)})
        return
    state = "is as it was" if report.is_same else "was written"
    tell(
        f"`{report.path}` {state}: {count(report.projects, 'project')}, "
        f"{count(report.releases, 'release')} and {count(report.files, 'file')} of `{index}` at "
        f"serial {report.serial}. Its digest is beside it: `sha256sum -c {path.name}.sha256`."
    )
    if report.unread:
        tell(
            f"The metadata of {count(report.unread, 'release')} could not be read, so it is not "
            "known what they require: `wheelyard verify` says what is damaged."
        )


def _checked(out: str) -> Path:
    """Return where the snapshot is to be written.

    Raises:
        BadInput: it cannot be there.
    """
    path = Path(out).absolute()
    check_output(path)
    if path.is_dir() or not path.name:
        raise BadInput(f"`{out}` is a directory: name a file, such as `{out}/snapshot.sqlite`.")
    if not path.parent.is_dir():
        raise BadInput(f"`{path.parent}` is no directory: make it first.")
    if "\\" in path.name or not path.name.isprintable():
        raise BadInput(f"`{path.name!a}` cannot be written into a file of digests: name it simply.")
    return path


async def make_snapshot(
    settings: Settings,
    index: IndexName,
    path: Path,
    members: bool,  # noqa: FBT001 - anyio hands over what it is given by position
) -> "SnapshotReport":
    """Write what an index shows without anybody who is asked."""
    from wheelyard.app import running
    from wheelyard.app.snapshots import check_readers, write_snapshot

    alone = replace(settings, server=replace(settings.server, offline=True))
    async with running(alone, os.environ, records_doors=False) as app:
        check_readers(app, index, members=members)
        return await write_snapshot(app, index, path, progress=_progress())


def _progress() -> Callable[[int, int], None]:
    """Return what says on a terminal how far it is; nothing elsewhere."""
    if not sys.stderr.isatty():
        return lambda _done, _total: None

    def show(done: int, total: int) -> None:
        if done == total:
            sys.stderr.write("\r\x1b[K")
        elif done % _STEP == 0:
            sys.stderr.write(f"\r{done:,} of {total:,} projects\x1b[K")

    return show


command = click.Command(
    "snapshot",
    callback=_snapshot,
    short_help="Write what an index shows into one SQLite file.",
    help="Write what an index shows into one SQLite file.\n\nIn it are the projects, releases, "
    "files, requirements, classifiers and daily downloads that it shows without asking anybody. "
    "Its digest is written beside it. The same content has the same bytes. No users, tokens or "
    "private projects are in it.",
    params=[
        click.Argument(["out"], metavar="FILE", required=True),
        click.Option(["--index"], metavar="INDEX", default=MAIN, help="The index. [default: main]"),
        click.Option(
            ["--members"],
            is_flag=True,
            help="Write an index that only members may read: whoever has the file can read it all.",
        ),
        *place_options(),
        json_option(),
    ],
)
