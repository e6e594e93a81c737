"""Manifests made by hand, for tests of who believes them."""

import io
from collections.abc import Iterable
from pathlib import Path

from wheelyard.access.signing_key import SigningKey
from wheelyard.clock import Instant
from wheelyard.publish import About, Listing, write_manifest
from wheelyard.wire.manifest import Entry, Head

__all__ = ["DAY", "KEY", "KEYS", "NOW", "make_manifest"]

DAY = 86_400.0
NOW = Instant(1_790_000_000.0)
KEY = SigningKey(bytes(range(32)))
KEYS = {KEY.public.name: KEY.public}


def make_manifest(
    path: Path,
    entries: Iterable[Entry] = (),
    *,
    serial: int = 7,
    age: float = 0.0,
    key: SigningKey = KEY,
) -> Head:
    """Write a manifest that is `age` seconds old and counts for a week."""
    made = Instant(NOW - age)
    about = About("main", "instance", serial, made, Instant(made + 7 * DAY))
    with io.BytesIO() as out:
        listing = Listing(out)
        listing.add_all(entries)
        return write_manifest(listing, about, key, path)
