"""The metadata of wheels: what a page may promise, and what a held wheel adds to it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from blobs.fakes import read_all, settled
from repository.metadata_bench import (
    CONTENTS,
    DEMO,
    DIGEST,
    METADATA,
    SDIST,
    STATED,
    STUB,
    Bench,
    opened_bench,
    wheel,
)
from support.fakes import make_file
from wheelyard.clock import FrozenClock
from wheelyard.errors import Refused, Unavailable
from wheelyard.model import File, FileRef
from wheelyard.names import ProjectName
from wheelyard.repository import with_metadata

pytestmark = pytest.mark.anyio


@pytest.fixture
async def bench(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Bench]:
    """Yield an empty store, a catalog and a door that has nothing."""
    async with opened_bench(tmp_path, clock) as opened:
        yield opened


@pytest.mark.parametrize(
    ("claim", "advertised"),
    [
        pytest.param(STATED, STATED, id="digest"),
        pytest.param((("md5", "0" * 32), *STATED), (("md5", "0" * 32), *STATED), id="two-digests"),
        pytest.param((), None, id="yes-without-digest"),
        pytest.param((("md5", "0" * 32),), None, id="no-sha256"),
        pytest.param(False, False, id="no"),
        pytest.param(None, None, id="silent"),
    ],
)
async def test_page_advertises_only_metadata_that_can_be_proven(
    claim: object, advertised: object, bench: Bench
) -> None:
    """A client that was promised metadata ends its run if it cannot have it."""
    bench.lists(wheel(claim))

    assert await bench.claims() == [advertised]


async def test_what_cannot_be_had_is_taken_off_the_page(bench: Bench) -> None:
    """The next client installs without it. Other files, and other projects, keep theirs."""
    bench.files.error = Unavailable("`a file`", "refused: nobody listens there")
    other = make_file("demo-1.1-py3-none-any.whl", core_metadata=STATED)
    ref = bench.lists(wheel(), other)
    bench.lists(wheel(), name=ProjectName("mirror-of-demo"))

    with pytest.raises(Unavailable):
        await bench.repository.metadata(ref)

    assert await bench.claims() == [None, STATED]
    assert await bench.claims(ProjectName("mirror-of-demo")) == [STATED]
    assert bench.files.news == [DEMO]


async def test_of_what_was_taken_off_pages_only_so_much_is_remembered(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a long outage the oldest failures are forgotten first, and may be tried again."""
    monkeypatch.setattr(with_metadata, "_MAX_UNSERVABLE", 1)
    bench.files.error = Unavailable("`a file`", "refused: nobody listens there")
    other = make_file("demo-1.1-py3-none-any.whl", core_metadata=(("sha256", "0" * 64),))
    first = bench.lists(wheel(), other)

    for ref in (first, FileRef(DEMO, other)):
        with pytest.raises(Unavailable):
            await bench.repository.metadata(ref)

    assert await bench.claims() == [STATED, None]


async def test_what_policy_refuses_is_taken_off_the_page(bench: Bench) -> None:
    """A wheel too large to fetch has metadata that nobody can have."""
    bench.files.error = Refused("`a file`", "it is too large")
    ref = bench.lists(wheel())

    with pytest.raises(Unavailable, match="too large"):
        await bench.repository.metadata(ref)

    assert await bench.claims() == [None]


async def test_what_was_taken_off_the_page_comes_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An outage costs metadata for a while only, and the page is rendered anew after it."""
    monkeypatch.setattr(with_metadata, "_UNSERVABLE_SECONDS", 0.0)
    bench.files.error = Unavailable("`a file`", "refused: nobody listens there")
    ref = bench.lists(wheel())
    with pytest.raises(Unavailable):
        await bench.repository.metadata(ref)
    bench.files.news.clear()

    claims = await bench.claims()

    assert claims == [STATED]
    assert bench.files.news == [DEMO]
    assert await bench.claims() == [STATED]
    assert bench.files.news == [DEMO]


async def test_held_wheel_tells_metadata_that_the_page_did_not(bench: Bench) -> None:
    """From then on the page advertises it, and nobody upstream is asked for it."""
    ref = bench.lists(wheel(core_metadata=None))
    await read_all(await bench.repository.file(ref))
    await settled(lambda: bool(bench.files.news))

    page = await bench.repository.project(DEMO)
    blob = await bench.repository.metadata(FileRef(DEMO, page.files[0]))

    assert page.files[0].core_metadata == STATED
    assert await read_all(blob) == METADATA
    assert bench.files.news == [DEMO]
    assert (bench.door.asked, bench.door.given) == ([], [])


async def test_wheel_tells_its_metadata_when_the_client_has_left(bench: Bench) -> None:
    """The download goes on without readers, and so does what follows from it."""
    ref = bench.lists(wheel(core_metadata=None))

    await bench.repository.file(ref)
    await settled(lambda: bool(bench.files.news))

    assert await bench.claims() == [STATED]


async def test_wheel_is_learned_from_once(bench: Bench) -> None:
    """A client with an old page does not have it rendered again and again."""
    ref = bench.lists(wheel(core_metadata=None))
    await bench.repository.file(ref)
    await settled(lambda: bool(bench.files.news))

    await bench.repository.file(ref)
    await settled(lambda: not bench.repository._learning._running)

    assert bench.files.news == [DEMO]


async def test_metadata_is_learned_although_its_digest_was_given_up(bench: Bench) -> None:
    """A wheel that came after all brings back what was taken off the page."""
    bench.files.error = Unavailable("`a file`", "refused: nobody listens there")
    ref = bench.lists(wheel())
    with pytest.raises(Unavailable):
        await bench.repository.metadata(ref)
    bench.files.error = None
    page = await bench.repository.project(DEMO)
    bench.files.news.clear()

    await bench.repository.file(FileRef(DEMO, page.files[0]))
    await settled(lambda: bool(bench.files.news))

    assert await bench.claims() == [STATED]


async def test_digest_that_no_way_brings_gives_way_to_that_of_the_wheel(bench: Bench) -> None:
    """An upstream that states a wrong digest for good costs one failure and not one per client."""
    ref = bench.lists(wheel(core_metadata=(("sha256", "0" * 64),)))
    with pytest.raises(Unavailable):
        await bench.repository.metadata(ref)
    page = await bench.repository.project(DEMO)
    bench.files.news.clear()

    await bench.repository.file(FileRef(DEMO, page.files[0]))
    await settled(lambda: bool(bench.files.news))

    assert page.files[0].core_metadata is None
    assert await bench.claims() == [STATED]


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(wheel(), id="stated"),
        pytest.param(make_file(SDIST.filename, SDIST.content), id="sdist"),
        pytest.param(make_file(STUB.filename, STUB.content), id="no-true-wheel"),
    ],
)
async def test_file_that_has_nothing_to_tell_is_served_all_the_same(
    file: File, bench: Bench
) -> None:
    """Only a wheel without stated metadata is looked into, and only a true one tells any."""
    ref = bench.lists(file)
    claims = await bench.claims()

    content = await read_all(await bench.repository.file(ref))
    await settled(lambda: not bench.repository._learning._running)

    assert content == CONTENTS[file.filename]
    assert await bench.claims() == claims
    assert bench.files.news == []
    assert await bench.held(DIGEST) is None
