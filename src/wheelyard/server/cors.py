"""What lets scripts of any web page read what is public here.

Source: PyPI's own headers, on the simple pages and the JSON API; the Fetch standard, 3.3.
"""

from wheelyard.server.exchange import Header

__all__ = ["CORS"]

CORS: tuple[Header, ...] = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"GET"),
    (
        b"access-control-allow-headers",
        b"Content-Type, If-Match, If-Modified-Since, If-None-Match, If-Unmodified-Since",
    ),
    (b"access-control-max-age", b"86400"),
    (b"access-control-expose-headers", b"X-PyPI-Last-Serial"),
)
