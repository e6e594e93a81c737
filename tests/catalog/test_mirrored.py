"""What is remembered of mirrored projects, and what is held of each."""

import pytest

from wheelyard.catalog import Catalog, DocumentRow, HeldRow, MetadataRow
from wheelyard.catalog.mirrored import Failing, Filled, Heard, MirrorCounts, note_undone
from wheelyard.clock import FrozenClock, Instant
from wheelyard.decide.mirroring import State
from wheelyard.names import Filename, ProjectName, Sha256

pytestmark = pytest.mark.anyio

A, B, C = (ProjectName(name) for name in "abc")
DONE = State(B, listed_serial=2, done_serial=2, done_revision=7, done_for="all", done_at=Instant(9))
STUCK = State(A, failures=3, next_try_at=Instant(50.0), error="no answer")
GONE = State(C, gone_at=Instant(8.0))


async def test_states_are_walked_through_in_the_order_of_names(catalog: Catalog) -> None:
    """Those of the owner alone, each as it was saved last."""
    await catalog.mirrored.save("corp", [GONE, DONE, State(A)])
    await catalog.mirrored.save("corp", [STUCK])
    await catalog.mirrored.save("other", [State(ProjectName("x"))])

    assert await catalog.mirrored.walk("corp", list) == [STUCK, DONE, GONE]
    assert await catalog.mirrored.of_project("corp", B) == DONE
    assert await catalog.mirrored.of_project("corp", ProjectName("none")) is None


async def test_forgotten_projects_are_not_there(catalog: Catalog) -> None:
    """The others are; nothing to forget is no error."""
    await catalog.mirrored.save("corp", [STUCK, DONE])
    await catalog.mirrored.forget("corp", [A, C])
    await catalog.mirrored.forget("corp", [])
    await catalog.mirrored.save("corp", [])

    assert await catalog.mirrored.walk("corp", list) == [DONE]


async def test_end_of_a_reading_is_kept_per_owner(catalog: Catalog) -> None:
    """The next reading goes on from there."""
    heard = Heard("feed", "42", "everything")
    await catalog.mirrored.save_heard("corp", Heard("feed", "41", "everything"))
    await catalog.mirrored.save_heard("corp", heard)

    assert await catalog.mirrored.heard("corp") == heard
    assert await catalog.mirrored.heard("other") is None


async def test_counts_tell_what_is_not_complete(catalog: Catalog) -> None:
    """And what fails most often comes first."""
    await catalog.mirrored.save("corp", [STUCK, DONE, GONE])
    await catalog.mirrored.save("other", [State(C, failures=9, error="refused")])

    assert await catalog.mirrored.counts(["corp"]) == MirrorCounts(3, 1, 1)
    assert await catalog.mirrored.counts([]) == MirrorCounts()
    assert await catalog.mirrored.failing(5) == (
        Failing("other", C, 9, None, "refused"),
        Failing("corp", A, 3, Instant(50.0), "no answer"),
    )
    assert len(await catalog.mirrored.failing(1)) == 1


async def test_project_is_undone_when_something_of_it_is_removed(catalog: Catalog) -> None:
    """The next run looks at it again, and at no other."""
    await catalog.mirrored.save("corp", [STUCK, DONE])
    await catalog.write(note_undone, "corp", B)
    state = await catalog.mirrored.of_project("corp", B)

    assert state is not None
    assert (state.done_for, state.done_serial) == ("", 2)
    assert await catalog.mirrored.of_project("corp", A) == STUCK


async def test_filled_tells_what_is_held_of_a_project(catalog: Catalog, clock: FrozenClock) -> None:
    """Files with their digests, and what belongs to each; of `a-b` nothing."""
    now = clock.now()
    wheel, sdist = Filename("a-1.0-py3-none-any.whl"), Filename("a-1.0.tar.gz")
    rows = [("1" * 64, A, wheel), ("2" * 64, A, sdist), ("3" * 64, B, Filename("b-1.0.tar.gz"))]
    for digest, project, name in rows:
        await catalog.held.save(HeldRow(Sha256(digest), "corp", project, name, 1, now, now))
    await catalog.metadata_files.save(
        MetadataRow(Sha256("1" * 64), Sha256("4" * 64), 1, "upstream", now)
    )
    for key in (f"a/{wheel}", "a-b/other.whl", "a0/other.whl"):
        await catalog.documents.save(provenance(key, now))
    await catalog.held.note_unlisted("corp", A, {wheel}, now)

    assert await catalog.mirrored.filled("corp", A) == Filled(
        {wheel: Sha256("1" * 64), sdist: Sha256("2" * 64)},
        metadata=frozenset({wheel}),
        provenance=frozenset({wheel}),
        unlisted=frozenset({sdist}),
    )
    assert await catalog.mirrored.filled("corp", C) == Filled()


def provenance(name: str, now: Instant) -> DocumentRow:
    """Return a provenance object as it is kept."""
    return DocumentRow("corp", "provenance", name, "", now, now, body=b"{}")
