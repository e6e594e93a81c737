"""How long an upstream's answer is fresh, and what to ask with next time."""

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.clock import Instant
from wheelyard.wire.http_cache import (
    Validators,
    lifetime_seconds,
    parse_cache_control,
    parse_http_date,
    parse_serial,
    validators,
)

NOW = Instant(1_790_000_000.0)
DAY = 86_400.0


def at(seconds: float) -> str:
    """Return the HTTP date of the moment ``seconds`` from now."""
    return formatdate(NOW + seconds, usegmt=True)


@pytest.mark.parametrize(
    ("header", "directives"),
    [
        (None, {}),
        ("", {}),
        ("max-age=600, public", {"max-age": "600", "public": ""}),
        ("Max-Age = 600", {"max-age": "600"}),
        ('private="set-cookie, x", max-age="5"', {"private": "set-cookie, x", "max-age": "5"}),
        ("max-age=1, max-age=2", {"max-age": "1"}),
        (",,; =", {}),
    ],
)
def test_directives_are_read_as_they_are_written(
    header: str | None, directives: dict[str, str]
) -> None:
    """Letter case, spaces and quotes do not matter; the first of two counts."""
    assert parse_cache_control(header) == directives


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"cache-control": "public"}, None),
        ({"cache-control": "max-age=600, public"}, 600.0),
        ({"cache-control": "max-age=600", "age": "100"}, 500.0),
        ({"cache-control": "max-age=600", "age": "700"}, 0.0),
        ({"cache-control": "max-age=600", "age": "old"}, 600.0),
        ({"cache-control": "max-age=600, s-maxage=30"}, 30.0),
        ({"cache-control": "max-age=600, no-cache"}, 0.0),
        ({"cache-control": 'max-age=600, no-cache="set-cookie"'}, 600.0),
        ({"cache-control": "no-store"}, 0.0),
        ({"cache-control": "max-age=-5"}, 0.0),
        ({"cache-control": "max-age=soon"}, 0.0),
        ({"cache-control": f"max-age={'9' * 400}"}, 365 * DAY),
        ({"pragma": "no-cache"}, 0.0),
        ({"pragma": "no-cache", "cache-control": "max-age=5"}, 5.0),
        ({"expires": at(300), "date": at(0)}, 300.0),
        ({"expires": at(300), "date": at(0), "age": "100"}, 200.0),
        ({"expires": at(-1), "date": at(0)}, 0.0),
        ({"expires": at(300)}, 300.0),
        ({"expires": "0"}, 0.0),
        ({"expires": at(300), "cache-control": "max-age=7"}, 7.0),
    ],
)
def test_lifetime_is_what_the_headers_leave_of_it(
    headers: dict[str, str], seconds: float | None
) -> None:
    """None only if the headers do not say; nonsense is "stale", never "for ever"."""
    assert lifetime_seconds(headers, NOW) == seconds


@pytest.mark.parametrize("shift", [-DAY, DAY])
def test_f34_wrong_clock_of_the_upstream_changes_nothing(shift: float) -> None:
    """``Expires`` counts from the upstream's own ``Date``, so a day more or less falls out."""
    headers = {"date": at(shift), "expires": at(shift + 300)}

    assert lifetime_seconds(headers, NOW) == 300.0


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777.0),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777.0),
        ("Sun Nov  6 08:49:37 1994", 784_111_777.0),
        ("", None),
        ("yesterday", None),
        ("Sun, 99 Nov 1994 08:49:37 GMT", None),
        ("Sun, 06 Nov 99999 08:49:37 GMT", None),
        ("Sun, 06 Nov 1994 08:49:37 GMT" + " " * 90, None),
    ],
)
def test_http_date_is_a_moment_or_none(text: str, moment: float | None) -> None:
    """All three forms of the standard, and nothing else."""
    assert parse_http_date(text) == moment


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, Validators()),
        ({"etag": '"abc"'}, Validators(etag='"abc"')),
        ({"etag": 'W/"abc"'}, Validators(etag='W/"abc"')),
        ({"etag": "abc"}, Validators()),
        ({"etag": '"a"\r\nX: y"'}, Validators()),
        ({"etag": '"' + "a" * 500 + '"'}, Validators()),
        ({"last-modified": at(0)}, Validators(last_modified=at(0))),
        ({"last-modified": "recently"}, Validators()),
    ],
)
def test_only_proper_validators_are_sent_back(
    headers: dict[str, str], expected: Validators
) -> None:
    """What an upstream wrote into its headers does not get into our requests unread."""
    assert validators(headers) == expected


@pytest.mark.parametrize(
    ("headers", "serial"),
    [
        ({}, None),
        ({"x-pypi-last-serial": "123"}, 123),
        ({"x-pypi-last-serial": " 0 "}, 0),
        ({"x-pypi-last-serial": "-1"}, None),
        ({"x-pypi-last-serial": "new"}, None),
        ({"x-pypi-last-serial": "9" * 30}, None),
    ],
)
def test_c62_serial_of_an_answer_is_its_header(headers: dict[str, str], serial: int | None) -> None:
    """A number that fits, or none."""
    assert parse_serial(headers) == serial


@given(
    st.dictionaries(
        st.sampled_from(["cache-control", "expires", "date", "age", "pragma", "etag"]),
        st.text(max_size=60),
    )
)
def test_any_headers_give_a_lifetime_within_bounds(headers: dict[str, str]) -> None:
    """Nothing that an upstream writes makes an answer eternal or negative."""
    seconds = lifetime_seconds(headers, NOW)

    assert seconds is None or 0 <= seconds <= 365 * DAY
