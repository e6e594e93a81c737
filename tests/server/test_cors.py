"""Scripts of other web pages may read what is public."""

from wheelyard.server.cors import CORS


def test_everybody_may_read_and_nobody_write() -> None:
    """Without credentials: any origin, one method, the headers of a conditional request."""
    headers = dict(CORS)

    assert headers[b"access-control-allow-origin"] == b"*"
    assert headers[b"access-control-allow-methods"] == b"GET"
    assert b"If-None-Match" in headers[b"access-control-allow-headers"].split(b", ")
    assert headers[b"access-control-expose-headers"] == b"X-PyPI-Last-Serial"
    assert b"access-control-allow-credentials" not in headers
