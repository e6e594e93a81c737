"""``wheelyard backup``: everything that a data directory holds, as one file."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wheelyard.cli.acting import require_data, tell, write_json
from wheelyard.cli.commands import Verdict
from wheelyard.cli.options import config_option, given_settings, json_option, setting_option
from wheelyard.cli.outputs import check_output
from wheelyard.cli.progress import line_on_terminal
from wheelyard.clock import SystemClock
from wheelyard.errors import BadInput

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for half of the program
    from wheelyard.backup import Checked, Taken

__all__ = ["command"]

_SHOWN = 20


@click.pass_context
def _backup(
    context: click.Context, file: str, *, no_files: bool, check: bool, as_json: bool
) -> Verdict:
    """Take a backup, or check one."""
    if check:
        return _check(file, as_json=as_json)
    from wheelyard.app.backups import back_up

    if as_json and file == "-":
        raise BadInput("`--json` and a backup to `-` do not go together: both are the output.")
    if file != "-":
        check_output(Path(file))
    data = given_settings(context).store.data
    require_data(data)
    with progress("Taking the backup") as show:
        taken = back_up(
            data,
            file,
            SystemClock(),
            lambda taken: show(taken.blobs, taken.bytes),
            has_files=not no_files,
        )
    _show_taken(file, taken, has_files=not no_files, as_json=as_json)
    return Verdict.FINE if taken.is_whole else Verdict.FOUND_WRONG


def _check(file: str, *, as_json: bool) -> Verdict:
    """Check a backup, and say what it has."""
    from wheelyard.app.backups import check_file

    with progress("Reading the backup") as show:
        checked = check_file(file, lambda unpacked: show(unpacked.blobs, unpacked.bytes))
    _show_checked(file, checked, as_json=as_json)
    return Verdict.FINE if checked.is_whole else Verdict.FOUND_WRONG


def progress(doing: str) -> "AbstractContextManager[Callable[[int, int], None]]":
    """Return a line that says how far the work is, on a terminal; nothing elsewhere.

    It is told how many files are done, and how many bytes.
    """
    return line_on_terminal("restored", _unseen, doing)


def _unseen(_files: int, _bytes: int) -> None:
    """Tell nobody how far the work is."""


def _show_taken(file: str, taken: "Taken", *, has_files: bool, as_json: bool) -> None:
    """Write what was taken: for people to standard error, because the output may be the backup."""
    if as_json:
        write_json(
            {
                "file": file,
                "whole": taken.is_whole,
                "has_files": has_files,
                "files": taken.blobs,
                "bytes": taken.bytes,
                "missing": taken.missing,
                "damaged": taken.damaged,
                "left_out": taken.left_out,
            }
        )
        return
    from wheelyard.cli.amounts import count, size

    _tell_some("missing in the store, and not in the backup", taken.missing)
    _tell_some("damaged in the store, and in the backup as it is", taken.damaged)
    for name in taken.left_out:
        tell(f"`{name}` in the data directory is left out: it looks like no part of it.")
    what = count(taken.blobs, "file") if has_files else "Everything but the files"
    tell(f"{what}, {size(taken.bytes)}, in `{file}`. It holds keys: keep it as safe as these.")
    if not taken.is_whole:
        tell("Run `wheelyard verify --repair`, and take another backup.")


def _show_checked(file: str, checked: "Checked", *, as_json: bool) -> None:
    """Write what a backup has."""
    unpacked = checked.unpacked
    if as_json:
        write_json(
            {
                "file": file,
                "whole": checked.is_whole,
                "backup": checked.info,
                "files": unpacked.blobs,
                "bytes": unpacked.bytes,
                "missing": checked.missing,
                "damaged": unpacked.damaged,
            }
        )
        return
    from wheelyard.cli.amounts import count, size

    _tell_some("missing in it", checked.missing)
    _tell_some("damaged since before the backup was taken", unpacked.damaged)
    what = count(unpacked.blobs, "file") if checked.info.has_files else "Everything but the files"
    verdict = "all as they were taken" if checked.is_whole else "and not everything"
    click.echo(f"{what}, {size(unpacked.bytes)}, {verdict}.")


def _tell_some(what: str, digests: Sequence[str]) -> None:
    """Say which files something is the matter with; of many the first."""
    for digest in digests[:_SHOWN]:
        tell(f"The file with sha256 {digest} is {what}.")
    if len(digests) > _SHOWN:
        tell(f"And {len(digests) - _SHOWN} more; `--json` has them all.")


command = click.Command(
    "backup",
    callback=_backup,
    help="Write everything that the data directory holds into one file.\n\nFILE is a tar, "
    "compressed if its name ends in `.gz` or `.zst`; `-` is the standard output. A server may run "
    "on the same data, and be used. `wheelyard restore --backup FILE` brings it back. The file "
    "holds keys and the digests of passwords. Exit code 0: done; 1: something is "
    "missing or damaged in the store.",
    params=[
        click.Argument(["file"], metavar="FILE"),
        click.Option(
            ["--no-files"],
            is_flag=True,
            help="Without the files themselves, which upstreams or a published tree have, too.",
        ),
        click.Option(
            ["--check"],
            is_flag=True,
            help="Take none, but read every byte of FILE, and say whether it is whole.",
        ),
        setting_option("store.data"),
        config_option(),
        json_option(),
    ],
)
