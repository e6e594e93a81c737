"""CloudFront: it forgets by path.

The function before it (``publish/serving/cloudfront_function.py``) leads the address of a page to
one of its forms, and then both the address and the forms have to be named. A page costs one path
while there are few, because what ends in `*` counts as one; but few of those may be under way at a
time, so that many pages are written out, and too many are everything.
Source: the developer guide of CloudFront, "What you need to know when invalidating files",
"Concurrent invalidation request maximum".
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote
from xml.sax.saxutils import escape

from wheelyard.clock import Clock
from wheelyard.errors import Unavailable
from wheelyard.publish.purging.aws_signature import AwsCredentials, AwsRequest, sign_request
from wheelyard.publish.purging.purger import Poster, PurgeBatch, Purged

__all__ = [
    "CLOUDFRONT_URL",
    "MOST_PATHS",
    "CloudFrontPurger",
    "invalidation_url",
    "render_invalidation",
    "select_paths",
]

CLOUDFRONT_URL: Final = "https://cloudfront.amazonaws.com"
MOST_PATHS: Final = 3_000
"""How many single paths may be under way at a time."""
MOST_WILDCARDS: Final = 10
"""CloudFront has 15 under way at a time, some of which may be those of a moment ago."""

_VERSION: Final = "2020-05-31"
_CREATED: Final = range(200, 202)
_PAGE: Final = re.compile(r"/simple/(?:[^/]+/)?")
_FORMS: Final = ("index.html", "index.html.gz", "index.json", "index.json.gz")
_REASONS: Final = {
    400: "it does not take the request, or too many invalidations are under way",
    403: "its credentials may not create invalidations (`cloudfront:CreateInvalidation`)",
    404: "it has no distribution with the id in `purge_cloudfront`",
}


@dataclass(frozen=True, slots=True)
class CloudFrontPurger:
    """Invalidates paths of one distribution.

    ``url`` is that of the client; ``prefix`` the path of the tree's address, such as `/python`.
    """

    client: Poster
    distribution: str
    credentials: AwsCredentials
    clock: Clock
    url: str
    prefix: str = ""
    has_views: bool = False

    @property
    def name(self) -> str:
        """What the catalog calls it."""
        return f"cloudfront:{self.distribution}"

    @property
    def shown(self) -> str:
        """What people are told that it is."""
        return f"CloudFront's distribution {self.distribution}"

    @property
    def batch_size(self) -> int:
        """As many as there may be paths."""
        return MOST_PATHS

    async def purge(self, batch: PurgeBatch) -> Purged:
        """Invalidate the paths of the batch, or everything if that is more than may be named.

        Raises:
            Unavailable: CloudFront did not take it.
        """
        starts = [self.prefix, *(["", "/views/a", "/views/b"] if self.has_views else [""])]
        paths = select_paths(batch.paths, list(dict.fromkeys(starts)))
        is_all = batch.owed > len(batch.paths) or len(paths) > MOST_PATHS
        body = render_invalidation(["/*"] if is_all else paths, batch.identity)
        request = AwsRequest(
            self.url,
            region="us-east-1",
            service="cloudfront",
            headers={"Content-Type": "text/xml"},
            body=body,
        )
        headers = sign_request(request, self.credentials, self.clock.now())
        status = await self.client.post(body, headers)
        if status not in _CREATED:
            reason = _REASONS.get(status, f"it answered with status {status}")
            raise Unavailable(self.shown, f"{reason}.")
        return Purged.EVERYTHING if is_all else Purged.THESE


def invalidation_url(distribution: str, endpoint: str = CLOUDFRONT_URL) -> str:
    """Return the address at which invalidations of a distribution are created."""
    return f"{endpoint}/{_VERSION}/distribution/{distribution}/invalidation"


def select_paths(paths: Sequence[str], starts: Iterable[str]) -> list[str]:
    """Return what has to be named so that these addresses are forgotten, and nothing else.

    ``starts`` are what stands before an address: that of the clients, and those of the objects.
    """
    both = [(start, path) for start in starts for path in paths]
    short = [each for start, path in both for each in _short(start, path)]
    if sum(each.endswith("*") for each in short) <= MOST_WILDCARDS:
        return _quoted(short)
    return _quoted(each for start, path in both for each in _long(start, path))


def render_invalidation(paths: Sequence[str], reference: str) -> bytes:
    """Return the body that asks for an invalidation.

    CloudFront does not begin the same ``reference`` twice.
    """
    items = "".join(f"<Path>{escape(path)}</Path>" for path in paths)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<InvalidationBatch xmlns="http://cloudfront.amazonaws.com/doc/{_VERSION}/">'
        f"<CallerReference>{escape(reference)}</CallerReference>"
        f"<Paths><Items>{items}</Items><Quantity>{len(paths)}</Quantity></Paths>"
        "</InvalidationBatch>"
    ).encode()


def _short(start: str, path: str) -> Iterator[str]:
    """Yield the fewest names of an address: what is below the page of a project is its forms."""
    if path == "/simple/":  # below it are all projects
        yield start + path
        yield f"{start}{path}index.*"
    elif _PAGE.fullmatch(path):
        yield f"{start}{path}*"
    else:
        yield start + path


def _long(start: str, path: str) -> Iterator[str]:
    """Yield the names of an address without a star."""
    yield start + path
    if _PAGE.fullmatch(path):
        for form in _FORMS:
            yield f"{start}{path}{form}"


def _quoted(paths: Iterable[str]) -> list[str]:
    """Return the paths as addresses have them, each once."""
    return list(dict.fromkeys(quote(path, safe="/*-_.~") for path in paths))
