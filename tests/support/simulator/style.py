"""How an index looks from outside: one record of switches, and five ready ones."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["AUTOINDEX", "BARE", "CORPORATE", "PYPI", "TWO_HOSTS", "Style"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """What the index offers and what it leaves out; make others with `dataclasses.replace`.

    The defaults are PyPI's. Every `bool` that is false takes one thing away.
    """

    json: bool = True
    """Offer `application/vnd.pypi.simple.v1+json`."""
    versioned_html: bool = True
    """Offer `application/vnd.pypi.simple.v1+html` beside `text/html`."""
    html: bool = True
    """Offer `text/html`; without it a client that cannot read JSON gets it all the same."""
    json_api: bool = True
    """Answer `/pypi/<project>/json`."""
    states_version: bool = True
    """`pypi:repository-version` on HTML pages."""
    sizes: bool = True
    """Without them a JSON page is of version 1.0, as PEP 700 has it."""
    hashes: bool = True
    dates: bool = True
    requires_python: bool = True
    yanks: bool = True
    metadata: bool = True
    """Advertise and serve `.metadata` files."""
    serials: bool = True
    """`X-PyPI-Last-Serial`, `_last-serial` and the comment at the end of HTML pages."""
    caching: bool = True
    """`ETag`, `Cache-Control` and answers 304."""
    ranges: bool = True
    """Answer `Range` requests for files with 206."""
    content_length: bool = True
    """State the length; otherwise the body goes out in chunks."""
    gzip: bool = False
    """Compress pages for clients that accept it."""
    links: Literal["absolute", "relative", "base-href"] = "absolute"
    """`base-href` is for HTML pages; JSON has relative links then."""
    separate_file_host: bool = False
    """Files are on the second listening port only, and links lead there."""
    layout: Literal["simple", "autoindex"] = "simple"
    """`autoindex`: pages are a web server's directory listings, and files lie beside them."""
    content_type: str | None = None
    """Sent with every page instead of the right one; `""` sends none at all."""


PYPI = Style()
"""Everything on, files on the same host so that a test has one address to think of."""

TWO_HOSTS = Style(separate_file_host=True, gzip=True)
"""As PyPI is in the wild: compressed pages, and files on a host of their own."""

CORPORATE = Style(
    json=False,
    versioned_html=False,
    json_api=False,
    states_version=False,
    sizes=False,
    hashes=False,
    dates=False,
    metadata=False,
    serials=False,
    caching=False,
    content_length=False,
    links="relative",
    content_type="text/html",
)
"""As a company's proxy gives it: HTML and names of files, and hardly a word more."""

BARE = Style(
    json=False,
    versioned_html=False,
    json_api=False,
    states_version=False,
    hashes=False,
    requires_python=False,
    yanks=False,
    metadata=False,
    serials=False,
    links="relative",
)
"""A hand-made index: relative links without hashes, but a decent web server under it."""

AUTOINDEX = Style(
    json=False,
    versioned_html=False,
    json_api=False,
    states_version=False,
    hashes=False,
    requires_python=False,
    yanks=False,
    metadata=False,
    serials=False,
    links="relative",
    layout="autoindex",
)
"""A directory listing with a Parent Directory link, sort links and shortened names."""
