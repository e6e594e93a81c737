"""Which format a log is in."""

import pytest

from support.access_logs import DATA
from wheelyard.wire.access_logs.detecting import detect_format, detect_line

NAMES = {
    "apache-combined.log": "combined",
    "apache-vhost-combined.log": "vhost-combined",
    "nginx-combined.log": "combined",
    "nginx-cache.log": "combined",
    "wheelyard.log": "combined",
    "cloudfront-12.log": "cloudfront",
    "cloudfront-reordered.log": "cloudfront",
    "cloudfront-v2-w3c.log": "cloudfront",
    "cloudfront-v2-json.log": "cloudfront-json",
    "cloudfront-v2-plain.log": None,
    "fastly.log": "fastly",
    "fastly-syslog.log": "fastly",
    "haproxy.log": "haproxy",
    "damaged-combined.log": "combined",
}
COMBINED = '[31/Jan/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "x"'


@pytest.mark.parametrize(("name", "form"), NAMES.items())
def test_format_of_a_log_is_found_out(name: str, form: str | None) -> None:
    """Columns that nothing names are the only ones that are not."""
    found = detect_format((DATA / name).read_bytes())

    assert (None if found is None else found.name) == form


def test_first_line_that_tells_decides() -> None:
    """Whatever stands before it."""
    found = detect_format(b"started\n\n\0\0{}\n- - - " + COMBINED.encode() + b"\n")

    assert found is not None
    assert found.name == "combined"


@pytest.mark.parametrize(
    ("start", "form"),
    [
        ("192.0.2.1 - -", "combined"),
        ("2001:db8::1 - ann of the team", "combined"),
        ("- - -", "combined"),
        ("host.example - -", "combined"),
        ("index.example:443 192.0.2.1 - -", "vhost-combined"),
        ("cafe.example 2001:db8::1 - ann", "vhost-combined"),
        ("192.0.2.9 192.0.2.1 - -", "vhost-combined"),
        ("index.example:443 - - -", "vhost-combined"),
    ],
)
def test_virtual_host_is_told_from_an_address(start: str, form: str) -> None:
    """By what stands behind it."""
    found = detect_line(f"{start} {COMBINED}")

    assert found is not None
    assert found.name == form


def test_columns_without_a_heading_are_known_by_their_number() -> None:
    """If there ever were as many."""
    assert detect_line("\t".join(["2026-01-31", *["-"] * 32])) is not None
    assert detect_line("\t".join(["2026-01-31", *["-"] * 6])) is None


@pytest.mark.parametrize("line", ["", "hello", "{}", '{"message": "x"}', "[31/Jan/2026]", "\0" * 9])
def test_line_of_something_else_tells_nothing(line: str) -> None:
    """There are logs of everything."""
    assert detect_line(line) is None
