"""A catalog with people in it, and the access to it: what most tests of rights begin with."""

import base64
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from wheelyard.access import Action, Identity
from wheelyard.access.signing_in import Access, AccessParts, PasswordSource
from wheelyard.access.tokens import make_token
from wheelyard.catalog import Catalog, open_catalog
from wheelyard.catalog.audit import Actor
from wheelyard.catalog.people import NewUser
from wheelyard.catalog.tokens import TokenRow
from wheelyard.clock import FrozenClock, Instant

__all__ = ["ACTOR", "KEY", "Place", "basic", "open_place"]

ACTOR = Actor("tester", "command line")
KEY = bytes(range(32))
ORIGIN = "192.0.2.1"

Task = Callable[[], Coroutine[None, None, None]]


def basic(user: str, password: str, encoding: str = "utf-8") -> str:
    """Return the header that shows a user's name and password."""
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode(encoding)).decode()}"


@dataclass(slots=True)
class Place:
    """An open catalog and its access. ``tasks`` are those that it wants to run behind."""

    catalog: Catalog
    access: Access
    clock: FrozenClock
    tasks: list[Task] = field(default_factory=list)

    async def add_user(
        self, name: str, password_hash: str | None = None, *, is_admin: bool = False
    ) -> None:
        """Add a user."""
        await self.catalog.people.add_user(NewUser(name, password_hash, is_admin), ACTOR)

    async def add_token(
        self,
        user: str,
        actions: tuple[Action, ...] = tuple(Action),
        *,
        index: str = "",
        project: str = "",
        expires_at: Instant | None = None,
    ) -> str:
        """Add a token, and return its text."""
        new = make_token(KEY)
        names = tuple(action.value for action in actions)
        row = TokenRow(new.id, user, new.digest, "", index, project, names, expires_at=expires_at)
        await self.catalog.tokens.add(row, ACTOR)
        return new.text

    async def identify(self, authorization: str | None, origin: str = ORIGIN) -> Identity:
        """Return who sends the header."""
        return await self.access.identify(authorization, origin)

    async def run_tasks(self) -> None:
        """Run what waits to be done behind."""
        while self.tasks:
            await self.tasks.pop()()


@contextmanager
def open_place(path: Path, elsewhere: PasswordSource | None = None) -> Iterator[Place]:
    """Open an empty catalog in ``path``, with its access."""
    clock = FrozenClock()
    with open_catalog(path, clock) as catalog:
        tasks: list[Task] = []
        parts = AccessParts(catalog.bearers, catalog.tokens, KEY, clock, tasks.append, elsewhere)
        yield Place(catalog, Access(parts), clock, tasks)
