"""Logs of any format to lines of the combined one, which every tool reads.

Source: history, F-14; Apache httpd, "Log Files".
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from pathlib import Path
from typing import Final, Literal

import msgspec

from wheelyard.errors import BadInput
from wheelyard.wire.access_logs import LogEntry, render_combined

__all__ = ["Addresses", "Conversion", "convert_log", "save_lines", "shorten_address"]

_DEVICES: Final = Path("/dev")
"""There a file is one that somebody's output leads to, such as `/dev/stdout`."""

Addresses = Literal["whole", "network", "none"]
"""How much is written of the addresses of clients: all, the network they are in, nothing."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """How lines are written."""

    addresses: Addresses = "whole"
    has_host: bool = False


def convert_log(log: Iterable[LogEntry], conversion: Conversion) -> Iterator[str]:
    """Yield each request as a line of ASCII, with the end of the line."""
    for entry in log:
        kept = entry
        if conversion.addresses != "whole":
            part = shorten_address(entry.client) if conversion.addresses == "network" else ""
            kept = msgspec.structs.replace(entry, client=part)
        yield f"{render_combined(kept, has_host=conversion.has_host)}\n"


def save_lines(path: Path, lines: Iterable[str]) -> None:
    """Write lines into the file at ``path``, which has all of them afterwards or is as it was.

    What is no file, such as a pipe, is written as the lines come.

    Raises:
        BadInput: it cannot be written.
    """
    try:
        if path.exists() and (not path.is_file() or path.absolute().parent == _DEVICES):
            with path.open("w", encoding="ascii") as stream:
                stream.writelines(lines)
            return
        draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
        try:
            with draft.open("w", encoding="ascii", newline="\n") as stream:
                stream.writelines(lines)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise BadInput(f"`{path}` cannot be written: {error.strerror}.") from error


def shorten_address(text: str) -> str:
    """Return the network of an address, of 24 bits or 48; empty if it is no address."""
    try:
        return str(IPv4Address(int(IPv4Address(text)) >> 8 << 8))
    except AddressValueError:
        pass
    try:
        return str(IPv6Address(int(IPv6Address(text)) >> 80 << 80))
    except AddressValueError:
        return ""
