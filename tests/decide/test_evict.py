"""What goes and what stays, as a table."""

from dataclasses import replace

import pytest

from wheelyard.clock import Instant
from wheelyard.decide.evict import (
    Blob,
    Name,
    Quota,
    Reason,
    Rules,
    is_evictable,
    low_water,
    plan_collection,
    plan_eviction,
)
from wheelyard.names import Filename, ProjectName, Sha256

RULES = Rules(grace_seconds=100.0, orphan_seconds=50.0)
NOW = Instant(1_000.0)
LISTED = Name("corp", ProjectName("demo"), Filename("demo-1.0.tar.gz"), Instant(500.0))
LOST = replace(LISTED, gone_at=Instant(900.0))
JUST_LOST = replace(LISTED, gone_at=Instant(900.1))
OURS = replace(LISTED, owner="hosted:main", is_ours=True)
DELETED = replace(OURS, gone_at=Instant(10.0))
BLOB = Blob(Sha256("a" * 64), 10, written_at=Instant(1.0))


def named(*names: Name, **changes: object) -> Blob:
    """Return a blob with these names."""
    return replace(BLOB, names=names, **changes)  # type: ignore[arg-type]  # any field


@pytest.mark.parametrize(
    ("blob", "expected"),
    [
        pytest.param(named(), (Reason.ORPHAN, 0, True), id="nothing names it"),
        pytest.param(named(written_at=Instant(950.1)), None, id="it may be on its way in"),
        pytest.param(named(written_at=None), None, id="there is no file"),
        pytest.param(named(is_beside=True), None, id="metadata of something"),
        pytest.param(named(is_pinned=True), None, id="a pin alone names it"),
        pytest.param(named(LISTED), None, id="its page lists it"),
        pytest.param(named(JUST_LOST), None, id="the grace period lasts"),
        pytest.param(named(LOST), (Reason.UNLISTED, 1, True), id="the grace period is over"),
        pytest.param(named(LOST, is_pinned=True), None, id="pinned, whatever upstream does"),
        pytest.param(named(LOST, is_beside=True), (Reason.UNLISTED, 1, False), id="also metadata"),
        pytest.param(named(LISTED, LOST), (Reason.UNLISTED, 1, False), id="one of two names"),
        pytest.param(named(LOST, LOST), (Reason.UNLISTED, 2, True), id="the last of two names"),
        pytest.param(named(OURS), None, id="a file of ours"),
        pytest.param(named(DELETED), (Reason.DELETED, 1, True), id="deleted here"),
        pytest.param(named(DELETED, LISTED), (Reason.DELETED, 1, False), id="another has it"),
    ],
)
def test_blob_goes_when_nobody_can_miss_it(
    blob: Blob, expected: tuple[Reason, int, bool] | None
) -> None:
    """Each rule of collection, and each reason to stay."""
    removal = plan_collection(blob, RULES, NOW)

    found = None if removal is None else (removal.reason, len(removal.names), removal.takes_blob)
    assert found == expected


EVERYBODY = Quota("everything", max_bytes=100, used_bytes=130)
CORP = replace(EVERYBODY, name="main", owners=frozenset({"corp", "hosted:main"}))
ELSEWHERE = replace(LISTED, owner="other")


@pytest.mark.parametrize(
    ("blob", "quota", "expected"),
    [
        pytest.param(named(LISTED), EVERYBODY, True, id="listed"),
        pytest.param(named(LISTED), CORP, True, id="listed, of a covered owner"),
        pytest.param(named(ELSEWHERE), CORP, False, id="of another index"),
        pytest.param(named(LISTED, ELSEWHERE), CORP, True, id="one of the names counts"),
        pytest.param(named(OURS), EVERYBODY, False, id="a file of ours"),
        pytest.param(named(OURS, LISTED), EVERYBODY, False, id="ours and somebody else's"),
        pytest.param(named(JUST_LOST), EVERYBODY, False, id="no page lists it"),
        pytest.param(named(LISTED, is_pinned=True), EVERYBODY, False, id="pinned"),
        pytest.param(named(), EVERYBODY, False, id="nothing names it"),
    ],
)
def test_quota_spares_what_could_be_missed(blob: Blob, quota: Quota, *, expected: bool) -> None:
    """A-14: unpinned, not private, to be fetched again."""
    assert is_evictable(blob, quota) is expected


@pytest.mark.parametrize(
    ("max_bytes", "used_bytes", "expected"), [(100, 100, 0), (100, 101, 6), (0, 10, 10)]
)
def test_excess_goes_down_to_the_low_water_mark(
    max_bytes: int, used_bytes: int, expected: int
) -> None:
    """Not every download evicts: there is room for some more afterwards."""
    assert Quota("all", max_bytes, used_bytes).excess_bytes == expected


def test_low_water_mark_is_below_the_quota() -> None:
    """And not by much: people paid for the disk."""
    assert low_water(1_000) == 950


def test_longest_unused_go_until_enough_is_free() -> None:
    """In their order; the pinned one in between stays."""
    blobs = [named(LISTED), named(LISTED, is_pinned=True), named(LISTED), named(LISTED)]

    found = list(plan_eviction(blobs, EVERYBODY, 15))

    assert [removal.blob for removal, _ in found] == [blobs[0], blobs[2]]
    assert [left for _, left in found] == [5, -5]
    assert {removal.reason for removal, _ in found} == {Reason.QUOTA}


def test_name_outside_of_the_quota_keeps_the_bytes() -> None:
    """Another index still has them; the quota counts them no more."""
    [(removal, _)] = plan_eviction([named(LISTED, ELSEWHERE)], CORP, 1)

    assert (removal.names, removal.takes_blob, removal.freed_bytes) == ((LISTED,), False, 0)


def test_removal_of_bytes_frees_them() -> None:
    """A row without a file makes no room."""
    taken = plan_collection(named(LOST), RULES, NOW)
    row = plan_collection(named(LOST, written_at=None), RULES, NOW)

    assert taken is not None
    assert row is not None
    assert (taken.freed_bytes, row.freed_bytes) == (10, 0)


def test_last_use_is_the_latest_of_all_names() -> None:
    """Somebody may know the same bytes under another name."""
    later = replace(ELSEWHERE, last_used_at=Instant(700.0))

    assert named(LISTED, later).last_used_at == 700.0
    assert named().last_used_at == 0.0
