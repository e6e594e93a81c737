"""Answer, not modified, absent, unavailable: every status is one of them."""

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.clock import Instant
from wheelyard.decide.absence import (
    Absent,
    Answer,
    Kind,
    NotModified,
    Unavailable,
    classify,
)

NOW = Instant(1_790_000_000.0)


@pytest.mark.parametrize("kind", list(Kind))
def test_200_is_an_answer(kind: Kind) -> None:
    """Whether the body is what it should be is for its parser to say."""
    assert classify(200, {}, kind, now=NOW) == Answer()


@pytest.mark.parametrize("kind", list(Kind))
def test_304_confirms_what_we_hold(kind: Kind) -> None:
    """The copy is as good as a new one."""
    assert classify(304, {}, kind, now=NOW) == NotModified()


@pytest.mark.parametrize("status", [404, 410])
@pytest.mark.parametrize("kind", list(Kind))
def test_404_and_410_alone_claim_absence(status: int, kind: Kind) -> None:
    """Absent is not unavailable: only these two say "not here"."""
    assert classify(status, {}, kind, now=NOW) == Absent()


@pytest.mark.parametrize(
    "status",
    [
        *(500, 501, 502, 503, 504, 520, 599),
        *(400, 401, 403, 405, 406, 407, 408, 416, 418, 429, 451),
        *(301, 302, 307, 204, 206, 100, 0),
    ],
)
def test_every_other_status_is_unavailable_with_a_reason(status: int) -> None:
    """In doubt there is an outage, never a gap in the index."""
    verdict = classify(status, {}, Kind.PAGE, now=NOW)

    assert isinstance(verdict, Unavailable)
    assert verdict.reason.startswith(f"the upstream answered {status}: ")
    assert verdict.reason.endswith(".")


@pytest.mark.parametrize("kind", [Kind.FILE, Kind.METADATA])
def test_206_is_an_answer_for_bytes_only(kind: Kind) -> None:
    """Files are fetched from where they broke off; half a page is none."""
    assert classify(206, {}, kind, now=NOW) == Answer(partial=True)


def test_403_is_absent_only_where_that_is_declared() -> None:
    """Object stores hide what is missing behind 403; for all others it is an outage."""
    verdict = classify(403, {}, Kind.FILE, now=NOW, forbidden_means_absent=True)

    assert verdict == Absent()
    assert isinstance(classify(403, {}, Kind.FILE, now=NOW), Unavailable)
    assert isinstance(
        classify(401, {}, Kind.FILE, now=NOW, forbidden_means_absent=True), Unavailable
    )


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("7", 7.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("86400", 600.0),
        ("9" * 400, 600.0),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        (formatdate(NOW + 30, usegmt=True), 30.0),
        (formatdate(NOW - 30, usegmt=True), 0.0),
        (formatdate(NOW + 86_400, usegmt=True), 600.0),
    ],
)
def test_retry_after_is_obeyed_within_ten_minutes(
    header: str | None, seconds: float | None
) -> None:
    """Seconds or a date; what is neither counts as not said."""
    headers = {} if header is None else {"retry-after": header}

    verdict = classify(503, headers, Kind.PAGE, now=NOW)

    assert isinstance(verdict, Unavailable)
    assert verdict.retry_seconds == seconds


@given(st.integers(min_value=0, max_value=999), st.text(max_size=40), st.sampled_from(Kind))
def test_any_answer_has_a_verdict(status: int, retry_after: str, kind: Kind) -> None:
    """There is no status and no header that is not classified."""
    verdict = classify(status, {"retry-after": retry_after}, kind, now=NOW)

    assert isinstance(verdict, Answer | NotModified | Absent | Unavailable)


@pytest.mark.parametrize(
    ("status", "failing"),
    [(500, "thing"), (503, "thing"), (429, "door"), (403, ""), (405, ""), (301, "")],
)
def test_no_answer_says_what_is_out_of_service(status: int, failing: str) -> None:
    """An error is about one thing, a limit about all of them, and a refusal about neither."""
    verdict = classify(status, {}, Kind.PAGE, now=NOW)

    assert isinstance(verdict, Unavailable)
    assert verdict.failing == failing
