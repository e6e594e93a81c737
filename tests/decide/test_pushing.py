"""What another index's answers mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.decide.pushing import (
    MOST_ATTEMPTS,
    Meaning,
    judge_answer,
    retry_after_seconds,
    sentence_of,
)


@pytest.mark.parametrize(
    ("status", "reason", "text", "meaning"),
    [
        (200, "OK", "", Meaning.TAKEN),
        (201, "Created", "", Meaning.TAKEN),
        (301, "Moved Permanently", "", Meaning.MOVED),
        (308, "Permanent Redirect", "", Meaning.MOVED),
        (400, "File already exists (see the help)", "", Meaning.EXISTS),
        (400, "Bad Request", "<p>File Already Exists</p>", Meaning.EXISTS),
        (400, "Bad Request", "Repository does not allow updating assets", Meaning.EXISTS),
        (403, "Forbidden", "not enough permissions to overwrite artifact", Meaning.EXISTS),
        (409, "Conflict", "", Meaning.EXISTS),
        (400, "This filename was previously used by a file that was deleted", "", Meaning.REFUSED),
        (401, "Unauthorized", "", Meaning.REFUSED),
        (403, "Invalid or non-existent authentication information", "", Meaning.REFUSED),
        (413, "Content Too Large", "", Meaning.REFUSED),
        (429, "Too Many Requests", "", Meaning.PASSES),
        (500, "Internal Server Error", "already exists", Meaning.PASSES),
        (503, "Service Unavailable", "", Meaning.PASSES),
    ],
)
def test_answer_means_what_its_words_say(
    status: int, reason: str, text: str, meaning: Meaning
) -> None:
    """Source: the answers of PyPI, pypiserver, devpi, Nexus, Artifactory and GitLab."""
    assert judge_answer(status, reason, text) is meaning


def test_waits_grow_and_end() -> None:
    """A push does not hang for ever on an index that is down."""
    waits = [retry_after_seconds(attempts) for attempts in range(1, MOST_ATTEMPTS + 1)]

    assert waits == [1.0, 2.0, 4.0, 8.0, None]


@pytest.mark.parametrize(
    ("stated", "seconds"),
    [("30", 30.0), ("0", 1.0), ("9999", 120.0), ("Wed, 21 Oct 2026 07:28:00 GMT", 1.0), ("²", 1.0)],
)
def test_index_says_when_to_come_again(stated: str, seconds: float) -> None:
    """Within reason."""
    assert retry_after_seconds(1, stated) == seconds


@pytest.mark.parametrize(
    ("reason", "text", "sentence"),
    [
        ("File already exists", "<html>...</html>", "400 File already exists"),
        ("Bad Request", "<title>x</title><h1>Bad   name</h1>", "400 Bad name"),
        ("BAD REQUEST", "", "400 BAD REQUEST"),
        ("", "", "400 Bad Request"),
        ("a\x1b[31mb", "", "400 a?[31mb"),
    ],
)
def test_answer_is_told_in_one_line(reason: str, text: str, sentence: str) -> None:
    """Whatever the index puts it in, and without what a terminal would obey."""
    assert sentence_of(400, reason, text) == sentence


@given(st.integers(100, 999), st.text(), st.text())
def test_no_answer_is_beyond_words(status: int, reason: str, text: str) -> None:
    """Whatever another index says."""
    judge_answer(status, reason, text)

    assert sentence_of(status, reason, text).isprintable()
