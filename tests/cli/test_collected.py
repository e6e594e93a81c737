"""The result of ``wheelyard gc`` on a terminal."""

from pathlib import Path

import pytest

from wheelyard.cli.collected import progress_line, show_collected
from wheelyard.mirror import Collection
from wheelyard.mirror.gc import Collected, QuotaReport

DATA = Path("data")
NOTHING = dict.fromkeys(("orphan", "deleted", "unlisted", "quota", "leftover"), Collected())


def shown(capsys: pytest.CaptureFixture[str], collection: Collection) -> str:
    """Return what is written, without the spaces at the ends of lines."""
    show_collected(DATA, collection)
    return "\n".join(line.rstrip() for line in capsys.readouterr().out.splitlines())


def test_nothing_to_collect(capsys: pytest.CaptureFixture[str]) -> None:
    """One line."""
    collection = Collection(is_dry_run=False, reasons=NOTHING)

    assert shown(capsys, collection) == "Nothing to collect in data."


def test_what_went_is_a_table_by_reason(capsys: pytest.CaptureFixture[str]) -> None:
    """With the reasons there were, a sum, and what is worth knowing besides."""
    reasons = {**NOTHING, "orphan": Collected(1, 1024**2), "quota": Collected(2_000, 3 * 1024**3)}
    collection = Collection(is_dry_run=False, reasons=reasons, unlisted=1, busy=2)

    assert (
        shown(capsys, collection)
        == """\
Why                                 Files  Room
nothing names it                    1      1.0 MiB
beyond a quota, and longest unused  2,000  3.0 GiB

2,001 files, 3.0 GiB, gone from data.
1 file found to be on no page any more.
2 files left alone: somebody fetches them now."""
    )


@pytest.mark.parametrize(
    ("quota", "expected"),
    [
        (
            QuotaReport("the main index", 2 * 1024**2, 3 * 1024**2, 1024**2),
            "the main index: 1.0 MiB of 2.0 MiB.",
        ),
        (
            QuotaReport("everything", 1024**2, 2 * 1024**2, 2 * 1024**2, 3, ("corp",)),
            (
                "everything: 2.0 MiB of 1.0 MiB. Nobody answers at `corp` now, so nothing of it "
                "was evicted. That is too much, and what is left is pinned, your own, or could "
                "not be fetched again: unpin or delete something, or raise the quota."
            ),
        ),
    ],
)
def test_quota_is_a_line(
    capsys: pytest.CaptureFixture[str], quota: QuotaReport, expected: str
) -> None:
    """What is used, and what to do if that is too much."""
    collection = Collection(is_dry_run=True, reasons=NOTHING, quotas=(quota,))

    assert shown(capsys, collection).endswith(f"\n{expected}")


def test_progress_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """On standard error, so that the result can be piped."""
    with progress_line() as tell:
        tell(128)

    assert capsys.readouterr().out == ""
