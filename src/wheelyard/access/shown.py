"""What a request shows of its sender: their own credentials, or the user a trusted proxy names."""

from dataclasses import dataclass, field

from wheelyard.access.base import Identity
from wheelyard.access.signing_in import Access

__all__ = ["Shown", "identify"]


@dataclass(frozen=True, slots=True)
class Shown:
    """What a request shows. ``proxied`` is the user whom a trusted proxy names."""

    authorization: str | None = field(repr=False)
    origin: str
    proxied: str | None = None

    @property
    def is_nothing(self) -> bool:
        """Whether nobody is named."""
        return self.authorization is None and self.proxied is None


async def identify(access: Access, shown: Shown) -> Identity:
    """Return who it is. Credentials of their own come first: a program behind the proxy has them.

    Raises:
        LoginNeeded: what is shown is not valid here.
        Throttled: this account or address has tried too many passwords.
        Unavailable: nobody can be recognised now.
    """
    if shown.authorization is None and shown.proxied is not None:
        return access.identify_user(shown.proxied)
    return await access.identify(shown.authorization, shown.origin)
