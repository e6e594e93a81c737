"""Values that are used but never shown: secrets, and addresses that may carry one.

What protects them is their type: printing, formatting or logging one of these can only show
that something is there.  Whoever needs the content says so with ``reveal``.
"""

from urllib.parse import urlsplit, urlunsplit

__all__ = ["HiddenUrl", "HookUrl", "Secret", "hide_url"]

MASK = "***"


class Secret:
    """A password, token or pair ``user:password``. Not a dataclass: ``asdict`` would unpack it."""

    __slots__ = ("_content",)

    def __init__(self, content: str) -> None:
        self._content = content

    def reveal(self) -> str:
        """Return the content. Never put it into a message, a log line or a record's ``repr``."""
        return self._content

    def __repr__(self) -> str:
        return f"{type(self).__name__}({MASK})"

    def __str__(self) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other._content == self._content

    def __hash__(self) -> int:
        return hash(self._content)


class HiddenUrl(Secret):
    """An address that shows everything but its credentials and the values in its query."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"HiddenUrl({str(self)!r})"

    def __str__(self) -> str:
        return hide_url(self._content)


class HookUrl(Secret):
    """An address of which only scheme, host and port are shown: the rest may be the key to it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"HookUrl({str(self)!r})"

    def __str__(self) -> str:
        parts = urlsplit(self._content)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def hide_url(url: str) -> str:
    """Return ``url`` with user, password and query replaced by ``***``.

    The query goes too because signed addresses of object stores carry their key there.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return MASK
    _, at, host = parts.netloc.rpartition("@")
    shown = parts._replace(
        netloc=f"{MASK}@{host}" if at else host,
        query=MASK if parts.query else "",
        fragment="",
    )
    return urlunsplit(shown)
