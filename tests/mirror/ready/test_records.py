"""The records: when it is ready, and whose a file is."""

import pytest

from wheelyard.mirror.ready.records import Judgement, Missing, TargetJudgement
from wheelyard.names import ProjectName

MISSING = Missing(ProjectName("lib"), "1.0", "lib-1.0.tar.gz", "it is not held")


def target(**changes: object) -> TargetJudgement:
    """Return the judgement of a target."""
    return TargetJudgement("Python 3.12", "3.12", "win32", 2, 2, **changes)  # type: ignore[arg-type]  # any field


@pytest.mark.parametrize(
    ("judged", "is_ready"),
    [
        (target(), True),
        (target(notes=("An older one.",)), True),
        (target(missing=(MISSING,)), False),
        (target(problems=("It does not resolve.",)), False),
    ],
)
def test_target_is_ready_if_nothing_is_missing(judged: TargetJudgement, *, is_ready: bool) -> None:
    """A note is none of it."""
    assert judged.is_ready == is_ready


def test_all_targets_have_to_be_ready() -> None:
    """One that is not is enough."""
    targets = (target(), target(missing=(MISSING,)))

    assert not Judgement("app", 5.0, targets).is_ready
    assert Judgement("app", 5.0, targets[:1]).is_ready
