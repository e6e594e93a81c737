"""Publishing onwards: a release of our own is uploaded to another index, file by file.

The bytes go as they lie in the store, in pieces, under the digests that they have here. The form
says what the core metadata inside the file say. Wheels go first: an installer that looks meanwhile
rather finds the wheel without the source than the other way round.
"""

import hashlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import anyio
import anyio.to_thread

from wheelyard.blobs import Blob, LocalBlobs
from wheelyard.catalog import AuditEntry, Catalog, HostedFile, hosted_index
from wheelyard.decide.pushing import Meaning, judge_answer, retry_after_seconds, sentence_of
from wheelyard.errors import Absent, Conflict, Refused, Unavailable
from wheelyard.names import ProjectName, version_key
from wheelyard.transport import Fault, fault_of
from wheelyard.transport.uploading import UploadAnswer, UploadBody
from wheelyard.wire.upload_request import FileToSend, render_form, upload_fields

__all__ = ["PushParts", "Pushed", "Release", "plan_push", "push_entry", "push_file"]

_LASTING = {Fault.TLS, Fault.LOOP, Fault.FRAMING}
"""What another attempt a moment later does not mend."""


class Client(Protocol):
    """Where files go; the transport's ``UploadClient``."""

    async def send(self, body: UploadBody) -> UploadAnswer:
        """Send one request, and return the answer."""


@dataclass(frozen=True, slots=True)
class Release:
    """A release of our own."""

    owner: str
    project: ProjectName
    version: str


@dataclass(frozen=True, slots=True)
class PushParts:
    """What a push works with. ``retrying`` is told why an attempt failed, and for how long to wait.

    With ``skips_existing`` it is well if the other index has a file of that name already.
    """

    catalog: Catalog
    store: LocalBlobs
    client: Client
    skips_existing: bool = False
    retrying: Callable[[str, float], None] = lambda _reason, _seconds: None
    sleep: Callable[[float], Awaitable[None]] = field(default=anyio.sleep)


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of a file: uploaded, or there already."""

    filename: str
    outcome: Literal["uploaded", "exists"]


async def plan_push(catalog: Catalog, release: Release) -> tuple[HostedFile, ...]:
    """Return the files of a release in the order in which they are uploaded: wheels first.

    Raises:
        Absent: there is no such release here.
        Refused: the project is quarantined.
    """
    where = f"the index `{hosted_index(release.owner)}`"
    loaded = await catalog.hosting.load(release.owner, release.project)
    if loaded is None:
        raise Absent(f"`{release.project}`", where)
    project, files = loaded
    wanted = version_key(release.version)
    found = [file for file in files if version_key(file.version) == wanted]
    if not found:
        raise Absent(f"`{release.project}` {release.version}", where)
    if project.status == "quarantined":
        why = f": {project.status_reason}" if project.status_reason else ""
        raise Refused(f"`{release.project}`", f"the project is quarantined{why}")
    return tuple(sorted(found, key=lambda file: (file.kind == "sdist", file.filename)))


async def push_file(parts: PushParts, file: HostedFile) -> Pushed:
    """Upload one file, trying again what may pass.

    Raises:
        Conflict: the other index has a file of that name.
        Refused: it does not take the file, or would have us go elsewhere.
        Unavailable: it cannot be reached, or the bytes are not here.
    """
    blob = await _open(parts.store, file)
    fields = upload_fields(await _metadata(parts.store, file), await _identified(file, blob))
    attempts = 0
    while True:
        attempts += 1
        answer, reason = await _attempt(parts.client, file, blob, fields)
        if answer is not None:
            pushed = _judged(parts, file, answer)
            if pushed is not None:
                return pushed
            reason = sentence_of(answer.status, answer.reason, answer.text)
        wait = retry_after_seconds(attempts, answer.retry_after if answer else "")
        if wait is None:
            why = f"{reason.rstrip('.')}, also at the last of {attempts} attempts"
            raise Unavailable(f"The upload of `{file.filename}`", why)
        parts.retrying(f"`{file.filename}`: {reason}", wait)
        await parts.sleep(wait)


def push_entry(release: Release, pushed: Sequence[Pushed], where: str) -> AuditEntry:
    """Return the line of the audit log that says which files went where."""
    names = [each.filename for each in pushed if each.outcome == "uploaded"]
    detail = {"version": release.version, "filenames": names, "to": where}
    index = hosted_index(release.owner) or ""
    return AuditEntry("release.push", index, release.project, detail)


def _judged(parts: PushParts, file: HostedFile, answer: UploadAnswer) -> Pushed | None:
    """Return what became of the file; None if it is to be tried again."""
    what = f"The upload of `{file.filename}`"
    said = sentence_of(answer.status, answer.reason, answer.text)
    match judge_answer(answer.status, answer.reason, answer.text):
        case Meaning.TAKEN:
            return Pushed(file.filename, "uploaded")
        case Meaning.EXISTS if parts.skips_existing:
            return Pushed(file.filename, "exists")
        case Meaning.EXISTS:
            raise Conflict(f"`{file.filename}` is there already", f"the other index says: {said}")
        case Meaning.MOVED:
            where = answer.location.partition("?")[0][:200] or "somewhere else"
            raise Refused(
                what, f"the address redirects to `{where}`: name the address itself with `--to`"
            )
        case Meaning.REFUSED:
            raise Refused(what, f"the other index says: {said}")
        case Meaning.PASSES:
            return None


async def _attempt(
    client: Client, file: HostedFile, blob: Blob, fields: tuple[tuple[str, str], ...]
) -> tuple[UploadAnswer | None, str]:
    """Return the answer to one attempt; without one, why there was none."""
    boundary = secrets.token_hex(24)
    before, after = render_form(fields, file.filename, boundary)

    async def pieces() -> AsyncIterator[bytes]:
        yield before
        async for chunk in blob.read():
            yield chunk
        yield after

    length = len(before) + file.size + len(after)
    body = UploadBody(f"multipart/form-data; boundary={boundary}", length, pieces())
    try:
        return await client.send(body), ""
    except Unavailable as error:
        if error.is_ours or fault_of(error) in _LASTING:
            raise
        return None, error.reason


async def _open(store: LocalBlobs, file: HostedFile) -> Blob:
    """Return the bytes of a file."""
    found = await store.open(file.sha256, file.size)
    if found is None:
        why = "its bytes are missing in the store, or were damaged; upload or restore it"
        raise Unavailable(f"`{file.filename}`", why)
    return found


async def _metadata(store: LocalBlobs, file: HostedFile) -> bytes:
    """Return the core metadata of a file; what every index needs if they are not here."""
    found = None if file.metadata_sha256 is None else await store.find(file.metadata_sha256)
    if found is None:
        text = f"Metadata-Version: 2.1\nName: {file.project}\nVersion: {file.version}\n"
        return text.encode()
    return b"".join([chunk async for chunk in found.read()])


async def _identified(file: HostedFile, blob: Blob) -> FileToSend:
    """Return what identifies a file, with the digests that are not written down computed."""
    md5, blake2 = file.hashes.get("md5"), file.hashes.get("blake2b_256")
    if md5 is None or blake2 is None:
        sums = hashlib.md5(usedforsecurity=False), hashlib.blake2b(digest_size=32)
        async for chunk in blob.read():
            for each in sums:
                await anyio.to_thread.run_sync(each.update, chunk)
        md5, blake2 = sums[0].hexdigest(), sums[1].hexdigest()
    return FileToSend(file.filename, file.kind, md5, str(file.sha256), blake2)
