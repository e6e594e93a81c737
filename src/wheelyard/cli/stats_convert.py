"""``wheelyard stats convert``: logs of any format, as every log tool reads them."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wheelyard.cli.acting import place_options
from wheelyard.cli.commands import Verdict
from wheelyard.cli.log_options import (
    BadLines,
    given_format,
    log_files_argument,
    log_options,
    read_logs,
)

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for the readers
    from wheelyard.stats.converting import Addresses

__all__ = ["convert"]


def _convert(
    files: tuple[Path, ...],
    to: str,
    addresses: "Addresses",
    out: Path | None,
    **flags: str | None,
) -> Verdict:
    """Write each request as a line, in the order in which they come."""
    from wheelyard.stats.converting import Conversion, convert_log, save_lines

    conversion = Conversion(addresses, has_host=to == "vhost-combined")
    log, bad = read_logs(files, given_format(**flags)), BadLines()
    lines = convert_log(bad.kept_out(log), conversion)
    if out is None:
        sys.stdout.writelines(lines)
    else:
        save_lines(out, lines)
    return bad.end()


convert = click.Command(
    "convert",
    callback=_convert,
    short_help="Write access logs in the combined format, which every log tool reads.",
    help="Write access logs of CDNs and proxies in the combined format, which every log tool "
    "reads.\n\nWithout a FILE the log comes from standard input; gzip and zstd are unpacked. What "
    "the format of a log has no place for, such as what the cache did, is left out.",
    params=[
        log_files_argument(),
        click.Option(
            ["--to"],
            type=click.Choice(["combined", "vhost-combined"]),
            default="combined",
            show_default=True,
            help="What is written; `vhost-combined` begins with the host.",
        ),
        *log_options(),
        click.Option(
            ["--addresses"],
            type=click.Choice(["whole", "network", "none"]),
            default="whole",
            show_default=True,
            help="How much of the addresses of clients is written; `network` leaves 24 bits of "
            "IPv4 and 48 of IPv6.",
        ),
        click.Option(
            ["--no-addresses", "addresses"],
            flag_value="none",
            help="Short for `--addresses none`.",
        ),
        click.Option(
            ["--out"],
            metavar="FILE",
            type=click.Path(path_type=Path, dir_okay=False),
            help="Where it is written: all of it or nothing. [default: standard output]",
        ),
        *place_options(),
    ],
)
