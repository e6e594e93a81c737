"""What a configuration is made for: where the tree is, under which address, behind what."""

import re
from dataclasses import dataclass, fields
from typing import Final, Literal, get_args

from wheelyard.errors import BadInput

__all__ = ["KINDS", "Kind", "Site"]

Kind = Literal["nginx", "nginx-front", "apache", "caddy", "cloudfront"]
"""What serves the tree; `nginx-front` is nginx before a running server."""

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

_SHAPES: Final = {
    "tree": (re.compile(r"/[\w./+@-]*"), "an absolute path without spaces, such as `/srv/tree`"),
    "host": (re.compile(r"[\w.:-]+"), "the name of a host"),
    "listen": (re.compile(r"(?:[\w.-]+:|\[[0-9A-Fa-f:]+\]:)?[0-9]{1,5}"), "a port"),
    "prefix": (re.compile(r"(?:/[\w.~-]+)*"), "a path such as `/python`, without a final slash"),
    "server": (re.compile(r"(?:[\w.-]+|\[[0-9A-Fa-f:]+\]):[0-9]{1,5}"), "`host:port`"),
    "bucket": (re.compile(r"[a-z0-9.-]{3,63}"), "the name of a bucket"),
    "distribution": (re.compile(r"[\w:/.-]+"), "the ARN of a distribution"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The values of a configuration that are an operator's own.

    ``tree`` is the directory that was published to. ``prefix`` is the path below which the tree is
    served, empty for the root of ``host``. ``server`` is the running server that the front leads
    to. The rest is for CloudFront: ``bucket``, ``distribution``, whether the tree in the bucket
    has views, and whether it has each page in gzip, however small the page is.

    Raises:
        BadInput: a value would not be one value in a configuration.
    """

    tree: str = "/srv/packages"
    host: str = "packages.example"
    listen: str = "80"
    prefix: str = ""
    page_max_age_seconds: int = 600
    server: str = "127.0.0.1:8765"
    bucket: str = "packages-example"
    distribution: str = "arn:aws:cloudfront::111122223333:distribution/EXAMPLE"
    has_views: bool = False
    every_page_is_packed: bool = True

    def __post_init__(self) -> None:
        """Refuse what would end a word or a line of a configuration."""
        for field in fields(self):
            shape, wanted = _SHAPES.get(field.name, (None, ""))
            value = getattr(self, field.name)
            if shape is not None and not shape.fullmatch(value):
                raise BadInput(f"`{value}` cannot be the {field.name} of a site: give {wanted}.")
