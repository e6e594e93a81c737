"""The note about a fill: what is written is what is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blobs.fakes import KIB
from wheelyard.blobs.progress import Ending, Progress

DIGEST = "ab" * 32
LENGTHS = st.integers(0, 2**60)


@given(
    edition=st.integers(0, 2**63),
    released=LENGTHS,
    size=st.none() | LENGTHS,
    ending=st.sampled_from([Ending.RUNNING, Ending.FAILED]),
    reason=st.text(st.characters(codec="utf-8"), max_size=200),
)
def test_note_says_what_was_written(
    edition: int, released: int, size: int | None, ending: Ending, reason: str
) -> None:
    """Nothing is lost on the way to another process."""
    progress = Progress(edition, released, size, ending, reason=reason)

    assert Progress.unpack(progress.pack()) == progress


@pytest.mark.parametrize("ending", [Ending.PROVEN, Ending.KEEPING])
def test_note_of_proven_bytes_has_their_digest(ending: Ending) -> None:
    """Others find the blob by it."""
    progress = Progress(7, 10, 10, ending, DIGEST)

    assert Progress.unpack(progress.pack()) == progress


def test_note_behind_a_longer_one_is_read_alone() -> None:
    """What an earlier, longer note left behind the new one does not count."""
    long = Progress(1, 5, None, Ending.FAILED, reason="x" * 300).pack()
    short = Progress(2, 6).pack()

    assert Progress.unpack(short + long[len(short) :]) == Progress(2, 6)


@given(st.binary(max_size=200))
def test_anything_else_is_no_note(note: bytes) -> None:
    """A file with something else in it tells nothing, and harms nobody."""
    assert Progress.unpack(note) is None


@given(st.integers(0, 400))
def test_note_caught_half_written_is_no_note(torn: int) -> None:
    """A reader that looks in the middle of a write sees no news."""
    old = Progress(1, 100, 900, Ending.FAILED, reason="one").pack().ljust(400, b"\0")
    new = Progress(2, 200, 800, Ending.FAILED, reason="two").pack().ljust(400, b"\0")

    seen = Progress.unpack(new[:torn] + old[torn:])

    assert seen in {None, Progress.unpack(old), Progress.unpack(new)}


@pytest.mark.parametrize(
    ("progress", "stop", "end"),
    [
        pytest.param(Progress(1, 500 * KIB), None, 500 * KIB, id="whole"),
        pytest.param(Progress(1, 500 * KIB), 900 * KIB, 500 * KIB, id="not-that-far"),
        pytest.param(Progress(1, 500 * KIB), 500 * KIB, 436 * KIB, id="part-holds-back-its-end"),
        pytest.param(Progress(1, 500 * KIB), 10 * KIB, -54 * KIB, id="small-part-waits"),
        pytest.param(
            Progress(1, 500 * KIB, 500 * KIB, Ending.PROVEN), 10 * KIB, 10 * KIB, id="proven"
        ),
        pytest.param(
            Progress(1, 500 * KIB, 500 * KIB, Ending.PROVEN), 900 * KIB, 500 * KIB, id="past-end"
        ),
    ],
)
def test_last_block_of_what_is_asked_for_is_held_back(
    progress: Progress, stop: int | None, end: int
) -> None:
    """No answer is complete before the proof, not even a part of the file."""
    assert progress.end_for(stop) == end


def test_ending_is_final_when_nothing_follows() -> None:
    """Bytes that are being kept may still be refused."""
    final = [ending for ending in Ending if ending.is_final]

    assert final == [Ending.PROVEN, Ending.FAILED, Ending.UNKEPT]
