"""The ledger speaks before the page: what it is told, and what it says."""

from collections.abc import AsyncIterator
from hashlib import md5
from pathlib import Path

import msgspec
import pytest

from blobs.fakes import at_rest, digest_of, read_error
from repository.stored_bench import (
    CONTENT,
    FILE,
    FLASK,
    NAME,
    OTHER,
    UNHASHED,
    UNSIZED,
    Bench,
    opened_bench,
)
from support.fakes import DOOR, make_file
from wheelyard.blobs import LocalBlobs
from wheelyard.clock import FrozenClock
from wheelyard.model import FileRef
from wheelyard.repository import stored
from wheelyard.repository.paths import file_path

pytestmark = pytest.mark.anyio


@pytest.fixture
async def bench(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Bench]:
    """Yield files with nothing held, over a door that has the first file's bytes."""
    async with opened_bench(tmp_path, clock) as opened:
        yield opened


async def test_proven_file_is_evidence(bench: Bench) -> None:
    """The ledger says which bytes, since when, from whom; and where the path belongs."""
    bench.lists(FILE)
    revision = await bench.revision()

    await bench.fetch()

    row = await bench.evidence()
    path = await bench.catalog.odd_paths.load("main", file_path(FLASK, FILE))
    assert row is not None
    assert (row.sha256, row.size, row.first_use) == (FILE.sha256, len(CONTENT), False)
    assert (row.first_seen, row.source) == (bench.clock.now(), "files.index.example")
    assert path is not None
    assert (path.project, path.filename) == (FLASK, NAME)
    assert [held.filename for held in await bench.catalog.held.find(row.sha256)] == [NAME]
    assert await bench.revision() == revision
    assert (await bench.page()).files == (FILE,)


async def test_wrong_bytes_are_no_evidence(bench: Bench) -> None:
    """What differs from the stated digest is neither held nor written down."""
    bench.lists(FILE)
    bench.door.files[NAME] = OTHER[: len(CONTENT)]

    _, error = await read_error(await bench.stored.file(await bench.first()))
    await at_rest(bench.run)

    assert error == "Corrupt"
    assert await bench.evidence() is None
    assert bench.run.held == []


async def test_first_use_is_recorded_and_marked(bench: Bench) -> None:
    """Where the owner states no SHA-256, what came first counts, and the page says so."""
    weak = ("md5", md5(CONTENT, usedforsecurity=False).hexdigest())
    bench.lists(msgspec.structs.replace(UNHASHED, hashes=(weak,)))
    before, revision = (await bench.first()).file, await bench.revision()

    await bench.fetch()

    row, file = await bench.evidence(), (await bench.first()).file
    assert row is not None
    assert (row.sha256, row.first_use) == (digest_of(CONTENT), True)
    assert file.hashes == (("sha256", digest_of(CONTENT)), weak)
    assert (file.size, file.first_use, before.first_use) == (len(CONTENT), True, False)
    assert await bench.revision() > revision


async def test_length_is_learned_where_the_page_states_none(bench: Bench) -> None:
    """Old pages have digests without sizes; a held file has one."""
    bench.lists(UNSIZED)
    revision = await bench.revision()

    await bench.fetch()

    assert (await bench.first()).file == FILE
    assert await bench.revision() > revision


@pytest.mark.parametrize("size", [None, 1, len(CONTENT) + 1])
async def test_length_of_the_ledger_beats_that_of_the_page(size: int | None, bench: Bench) -> None:
    """A wrong number on a page does not make a proven file unusable."""
    bench.lists(msgspec.structs.replace(FILE, size=size))
    await bench.binds(CONTENT)
    await bench.run.store.put(CONTENT)

    assert (await bench.first()).file.size == len(CONTENT)
    assert await bench.fetch() == CONTENT
    assert bench.door.requests == 0


async def test_ledger_beats_the_page(bench: Bench) -> None:
    """A name keeps its bytes; what the page says of other bytes is not passed on."""
    await bench.binds(CONTENT)
    claim = (("sha256", "ab" * 32),)
    changed = make_file(NAME, OTHER, core_metadata=claim, requires_python=">=3.8", yanked="bad")
    untouched = make_file("flask-1.1.tar.gz", OTHER, core_metadata=claim)
    bench.lists(changed, untouched)

    page = await bench.page()

    expected = msgspec.structs.replace(
        changed, hashes=FILE.hashes, size=FILE.size, core_metadata=None
    )
    assert page.files == (expected, untouched)


async def test_bytes_that_changed_upstream_are_not_served(bench: Bench) -> None:
    """Who asks by the name gets the first bytes or none, whatever the page says now."""
    await bench.binds(CONTENT)
    bench.lists(make_file(NAME, OTHER))
    bench.door.files[NAME] = OTHER

    _, error = await read_error(await bench.stored.file(await bench.first()))
    await at_rest(bench.run)

    assert error == "Corrupt"
    assert bench.run.held == []


async def test_old_page_does_not_bind_a_name_anew(bench: Bench) -> None:
    """A reference from before the first use brings no second digest into the ledger."""
    await bench.binds(CONTENT)
    bench.door.files[NAME] = OTHER

    _, error = await read_error(await bench.stored.file(FileRef(FLASK, UNHASHED)))
    await at_rest(bench.run)

    row = await bench.evidence()
    assert error == "Conflict"
    assert digest_of(OTHER) in bench.stored.contradictions.latest
    assert row is not None
    assert row.sha256 == digest_of(CONTENT)
    assert bench.run.held == []


async def test_page_with_other_bytes_is_said_once(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """The operator reads which file, known as what since when, and offered as what by whom."""
    await bench.binds(CONTENT)
    bench.lists(make_file(NAME, OTHER))

    for _ in range(3):
        await bench.page()

    assert bench.stored.contradictions.seen == 1
    (sentence,) = [record.getMessage() for record in caplog.records]
    for part in (NAME, digest_of(CONTENT), digest_of(OTHER), DOOR, "in the ledger since 20"):
        assert part in sentence


async def test_page_without_a_digest_contradicts_nothing(bench: Bench) -> None:
    """What is not said is not wrong."""
    await bench.binds(CONTENT)
    bench.lists(UNHASHED)

    await bench.page()

    assert bench.stored.contradictions.seen == 0


async def test_newest_generation_counts(bench: Bench) -> None:
    """An audited command may accept other bytes; from then on those are the file's."""
    await bench.binds(CONTENT)
    await bench.binds(OTHER, generation=2)
    bench.lists(FILE)

    assert (await bench.first()).file.sha256 == digest_of(OTHER)


async def test_bytes_held_for_somebody_else_become_evidence_here(bench: Bench) -> None:
    """The same bytes under another name, or of another owner: no request, and a ledger row."""
    bench.lists(UNSIZED)
    await bench.run.store.put(CONTENT)
    revision = await bench.revision()

    content = await bench.fetch()

    row = await bench.evidence()
    assert (content, bench.door.requests) == (CONTENT, 0)
    assert row is not None
    assert (row.sha256, row.size, row.first_use) == (FILE.sha256, len(CONTENT), False)
    assert await bench.catalog.odd_paths.load("main", file_path(FLASK, FILE)) is not None
    assert await bench.revision() > revision


async def test_evidence_is_not_written_twice(bench: Bench) -> None:
    """When a file was first seen does not change with the next client."""
    bench.lists(FILE)
    await bench.fetch()
    first = await bench.evidence()
    bench.clock.forward(60)

    await bench.fetch()
    await bench.fetch()

    assert await bench.evidence() == first


async def test_for_so_many_files_the_ledger_is_not_asked_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A busy file costs no look into the ledger; what is remembered for that is bounded."""
    monkeypatch.setattr(stored, "_MAX_WRITTEN", 1)
    newer = make_file("flask-1.1.tar.gz", CONTENT)
    await bench.run.store.put(CONTENT)
    for file in (FILE, newer, newer):
        await bench.fetch(FileRef(FLASK, file))

    assert list(bench.stored._written) == [(FLASK, newer.filename)]


async def test_news_about_a_page_give_it_another_revision(bench: Bench) -> None:
    """Whoever keeps it rendered renders it again."""
    bench.lists(FILE)
    revision = await bench.revision()

    await bench.stored.learned(FLASK)

    assert await bench.revision() > revision


async def test_bytes_that_were_just_collected_become_no_evidence(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A collection took them, which nothing named, after they were found: no row without bytes."""
    bench.lists(FILE)
    store, ref = bench.run.store, await bench.first()
    digest = await store.put(CONTENT)
    found = await store.find(digest)
    look_now = LocalBlobs.look_now

    def look_and_lose(self: LocalBlobs, *args: object) -> object:
        seen = look_now(self, *args)  # type: ignore[arg-type]  # as it was called
        if seen is not None:
            self.remove_now(digest)
        return seen

    assert found is not None
    monkeypatch.setattr(LocalBlobs, "look_now", look_and_lose)
    await bench.stored.file(ref)

    assert await bench.evidence() is None
