"""Spelling: one normal form for every way to write a name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.spelling import normalise


@pytest.mark.parametrize("text", ["Acme.Core", "acme--core", "ACME_-._core", "acme-core"])
def test_spellings_of_one_name_have_one_form(text: str) -> None:
    """PEP 503: runs of separators count as one dash, and case does not count."""
    assert normalise(text) == "acme-core"


@given(st.text())
def test_normal_form_is_its_own(text: str) -> None:
    """Normalising twice changes nothing."""
    assert normalise(normalise(text)) == normalise(text)
