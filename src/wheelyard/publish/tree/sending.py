"""Sending files, metadata and provenance: everything that a page names, before the page.

Each object is noted before it is written and once it is durable, so that whoever is killed in
between leaves nothing behind that nobody knows of.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import anyio.to_thread
import msgspec

from wheelyard.blobs import has_path, reading
from wheelyard.catalog.published import Known, ObjectsChange
from wheelyard.decide.publishing import ObjectState, Wanted, plan_objects
from wheelyard.errors import Unavailable, WheelyardError
from wheelyard.names import Sha256
from wheelyard.publish.targets.held import SMALL_BYTES
from wheelyard.publish.targets.target import Body, HeldObject, Outgoing
from wheelyard.publish.tree.crew import for_each
from wheelyard.publish.tree.headers import TreeHeaders
from wheelyard.publish.tree.looking import Looked, load_provenance
from wheelyard.publish.tree.work import Work, pieces, size_of

__all__ = ["Sent", "send_objects"]

_TOGETHER: Final = 256
_AT_ONCE: Final = 4
"""How many pieces are on their way: one is read from our disk while another one is sent."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The projects of which all objects are there, and what is to be written down of it."""

    looked: list[Looked]
    change: ObjectsChange


class _Put(msgspec.Struct, frozen=True):
    """An object that is to be sent, for which project."""

    looked: Looked
    wanted: Wanted


@dataclass(slots=True)
class _Sending:
    """What is sent for some projects."""

    work: Work
    saved: list[ObjectState] = field(default_factory=list)
    failing: dict[str, str] = field(default_factory=dict)


async def send_objects(work: Work, looked: Sequence[Looked], known: Known) -> Sent:
    """Send what is missing of the objects of some projects.

    A project of which something cannot be had is left as it was published before.

    Raises:
        Unavailable: the target does not take it.
    """
    puts: list[_Put] = []
    change = _Changes()
    for each in looked:
        if each.problem:
            work.account.note_problem(each.name, each.problem)
            continue
        had = known.objects.get(each.name, ())
        plan = plan_objects(each.wanted, had, is_taken_down=each.is_taken_down)
        puts += [_Put(each, wanted) for wanted in plan.put]
        unlisted = [(each.name, path) for path in plan.unlisted]
        change.relisted += [(each.name, path) for path in plan.relisted]
        (change.at_once if each.is_taken_down else change.unlisted).extend(unlisted)
    good = [each for each in looked if not each.problem]
    if work.is_dry:
        work.account.note_sent([put.wanted.size for put in puts])
        return Sent(good, ObjectsChange())
    sending = _Sending(work)
    if work.is_adopting:
        puts = await _without_found(sending, puts)
    await _send_all(sending, puts)
    for name, reason in sending.failing.items():
        work.account.note_problem(name, reason)
    good = [each for each in good if each.name not in sending.failing]
    return Sent(good, change.made(work, sending))


@dataclass(slots=True)
class _Changes:
    """What becomes of the rows of objects: projects and paths."""

    unlisted: list[tuple[str, str]] = field(default_factory=list)
    at_once: list[tuple[str, str]] = field(default_factory=list)
    relisted: list[tuple[str, str]] = field(default_factory=list)

    def made(self, work: Work, sending: _Sending) -> ObjectsChange:
        """Return it for the catalog, without projects that are left as they were."""

        def kept(paths: list[tuple[str, str]]) -> list[tuple[str, str]]:
            return [each for each in paths if each[0] not in sending.failing]

        return ObjectsChange(
            saved=[each for each in sending.saved if each.project not in sending.failing],
            unlisted=kept(self.unlisted),
            unlisted_at=work.looked_at,
            unlisted_serial=work.serial,
            relisted=kept(self.relisted),
            at_once=kept(self.at_once),
        )


async def _without_found(sending: _Sending, puts: Sequence[_Put]) -> list[_Put]:
    """Return those that are not there yet, and note the others as if they had been sent."""
    work = sending.work
    found = await work.catalog.published.found(work.row.id, [put.wanted.path for put in puts])

    def is_there(put: _Put) -> bool:
        return put.wanted.kind == "file" and found.get(put.wanted.path) == put.wanted.size

    sending.saved += [_state(put, put.wanted.size) for put in puts if is_there(put)]
    return [put for put in puts if not is_there(put)]


async def _send_all(sending: _Sending, puts: Sequence[_Put]) -> None:
    """Send everything, some pieces at the same time."""
    if not puts:
        return
    await sending.work.begin()
    marked = [_state(put, put.wanted.size) for put in puts]
    await sending.work.catalog.published.mark_objects(sending.work.row.id, marked)
    await for_each(pieces(puts, _TOGETHER), partial(_send_some, sending), _AT_ONCE)


async def _send_some(sending: _Sending, puts: Sequence[_Put]) -> None:
    """Send a piece: what is small and held in one go, the rest in as many as it takes."""
    work = sending.work
    small = [put for put in puts if _may_be_small(put.wanted)]
    left = [put for put in puts if not _may_be_small(put.wanted)]
    if small:
        sizes = await work.target.put_held([_held_object(work, put) for put in small])
        found = [(put, size) for put, size in zip(small, sizes, strict=True) if size is not None]
        work.account.note_sent([size for _, size in found])
        sending.saved += [_state(put, size) for put, size in found]
        left += [put for put, size in zip(small, sizes, strict=True) if size is None]
    if left:
        await _send_left(sending, left)


def _may_be_small(wanted: Wanted) -> bool:
    """Say whether an object may be one that is sent straight from our store."""
    return wanted.kind != "provenance" and wanted.size <= SMALL_BYTES


def _held_object(work: Work, put: _Put) -> HeldObject:
    """Return an object whose bytes are in our store under its digest, if they are anywhere."""
    wanted = put.wanted
    digest = Sha256(wanted.sha256)
    headers = work.headers.of_object(wanted.kind, wanted.path)
    return HeldObject(wanted.path, work.parts.store.place(digest), digest, headers)


async def _send_left(sending: _Sending, puts: Sequence[_Put]) -> None:
    """Send others; what has vanished from our disk meanwhile is a problem of its project."""
    bodies = await _bodies(sending, puts)
    ready = [(put, body) for put, body in zip(puts, bodies, strict=True) if body is not None]
    while ready:
        headers = sending.work.headers
        objects = [_outgoing(headers, put, body) for put, body in ready]
        try:
            sizes = await _sizes(objects)
            await sending.work.target.put_many(objects)
        except (Unavailable, OSError) as error:
            present = await anyio.to_thread.run_sync(_present, ready)
            if len(present) == len(ready):
                if isinstance(error, Unavailable):
                    raise
                raise Unavailable("A held file", str(error)) from error
            for put, _ in ready:
                if put not in [each for each, _ in present]:
                    sending.failing[put.looked.name] = f"`{put.wanted.path}` is not held any more"
            ready = present
            continue
        sending.work.account.note_sent(sizes)
        sending.saved += [_state(put, size) for (put, _), size in zip(ready, sizes, strict=True)]
        return


async def _bodies(sending: _Sending, puts: Sequence[_Put]) -> list[Body | None]:
    """Return what is sent for each of ``puts``; None for what cannot be had.

    What is held is hashed before this process sends it for the first time.
    """
    found = await anyio.to_thread.run_sync(_held, sending.work, puts)
    bodies: list[Body | None] = []
    for put, body in zip(puts, found, strict=True):
        try:
            bodies.append(body if body is not None else await _fetched(sending.work, put))
        except WheelyardError as error:
            sending.failing[put.looked.name] = str(error)
            bodies.append(None)
    return bodies


def _held(work: Work, puts: Sequence[_Put]) -> list[Body | None]:
    """Return where the bytes of each object are in our store; touches the disk."""
    return [_held_body(work, put.wanted) for put in puts]


def _held_body(work: Work, wanted: Wanted) -> Body | None:
    """Return where the bytes of one object are."""
    if wanted.kind == "provenance":
        return None
    try:
        blob = work.parts.store.find_now(Sha256(wanted.sha256), wanted.size or None)
    except OSError:
        return None  # asked for once more, and then it says why
    return blob.path if blob else None


async def _fetched(work: Work, put: _Put) -> Body:
    """Return an object that is not in the store under its digest.

    Raises:
        WheelyardError: it cannot be had.
    """
    looked, wanted = put.looked, put.wanted
    file, project = looked.files[wanted.path], looked.project
    if project is None:
        raise Unavailable(f"`{wanted.path}`", "its project is gone")
    if wanted.kind == "provenance":
        body = await load_provenance(work.parts, looked.name, file)
        if body is None:
            raise Unavailable(f"`{wanted.path}`", "it is not held any more")
        return body
    repository = work.parts.front.repository
    if wanted.kind == "metadata":
        blob = await repository.metadata(project.ref(file))
    else:
        blob = await repository.file(project.ref(file))
        if has_path(blob):
            return blob.path
    async with reading(blob) as chunks:
        return b"".join([chunk async for chunk in chunks])


def _outgoing(headers: TreeHeaders, put: _Put, body: Body) -> Outgoing:
    """Return an object with its headers."""
    wanted = put.wanted
    return Outgoing(wanted.path, body, headers.of_object(wanted.kind, wanted.path))


def _state(put: _Put, size: int) -> ObjectState:
    """Return an object that is there."""
    wanted = put.wanted
    return ObjectState(put.looked.name, wanted.path, wanted.kind, wanted.sha256, size)


async def _sizes(objects: Sequence[Outgoing]) -> list[int]:
    """Return how long they are."""
    if all(isinstance(each.body, bytes) for each in objects):
        return [size_of(each) for each in objects]
    return await anyio.to_thread.run_sync(lambda: [size_of(each) for each in objects])


def _present(ready: Sequence[tuple[_Put, Body]]) -> list[tuple[_Put, Body]]:
    """Return those whose bytes are still on our disk; touches it."""
    return [(put, body) for put, body in ready if isinstance(body, bytes) or body.exists()]
