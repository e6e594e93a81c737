"""What an archive turned out to be: a record for those who checked it and those who keep it."""

import msgspec

__all__ = ["Contents"]


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """The describing part of a distribution file.

    ``licence_files`` are the paths, relative to where licences have to be, of all files that could
    be one. ``tags`` are what a wheel's own ``WHEEL`` says.
    """

    metadata: bytes
    licence_files: frozenset[str] = frozenset()
    tags: tuple[str, ...] = ()
    members: int = 0
    unpacked_bytes: int = 0
    warnings: tuple[str, ...] = ()
