"""Logs of HAProxy, with what was captured."""

import pytest

from wheelyard.errors import BadInput
from wheelyard.wire.access_logs.entry import CacheResult, LogEntry
from wheelyard.wire.access_logs.haproxy import HaproxyReader, is_haproxy

WITH_SYSLOG = (
    "Jan 31 12:00:00 edge haproxy[812]: 192.0.2.10:50123 [31/Jan/2026:12:00:00.655] index "
    "files/s1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {index.example} {} "
    '"GET /simple/ HTTP/1.1"'
)


def line(captured: str = "", server: str = "s1", status: str = "200", more: str = "") -> str:
    """Return a line with these parts."""
    return (
        f"2001:db8::17:33317 [31/Jan/2026:12:00:00.125] front~ files/{server} 10/0/30/69/109 "
        f"{status} 2750 - - ---- 1/1/1/1/0 0/0 {captured}"
        f'"GET https://index.example/a#7Bb?c=d HTTP/2.0"{more}'
    )


def test_line_behind_a_header_of_syslog_is_read() -> None:
    """In the form of the manual: "HTTP log format"."""
    entry = HaproxyReader().read(WITH_SYSLOG)

    assert (entry.method, entry.raw_path, entry.protocol) == ("GET", "/simple/", "HTTP/1.1")
    assert (entry.status, entry.bytes_sent, entry.body_bytes) == (200, 2750, None)
    assert (entry.host, entry.client) == ("index.example", "192.0.2.10")


def test_target_with_a_host_is_taken_apart() -> None:
    """So are requests of HTTP/2 logged; the address may be of IPv6."""
    entry = HaproxyReader().read(line())

    assert (entry.host, entry.raw_path, entry.query) == ("index.example", "/a{b", "c=d")
    assert entry.client == "2001:db8::17"


def test_captured_headers_are_guessed_by_what_they_look_like() -> None:
    """The log does not say in which order they are."""
    for order in (
        "{index.example:8443|pip/24.0 #7B#22ci#22:null#7D|https://index.example/x} ",
        "{pip/24.0 #7B#22ci#22:null#7D|index.example:8443||https://index.example/x} {text/html} ",
    ):
        entry = HaproxyReader().read(line(order))
        assert entry.user_agent == 'pip/24.0 {"ci":null}'
        assert (entry.host, entry.referer) == ("index.example:8443", "https://index.example/x")


def test_captured_headers_are_known_if_they_are_named() -> None:
    """Then nothing is guessed."""
    reader = HaproxyReader(["Referer", "User-Agent"])
    entry = reader.read(line("{index.example|odd.program} "))

    assert (entry.referer, entry.user_agent) == ("index.example", "odd.program")
    assert entry.host == "index.example"


@pytest.mark.parametrize(
    ("server", "cache"),
    [("<CACHE>", CacheResult.HIT), ("<NOSRV>", CacheResult.OTHER), ("s1", CacheResult.MISS)],
)
def test_server_says_what_the_cache_did(server: str, cache: CacheResult) -> None:
    """In brackets it is HAProxy itself."""
    assert HaproxyReader().read(line(server=server)).cache is cache


def test_client_that_left_has_no_status() -> None:
    """HAProxy writes -1."""
    assert HaproxyReader().read(line(status="-1")).status == 0


def test_bad_request_is_an_entry() -> None:
    """Nothing is known of it but its status."""
    bad = line(status="400").replace("GET https://index.example/a#7Bb?c=d HTTP/2.0", "<BADREQ>")
    entry = HaproxyReader().read(bad)

    assert (entry.method, entry.raw_path, entry.status) == ("", "", 400)


def test_what_comes_behind_is_not_looked_at() -> None:
    """`option httpslog` has more."""
    more = " 0/0000000000000000/0/0/0 index.example/TLSv1.3/TLS_AES_256_GCM_SHA384"

    assert isinstance(HaproxyReader().read(line(more=more)), LogEntry)


@pytest.mark.parametrize(
    "text", ["", "x", WITH_SYSLOG[:-1], WITH_SYSLOG[:80], WITH_SYSLOG.replace("200", "OK")]
)
def test_other_line_is_refused(text: str) -> None:
    """Also one that was cut off."""
    assert not is_haproxy(text)
    with pytest.raises(BadInput):
        HaproxyReader().read(text)
