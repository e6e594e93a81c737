"""Who it is that a request shows."""

from dataclasses import dataclass, field
from typing import cast

import pytest

from wheelyard.access import ANONYMOUS, Identity
from wheelyard.access.shown import Shown, identify
from wheelyard.access.signing_in import Access

pytestmark = pytest.mark.anyio


@dataclass(slots=True)
class FakeAccess:
    """Believes everybody, and remembers what it was asked."""

    asked: list[tuple[str | None, ...]] = field(default_factory=list)

    async def identify(self, authorization: str | None, origin: str) -> Identity:
        """Return who sends a header."""
        self.asked.append((authorization, origin))
        return ANONYMOUS if authorization is None else Identity("by-header")

    def identify_user(self, user: str) -> Identity:
        """Return a user."""
        self.asked.append((user,))
        return Identity(user)


async def test_user_of_the_proxy_is_recognised() -> None:
    """Without a password; rights are those of the user here."""
    access = FakeAccess()

    found = await identify(cast("Access", access), Shown(None, "", "alice"))

    assert found.name == "alice"


async def test_credentials_of_their_own_come_first() -> None:
    """A program behind the proxy shows its token, which may be narrower."""
    access = FakeAccess()

    found = await identify(cast("Access", access), Shown("Bearer x", "192.0.2.1", "alice"))

    assert found.name == "by-header"
    assert access.asked == [("Bearer x", "192.0.2.1")]


async def test_nothing_shown_is_nobody() -> None:
    """Which is no error by itself."""
    assert await identify(cast("Access", FakeAccess()), Shown(None, "")) is ANONYMOUS
