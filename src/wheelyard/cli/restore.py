"""``wheelyard restore``: an index out of a published tree, or everything out of a backup."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import click
import msgspec

from wheelyard.cli.acting import os_actor, tell, write_json
from wheelyard.cli.backup import progress
from wheelyard.cli.commands import Verdict
from wheelyard.cli.options import config_option, given_settings, json_option, setting_option
from wheelyard.errors import BadInput

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for half of the program
    from collections.abc import Mapping

    from wheelyard.access.signing_key import PublicKey
    from wheelyard.app.restoring import TreeOrder, TreeRestored
    from wheelyard.backup import RestoredBackup

__all__ = ["command"]

_SHOWN = 50
_TREE_ONLY = ("index", "key", "allow_expired", "dry_run")


@click.pass_context
def _restore(
    context: click.Context,
    /,
    tree: str | None,
    backup: str | None,
    *,
    as_json: bool,
    **flags: object,
) -> Verdict:
    """Restore what is named."""
    if (tree is None) == (backup is None):
        raise BadInput("Say what to restore: `--from TREE`, or `--backup FILE`.")
    if backup is not None:
        if given := [name for name in _TREE_ONLY if flags[name]]:
            raise BadInput(f"`--{given[0].replace('_', '-')}` goes with `--from`, not `--backup`.")
        keeps_identity = bool(flags["same_identity"])
        return _from_backup(context, backup, keeps_identity=keeps_identity, as_json=as_json)
    if flags["same_identity"]:
        raise BadInput("`--same-identity` goes with `--backup`: a tree does not have the identity.")
    return _from_tree(context, str(tree), flags, as_json=as_json)


def _from_backup(
    context: click.Context, name: str, *, keeps_identity: bool, as_json: bool
) -> Verdict:
    """Restore a backup."""
    from wheelyard.app.backups import restore_file

    data = given_settings(context).store.data
    with progress("Restoring the backup") as show:
        restored = restore_file(
            data,
            name,
            lambda unpacked: show(unpacked.blobs, unpacked.bytes),
            keeps_identity=keeps_identity,
        )
    if restored is None:
        tell(f"A restore into `{data}` had been cut off at its very end; now it is done.")
        return Verdict.FINE
    _show_backup(data, restored, as_json=as_json)
    return Verdict.FINE if restored.is_whole else Verdict.FOUND_WRONG


def _show_backup(data: Path, restored: "RestoredBackup", *, as_json: bool) -> None:
    """Write what was restored."""
    unpacked = restored.unpacked
    if as_json:
        write_json(
            {
                "data": str(data),
                "whole": restored.is_whole,
                "backup": restored.info,
                "instance": restored.instance,
                "files": unpacked.blobs,
                "bytes": unpacked.bytes,
                "unheld": restored.unheld,
                "lost": restored.lost,
                "damaged": unpacked.damaged,
            }
        )
        return
    from wheelyard.cli.amounts import count, size

    for digest in restored.lost[:_SHOWN]:
        tell(f"The file with sha256 {digest} is yours, or pinned, and not in the backup.")
    if len(restored.lost) > _SHOWN:
        tell(f"And {len(restored.lost) - _SHOWN} more; `--json` has them all.")
    if restored.unheld:
        what = count(restored.unheld, "file")
        tell(f"{what} of upstreams are not in the backup: they are fetched when asked for.")
    click.echo(f"{count(unpacked.blobs, 'file')}, {size(unpacked.bytes)}, restored into `{data}`.")


def _from_tree(
    context: click.Context, tree: str, flags: "Mapping[str, object]", *, as_json: bool
) -> Verdict:
    """Restore a tree."""
    from wheelyard.app.restoring import restore_from_tree

    settings, order = given_settings(context), _order(tree, flags)
    doing = "Reading the tree" if order.dry_run else "Restoring the tree"
    with progress(doing) as show:
        restored = anyio.run(
            restore_from_tree,
            settings,
            os.environ,
            order,
            lambda report: show(report.fetched + report.present, report.bytes),
        )
    _show_tree(settings.store.data, restored, as_json=as_json)
    is_fine = restored.report is None or restored.report.is_equal
    return Verdict.FINE if is_fine else Verdict.FOUND_WRONG


def _order(tree: str, flags: "Mapping[str, object]") -> "TreeOrder":
    """Return what the flags ask for."""
    from wheelyard.app.restoring import TreeOrder

    key = flags["key"]
    if flags["allow_expired"] and key is None:
        raise BadInput(
            "`--allow-expired` goes with `--key`: without one no signature is looked at."
        )
    return TreeOrder(
        tree,
        os_actor(),
        str(flags["index"] or ""),
        None if key is None else _keys(Path(str(key))),
        allows_expired=bool(flags["allow_expired"]),
        dry_run=bool(flags["dry_run"]),
    )


def _keys(path: Path) -> "Mapping[str, PublicKey]":
    """Return the public keys in a file."""
    from wheelyard.access.signing_key import parse_public_keys

    try:
        return parse_public_keys(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"`{path}` cannot be read: it has to be a file of keys.") from error
    except BadInput as error:
        raise BadInput(f"`{path}`: {error}") from error


def _show_tree(data: Path, restored: "TreeRestored", *, as_json: bool) -> None:
    """Write what became of a tree."""
    head, report, totals = restored.opened.head, restored.report, restored.totals
    if as_json:
        write_json(
            {
                "data": str(data),
                "index": restored.index,
                "signed": restored.opened.is_signed,
                "tree": restored.opened.info,
                "published": head.created,
                "projects": totals.projects,
                "files": totals.files,
                "bytes": totals.bytes,
                "equal": None if report is None else report.is_equal,
                "report": None if report is None else msgspec.to_builtins(report),
            }
        )
        return
    from wheelyard.cli.amounts import count, size

    opened, index = restored.opened, restored.index
    what = f"{count(totals.projects, 'project')}, {count(totals.files, 'file')}"
    signed = "signed by a key you trust" if opened.is_signed else "no signature was checked"
    tell(f"The tree of `{head.index}` of {head.created}: {what}, {size(totals.bytes)}; {signed}.")
    if report is None:
        own = count(len(opened.hosted), "name")
        click.echo(
            f"It would be restored into the index `{index}`: {own} of its own, the rest as copies "
            "of upstreams."
        )
        return
    for each in report.differences[:_SHOWN]:
        tell(f"`{each.path}`: {each.reason}.")
    if report.wrong > _SHOWN:
        tell(f"And {report.wrong - _SHOWN} more; `--json` has the first thousand.")
    projects = f"{count(report.hosted, 'project')} of its own and {report.held:,} of upstreams"
    present = f", {report.present:,} there already" if report.present else ""
    files = f"{count(report.fetched, 'file')} fetched{present}"
    equal = f"{count(report.equal, 'page')} equal to the tree's"
    click.echo(f"Restored into the index `{index}`: {projects}; {files}; {equal}.")
    tell(
        "Users, tokens, roles, the audit log, settings and what was not listed are in no tree: "
        "`wheelyard backup` has them."
    )
    if report.wrong:
        tell("Not all is as it was. Run the command again: what is here is not fetched again.")


command = click.Command(
    "restore",
    callback=_restore,
    help="Rebuild an index from a published tree, or everything from a backup.\n\nThe data "
    "directory has to be empty. A restore from a tree can be stopped and run "
    "again. Exit code 0: everything is as it was; 1: something is not.",
    params=[
        click.Option(
            ["--from", "tree"],
            metavar="TREE",
            help="A published tree: a directory, `s3://bucket/prefix`, or an address.",
        ),
        click.Option(
            ["--backup"],
            metavar="FILE",
            help="A file that `wheelyard backup` wrote; `-` is the standard input.",
        ),
        click.Option(
            ["--index"],
            metavar="INDEX",
            help="The index that the tree is restored into. [default: the one it was published of]",
        ),
        click.Option(
            ["--key"],
            metavar="FILE",
            type=click.Path(path_type=Path),
            help="Public keys, as `wheelyard manifest key` writes them: nothing is taken from a "
            "tree unless its manifest is signed by one of them.",
        ),
        click.Option(
            ["--allow-expired"],
            is_flag=True,
            help="Take a signed tree whose manifest does not count any more.",
        ),
        click.Option(["--dry-run"], is_flag=True, help="Only say what a tree has."),
        click.Option(
            ["--same-identity"],
            is_flag=True,
            help="Of a backup: go on as the server that it was taken of, which is no more.",
        ),
        setting_option("upstream.urls"),
        setting_option("store.data"),
        config_option(),
        json_option(),
    ],
)
