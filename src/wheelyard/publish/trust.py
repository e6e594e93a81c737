"""Whether a manifest counts: signed by a key one trusts, not too old, and none from before.

In this order: the signature is that of a known key; the manifest is whole; it has not expired; and
it is not older than the last one that was believed of the same index, which is remembered. Whoever
could replay an old manifest could bring back files that were taken away.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from wheelyard.access.signing_key import PublicKey
from wheelyard.clock import Instant
from wheelyard.errors import BadInput, ConfigError
from wheelyard.wire.manifest import (
    MAX_HEAD_BYTES,
    MAX_LINE_BYTES,
    Entry,
    Head,
    Start,
    parse_entry,
    parse_start,
)

__all__ = ["Seen", "Trust", "open_manifest"]

_READ_BYTES: Final = 1024**2
_CLOCK_SECONDS: Final = 300.0
"""By how much two clocks may differ."""


class _Believed(msgspec.Struct, frozen=True):
    """The newest manifest of an index that was believed."""

    serial: int
    created: str


@dataclass(frozen=True, slots=True)
class Seen:
    """Which manifests were believed before, in a file; there need not be one yet. Blocks."""

    path: Path

    def problem(self, head: Head) -> str:
        """Return why ``head`` is older than what was believed before; empty if it is not."""
        last = self._load().get(_subject(head))
        if last is None:
            return ""
        if head.serial < last.serial or (
            head.serial == last.serial and head.created < last.created
        ):
            return (
                f"it is older than one that was believed before: serial {head.serial} of "
                f"{head.created}, after serial {last.serial} of {last.created}. Somebody replays "
                f"it, or the index was restored from a backup; in that case delete `{self.path}`"
            )
        return ""

    def remember(self, head: Head) -> None:
        """Believe ``head``: nothing older counts from now on.

        Raises:
            ConfigError: the file cannot be written.
        """
        believed = {**self._load(), _subject(head): _Believed(head.serial, head.created)}
        draft = self.path.with_name(f".{self.path.name}.{os.getpid()}.new")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with draft.open("wb") as file:
                file.write(msgspec.json.encode(believed, order="sorted") + b"\n")
                file.flush()
                os.fsync(file.fileno())  # an empty file after a power cut would have to be deleted
            draft.replace(self.path)
        except OSError as error:
            raise ConfigError(
                f"`{self.path}` cannot be written ({error.strerror}): which manifests were seen "
                "has to be remembered. Name another file with `--state`."
            ) from error

    def _load(self) -> Mapping[str, _Believed]:
        """Return what was believed.

        Raises:
            ConfigError: the file cannot be read. It is not taken for an empty one.
        """
        try:
            content = self.path.read_bytes()
            return msgspec.json.decode(content, type=dict[str, _Believed])
        except FileNotFoundError:
            return {}
        except OSError as error:
            reason = error.strerror or "the disk would not"
        except msgspec.DecodeError as error:
            reason = str(error)
        raise ConfigError(
            f"`{self.path}`, which says which manifests were seen, cannot be read ({reason}): "
            "correct it, or delete it to begin anew."
        )


@dataclass(frozen=True, slots=True)
class Trust:
    """A manifest in a file; ``problem`` says why it does not count, and is empty if it does."""

    path: Path
    head: Head
    start: Start
    problem: str = ""

    def entries(self) -> Iterator[Entry]:
        """Yield the entries, one line in memory at a time. Blocks.

        Raises:
            BadInput: a line is no entry.
        """
        with self.path.open("rb") as file:
            file.seek(self.start.size)
            while line := file.readline(MAX_LINE_BYTES):
                yield parse_entry(line)


def open_manifest(path: Path, keys: Mapping[str, PublicKey], seen: Seen, now: Instant) -> Trust:
    """Return the manifest at ``path``, and whether it counts now. Blocks.

    One that counts is remembered, and nothing older is believed after it.

    Raises:
        BadInput: it is no manifest, or cannot be read.
        ConfigError: what was seen before cannot be read, or written.
    """
    try:
        with path.open("rb") as file:
            start = parse_start(file.read(MAX_HEAD_BYTES))
            file.seek(start.size)
            digest, size = hashlib.sha256(), 0
            problem = _signature_problem(start, keys)
            while not problem and (chunk := file.read(_READ_BYTES)):
                digest.update(chunk)
                size += len(chunk)
    except OSError as error:
        raise BadInput(f"`{path}` cannot be read: {error.strerror}.") from error
    head = start.head
    if not problem and (digest.hexdigest(), size) != (head.listing_sha256, head.listing_bytes):
        problem = "it is not whole: its listing is not the one that was signed"
    problem = problem or _age_problem(head, now) or seen.problem(head)
    if not problem:
        seen.remember(head)
    return Trust(path, head, start, problem)


def _signature_problem(start: Start, keys: Mapping[str, PublicKey]) -> str:
    """Return why the signature does not count."""
    key = keys.get(start.head.key)
    if key is None:
        return (
            f"it is signed with the key `{start.head.key}`, which is none of those that are "
            "trusted: get the new public key if the index has changed it"
        )
    if not key.has_signed(start.signed, start.signature):
        return "its signature is wrong: somebody has changed it"
    return ""


def _age_problem(head: Head, now: Instant) -> str:
    """Return why it does not count at this moment."""
    if now >= head.expires_at:
        return f"it has expired ({head.expires}): get a newer one"
    if head.created_at > now + _CLOCK_SECONDS:
        return f"it was made in the future ({head.created}): set the clock of this machine"
    return ""


def _subject(head: Head) -> str:
    """Return what a manifest is of, as it is remembered."""
    return f"{head.key} {head.instance} {head.index}"
