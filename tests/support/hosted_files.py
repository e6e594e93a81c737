"""Files of our own, written into a catalog as an upload does, without their bytes.

::

    await publish(catalog, "demo-1.0-py3-none-any.whl")
"""

from dataclasses import replace
from hashlib import md5, sha256

from wheelyard.catalog import Actor, Catalog, HostedFile, Publication, Published, hosted_owner
from wheelyard.clock import Instant
from wheelyard.names import Filename, Sha256, filename_version, is_wheel, project_candidates

__all__ = ["MAIN_OWNER", "SOMEBODY", "hosted_file", "publish"]

MAIN_OWNER = hosted_owner("main")
SOMEBODY = Actor("ada", "127.0.0.1")


def hosted_file(filename: str, owner: str = MAIN_OWNER, *, at: float = 1_000.0) -> HostedFile:
    """Return a file whose bytes are its own name."""
    name = Filename(filename)
    project = project_candidates(name)[0]
    content = filename.encode()
    return HostedFile(
        owner=owner,
        project=project,
        filename=name,
        generation=1,
        version=filename_version(name, project) or "0",
        sha256=Sha256(sha256(content).hexdigest()),
        size=len(content),
        uploaded_at=Instant(at),
        uploaded_by=SOMEBODY.name,
        hashes={"md5": md5(content).hexdigest()},  # noqa: S324 - what old clients check
        kind="bdist_wheel" if is_wheel(filename) else "sdist",
    )


async def publish(
    catalog: Catalog, filename: str, owner: str = MAIN_OWNER, **changes: object
) -> Published:
    """Publish a file; ``changes`` are fields that are otherwise than ``hosted_file`` has them."""
    file = replace(hosted_file(filename, owner), **changes)  # type: ignore[arg-type]  # any field
    return await catalog.hosting.publish(Publication(file, file.project), SOMEBODY)
