"""What is known of a project's files and must not be forgotten when a page says less of them.

A digest that one door stated holds for the file, whoever's page lists it next: a door that states
none would otherwise be free to give any bytes under that name.
"""

import msgspec

from wheelyard.model import File, Project

__all__ = ["keep_digests"]


def keep_digests(before: Project, after: Project) -> Project:
    """Return ``after`` with the digests and sizes that ``before`` has and it does not state."""
    known = {file.filename: file for file in before.files if file.hashes}
    if not known or all(file.hashes for file in after.files):
        return after
    files = tuple(_with_digests(file, known.get(file.filename)) for file in after.files)
    return msgspec.structs.replace(after, files=files)


def _with_digests(file: File, known: File | None) -> File:
    """Return ``file`` as it was known, if its page says nothing of its bytes."""
    if file.hashes or known is None:
        return file
    size = known.size if file.size is None else file.size
    return msgspec.structs.replace(file, hashes=known.hashes, size=size, first_use=known.first_use)
