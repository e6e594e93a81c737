"""Publishing onwards: what another index gets, and what is done with its answers."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from support.fakes import opened_catalog
from support.hosted_files import MAIN_OWNER, SOMEBODY, hosted_file
from support.packages import Package, make_sdist, make_wheel
from wheelyard.blobs import DiskThreads, LocalBlobs, Quarantine
from wheelyard.catalog import Catalog, HostedFile, Publication
from wheelyard.catalog.curation import StatusChange
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent, Conflict, Refused, Unavailable
from wheelyard.model import ProjectStatus
from wheelyard.names import ProjectName
from wheelyard.transport.uploading import UploadAnswer, UploadBody
from wheelyard.upload.push import Pushed, PushParts, Release, plan_push, push_entry, push_file

pytestmark = pytest.mark.anyio

DEMO = Release(MAIN_OWNER, ProjectName("demo"), "1.0")
OK = UploadAnswer(200, "OK")
EXISTS = UploadAnswer(400, "File already exists")


@dataclass(slots=True)
class FakeIndex:
    """Another index: keeps bodies, and gives its answers one after the other, then 200."""

    answers: list[UploadAnswer | Unavailable] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    async def send(self, body: UploadBody) -> UploadAnswer:
        """Take a request."""
        content = b"".join([piece async for piece in body.pieces])
        assert len(content) == body.length
        self.bodies.append(content)
        answer = self.answers.pop(0) if self.answers else OK
        if isinstance(answer, Unavailable):
            raise answer
        return answer


@dataclass(slots=True)
class Site:
    """A catalog, a store, another index, and the time that was waited."""

    catalog: Catalog
    store: LocalBlobs
    index: FakeIndex = field(default_factory=FakeIndex)
    waited: list[float] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    async def add(self, package: Package, **changes: object) -> HostedFile:
        """Host a package."""
        digest = await self.store.put(package.content)
        metadata = None if package.metadata is None else await self.store.put(package.metadata)
        file = replace(
            hosted_file(package.filename),
            sha256=digest,
            size=package.size,
            metadata_sha256=metadata,
            hashes={},
            **changes,  # type: ignore[arg-type]  # any field
        )
        await self.catalog.hosting.publish(Publication(file, package.name), SOMEBODY)
        return file

    async def push(self, file: HostedFile, *, skips_existing: bool = False) -> Pushed:
        """Push a file."""

        async def sleep(seconds: float) -> None:
            self.waited.append(seconds)

        def retrying(reason: str, _: float) -> None:
            self.told.append(reason)

        parts = PushParts(
            self.catalog, self.store, self.index, skips_existing, retrying, sleep=sleep
        )
        return await push_file(parts, file)


@asynccontextmanager
async def site_on(path: Path, clock: FrozenClock) -> AsyncIterator[Site]:
    """Open a catalog and a store with nothing in them."""
    for name in ("blobs", "spool", "quarantine"):
        (path / name).mkdir()
    async with opened_catalog(path, clock) as catalog:
        store = LocalBlobs(
            path / "blobs", path / "spool", DiskThreads(), Quarantine(path / "quarantine")
        )
        yield Site(catalog, store)


async def test_wheels_go_before_the_source(tmp_path: Path, clock: FrozenClock) -> None:
    """And only the files of that release, however its version is spelled."""
    async with site_on(tmp_path, clock) as site:
        await site.add(make_sdist("demo", "1.0"))
        await site.add(make_wheel("demo", "1.0"))
        await site.add(make_wheel("demo", "2.0"))

        planned = await plan_push(site.catalog, replace(DEMO, version="1.0.0"))

    assert [file.kind for file in planned] == ["bdist_wheel", "sdist"]


@pytest.mark.parametrize("version", ["3.0", "nonsense"])
async def test_release_that_is_not_there_is_absent(
    tmp_path: Path, clock: FrozenClock, version: str
) -> None:
    """The sentence names what was asked for."""
    async with site_on(tmp_path, clock) as site:
        await site.add(make_wheel("demo", "1.0"))

        with pytest.raises(Absent, match=version):
            await plan_push(site.catalog, replace(DEMO, version=version))
        with pytest.raises(Absent, match="other"):
            await plan_push(site.catalog, replace(DEMO, project=ProjectName("other")))


async def test_quarantined_project_is_not_pushed(tmp_path: Path, clock: FrozenClock) -> None:
    """What is not given out here is not spread either."""
    async with site_on(tmp_path, clock) as site:
        await site.add(make_wheel("demo", "1.0"))
        status = StatusChange(MAIN_OWNER, DEMO.project, ProjectStatus("quarantined", "malware"))
        await site.catalog.curator.set_status(status, SOMEBODY)

        with pytest.raises(Refused, match="malware"):
            await plan_push(site.catalog, DEMO)


async def test_file_goes_with_its_bytes_digests_and_metadata(
    tmp_path: Path, clock: FrozenClock
) -> None:
    """Digests that are not written down are computed."""
    package = make_wheel("demo", "1.0", requires_python=">=3.8")
    async with site_on(tmp_path, clock) as site:
        pushed = await site.push(await site.add(package))

    [body] = site.index.bodies
    blake2 = hashlib.blake2b(package.content, digest_size=32).hexdigest()
    assert pushed == Pushed(package.filename, "uploaded")
    assert package.content in body
    assert package.sha256.encode() in body
    assert blake2.encode() in body
    assert hashlib.md5(package.content, usedforsecurity=False).hexdigest().encode() in body
    assert b'name="requires_python"\r\n\r\n>=3.8\r\n' in body


async def test_file_without_kept_metadata_says_who_it_is(
    tmp_path: Path, clock: FrozenClock
) -> None:
    """No more is needed, and nothing is made up."""
    async with site_on(tmp_path, clock) as site:
        file = await site.add(make_sdist("demo", "1.0"))
        await site.push(replace(file, metadata_sha256=None))

    assert b'name="version"\r\n\r\n1.0\r\n' in site.index.bodies[0]


async def test_file_that_is_there_already_is_a_conflict(tmp_path: Path, clock: FrozenClock) -> None:
    """Unless it was said that this is well."""
    async with site_on(tmp_path, clock) as site:
        file = await site.add(make_wheel("demo", "1.0"))
        site.index.answers = [EXISTS, EXISTS]

        with pytest.raises(Conflict, match="File already exists"):
            await site.push(file)
        pushed = await site.push(file, skips_existing=True)

    assert pushed.outcome == "exists"
    assert not site.waited


async def test_what_may_pass_is_tried_again(tmp_path: Path, clock: FrozenClock) -> None:
    """With the whole body, under a boundary of its own, and told to whoever watches."""
    async with site_on(tmp_path, clock) as site:
        file = await site.add(make_wheel("demo", "1.0"))
        reset = Unavailable("`https://index.example`", "reset: the connection was reset.")
        site.index.answers = [reset, UploadAnswer(503, "Busy", retry_after="7"), OK]

        pushed = await site.push(file)

    assert pushed.outcome == "uploaded"
    assert site.waited == [1.0, 7.0]
    assert len(site.index.bodies) == len(set(site.index.bodies)) == 3
    assert "reset" in site.told[0]
    assert "503 Busy" in site.told[1]


async def test_push_gives_up_in_the_end(tmp_path: Path, clock: FrozenClock) -> None:
    """And says what the last attempt said."""
    async with site_on(tmp_path, clock) as site:
        file = await site.add(make_wheel("demo", "1.0"))
        site.index.answers = [UploadAnswer(502, "Bad Gateway")] * 9

        with pytest.raises(Unavailable, match="502"):
            await site.push(file)

    assert len(site.index.bodies) == 5


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (UploadAnswer(403, "Invalid or non-existent authentication information"), "Invalid"),
        (UploadAnswer(308, "", location="https://other.example/x?key=1"), "other.example/x`"),
    ],
)
async def test_no_is_told_at_once(
    tmp_path: Path, clock: FrozenClock, answer: UploadAnswer, said: str
) -> None:
    """Another attempt would get the same answer; a redirect is named, and not followed."""
    async with site_on(tmp_path, clock) as site:
        file = await site.add(make_wheel("demo", "1.0"))
        site.index.answers = [answer]

        with pytest.raises(Refused, match=said):
            await site.push(file)

    assert len(site.index.bodies) == 1


async def test_certificate_that_is_not_believed_is_not_tried_again(
    tmp_path: Path, clock: FrozenClock
) -> None:
    """It will be the same a second later."""
    async with site_on(tmp_path, clock) as site:
        file = await site.add(make_wheel("demo", "1.0"))
        site.index.answers = [Unavailable("`https://index.example`", "tls: expired.")]

        with pytest.raises(Unavailable, match="expired"):
            await site.push(file)

    assert not site.waited


async def test_missing_bytes_are_said_before_anything_is_sent(
    tmp_path: Path, clock: FrozenClock
) -> None:
    """The other index is left alone."""
    async with site_on(tmp_path, clock) as site:
        file = await site.add(make_wheel("demo", "1.0"))
        await site.store.remove(file.sha256)

        with pytest.raises(Unavailable, match="store"):
            await site.push(file)

    assert not site.index.bodies


def test_audit_names_what_went_where() -> None:
    """And not what was there already."""
    entry = push_entry(DEMO, [Pushed("a", "uploaded"), Pushed("b", "exists")], "https://x.example")

    assert (entry.action, entry.index, entry.project) == ("release.push", "main", "demo")
    assert entry.detail == {"version": "1.0", "filenames": ["a"], "to": "https://x.example"}
