"""Problems refuse, warnings go along, and nothing is told twice."""

import pytest

from wheelyard.errors import BadInput
from wheelyard.upload.findings import Findings


def test_findings_are_added_without_repeats() -> None:
    """In the order in which they were found."""
    found = Findings(("a", "b"), ("x",)) + Findings(("b", "c"), ("x",))

    assert (found.problems, found.warnings) == (("a", "b", "c"), ("x",))


def test_tolerable_sentences_refuse_only_where_rules_are_strict() -> None:
    """The same words in both places (A-63)."""
    assert Findings.tolerable(["a"], strict=True) == Findings(problems=("a",))
    assert Findings.tolerable(["a"], strict=False) == Findings(warnings=("a",))


def test_problems_are_raised_together() -> None:
    """Warnings alone raise nothing."""
    Findings(warnings=("x",)).raise_problems()

    with pytest.raises(BadInput) as caught:
        Findings(("a", "b")).raise_problems()

    assert caught.value.problems == ("a", "b")
