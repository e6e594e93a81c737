"""Contradictions: said once, with everything that a person needs to ask about it."""

from dataclasses import replace

import pytest

from wheelyard.names import ProjectName, parse_filename
from wheelyard.repository import contradictions as room
from wheelyard.repository.contradictions import Contradictions, Offer

OFFER = Offer(
    ProjectName("demo"),
    parse_filename("demo-1.0.tar.gz"),
    known="sha256 aaaa",
    offered="sha256 bbbb",
    source="https://mirror.example/simple/",
    since="in the ledger since 2026-11-01, from files.index.example",
)


def test_error_and_sentence_name_file_digests_and_source(caplog: pytest.LogCaptureFixture) -> None:
    """The operator can go and ask: which file, known as what, offered as what, by whom."""
    noted = Contradictions()

    error = str(noted.note(OFFER))

    for part in ("demo-1.0.tar.gz", "sha256 aaaa", "sha256 bbbb", "https://mirror.example/simple/"):
        assert part in error
        assert part in caplog.text
        assert part in noted.latest
    assert "in the ledger since 2026-11-01" in caplog.text


def test_same_offer_is_said_and_counted_once(caplog: pytest.LogCaptureFixture) -> None:
    """A page is read every few minutes."""
    noted = Contradictions()
    for _ in range(3):
        noted.note(OFFER)
    noted.note(replace(OFFER, offered="sha256 cccc"))

    assert noted.seen == 2
    assert len(caplog.records) == 2


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever makes up digests all day long fills no memory; the oldest are said again."""
    monkeypatch.setattr(room, "_MAX_REMEMBERED", 2)
    noted = Contradictions()
    for offered in ("b", "c", "d", "b"):
        noted.note(replace(OFFER, offered=offered))

    assert noted.seen == 4
