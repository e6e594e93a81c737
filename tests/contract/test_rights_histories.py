"""Random histories of people, groups, roles and tokens, against a model of a page.

No right survives what ends it, in whatever order things happen: threat T43, G19. After each step
some questions are asked of both. A longer history: ``WHEELYARD_CAMPAIGN=34`` for 10^5 steps,
``WHEELYARD_SEED`` for another one.
"""

import random
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from access.place import ACTOR, Place, open_place
from chaos.campaign import SEED, count
from wheelyard.access import ANONYMOUS, Action, Identity, IndexRules, Role, may
from wheelyard.access.tokens import read_token_id
from wheelyard.catalog.people import GrantRow
from wheelyard.clock import Instant
from wheelyard.errors import Absent, Conflict, LoginNeeded

pytestmark = pytest.mark.anyio

STEPS = count(3_000)
QUESTIONS = 5
PEOPLE = ("ann", "bob", "cleo", "dan")
TEAMS = ("red", "blue", "ann")
INDEXES = ("", "prod", "staging")
PROJECTS = ("", "flask", "django")
LEVELS = ["reader", "filler", "uploader", "maintainer", "manager"]
NEEDED = {"read": 0, "fill": 1, "upload": 2, "yank": 3, "delete": 3, "manage": 4}

Where = tuple[str, str]


@dataclass(slots=True)
class Token:
    """A token as the model knows it; ``user`` is None once it has been ended."""

    user: str | None
    where: Where
    actions: frozenset[str]
    expires_at: float


@dataclass(slots=True)
class Model:
    """Who may do what, in the plainest way. Each step says whether it should succeed."""

    users: dict[str, bool] = field(default_factory=dict)
    groups: dict[str, set[str]] = field(default_factory=dict)
    grants: set[tuple[str, str, Where]] = field(default_factory=set)
    tokens: dict[str, Token] = field(default_factory=dict)

    def add_user(self, name: str, *, is_admin: bool) -> bool:
        """Add a user."""
        if name in self.users or name in self.groups:
            return False
        self.users[name] = is_admin
        return True

    def remove_user(self, name: str) -> bool:
        """Remove a user from everywhere."""
        if self.users.pop(name, None) is None:
            return False
        self.grants = {grant for grant in self.grants if grant[0] != name}
        for members in self.groups.values():
            members.discard(name)
        for token in self.tokens.values():
            token.user = None if token.user == name else token.user
        return True

    def add_group(self, name: str, names: Sequence[str]) -> bool:
        """Make a group, or put users into it."""
        if name in self.users or not self.users.keys() >= set(names):
            return False
        if name in self.groups and not names:
            return False
        self.groups.setdefault(name, set()).update(names)
        return True

    def remove_group(self, name: str) -> bool:
        """Remove a group with its roles."""
        if self.groups.pop(name, None) is None:
            return False
        self.grants = {grant for grant in self.grants if grant[0] != name}
        return True

    def remove_member(self, name: str, user: str) -> bool:
        """Take a user out of a group."""
        if user not in self.groups.get(name, ()):
            return False
        self.groups[name].remove(user)
        return True

    def may(self, name: str, action: str, where: Where, rules: IndexRules) -> bool:
        """Say what a user may."""
        subjects = {name} | {group for group, members in self.groups.items() if name in members}
        needed = NEEDED[action]
        if action == "fill" and rules.fill == "readers":
            needed = 0
        return self.users[name] or any(
            subject in subjects and LEVELS.index(role) >= needed and covers(place, where)
            for subject, role, place in self.grants
        )

    def token_may(self, token: Token, action: str, where: Where, rules: IndexRules) -> bool:
        """Say what somebody may who shows a token that still is good."""
        assert token.user is not None
        wanted = "read" if action == "fill" else action
        fits = wanted in token.actions and covers(token.where, where)
        return fits and self.may(token.user, action, where, rules)


def covers(place: Where, where: Where) -> bool:
    """Say whether what counts at ``place`` counts there."""
    return all(own in ("", asked) for own, asked in zip(place, where, strict=True))


def is_open(action: str, rules: IndexRules) -> bool:
    """Say whether anybody may."""
    return rules.read == "anyone" and (
        action == "read" or (action == "fill" and rules.fill == "readers")
    )


class History:
    """One history: a step at a time, done to the model and to the catalog."""

    def __init__(self, place: Place, chance: random.Random) -> None:
        self.place = place
        self.chance = chance
        self.model = Model()
        self.texts: list[str] = []
        self.agreed: dict[bool, int] = {True: 0, False: 0}

    async def step(self) -> None:
        """Do something."""
        steps = (self.user, self.group, self.role, self.role, self.token, self.token, self.time)
        await self.chance.choice(steps)()

    async def agree(self, wanted: bool, work: Awaitable[object]) -> bool:  # noqa: FBT001  # a verdict
        """Do the work, and see that it was possible exactly if the model says so."""
        try:
            await work
            done = True
        except (Absent, Conflict):
            done = False
        assert done == wanted
        self.agreed[done] += 1
        return done

    async def user(self) -> None:
        """Add or remove a user."""
        name, is_admin = self.chance.choice(PEOPLE), self.chance.random() < 0.1
        if self.chance.random() < 0.4:
            work = self.place.catalog.people.remove_user(name, ACTOR)
            await self.agree(self.model.remove_user(name), work)
        else:
            work = self.place.add_user(name, is_admin=is_admin)
            await self.agree(self.model.add_user(name, is_admin=is_admin), work)

    async def group(self) -> None:
        """Make or remove a group, put somebody in or take somebody out."""
        people, name = self.place.catalog.people, self.chance.choice(TEAMS)
        member = self.chance.choice(PEOPLE)
        match self.chance.choice(("add", "add", "join", "join", "leave", "remove")):
            case "add":
                await self.agree(self.model.add_group(name, ()), people.add_group(name, (), ACTOR))
            case "join":
                work = people.add_group(name, [member], ACTOR)
                await self.agree(self.model.add_group(name, [member]), work)
            case "leave":
                leaving = people.remove_members(name, [member], ACTOR)
                await self.agree(self.model.remove_member(name, member), leaving)
            case _:
                removing = people.remove_group(name, ACTOR)
                await self.agree(self.model.remove_group(name), removing)

    async def role(self) -> None:
        """Give a role, or take one back."""
        people, known = self.place.catalog.people, self.model.grants
        if known and self.chance.random() < 0.4:
            grant = self.chance.choice(sorted(known))
            known.remove(grant)
            subject, role, where = grant
            await self.agree(True, people.revoke(GrantRow(subject, role, *where), ACTOR))  # noqa: FBT003  # a verdict
            return
        subject, role = self.chance.choice(PEOPLE + TEAMS), self.chance.choice(LEVELS)
        where = self.somewhere()
        exists = subject in self.model.users or subject in self.model.groups
        if await self.agree(exists, people.grant(GrantRow(subject, role, *where), ACTOR)):
            known.add((subject, role, where))

    async def token(self) -> None:
        """Make a token, or revoke one."""
        if self.texts and self.chance.random() < 0.4:
            text = self.chance.choice(self.texts)
            token = self.model.tokens[text]
            work = self.place.catalog.tokens.revoke(str(read_token_id(text)), ACTOR)
            await self.agree(token.user is not None, work)
            token.user = None
            return
        user, (index, project) = self.chance.choice(PEOPLE), self.somewhere()
        actions = tuple(action for action in Action if self.chance.random() < 0.6)
        end = Instant(self.place.clock.now() + self.chance.choice((60, 600, 6_000)))
        making = self.place.add_token(user, actions, index=index, project=project, expires_at=end)
        if user not in self.model.users:
            await self.agree(False, making)  # noqa: FBT003  # a verdict
            return
        text = await making
        self.model.tokens[text] = Token(user, (index, project), frozenset(actions), end)
        self.texts = [*self.texts[-30:], text]

    async def time(self) -> None:
        """Let time pass."""
        self.place.clock.forward(self.chance.choice((1, 30, 60, 300)))

    def somewhere(self) -> Where:
        """Return where a role or a token counts."""
        return self.chance.choice(INDEXES), self.chance.choice(PROJECTS)

    async def question(self) -> None:
        """Ask both what somebody may at this moment."""
        action = self.chance.choice(tuple(NEEDED))
        where = (self.chance.choice(INDEXES[1:]), self.chance.choice(PROJECTS))
        rules = IndexRules(
            self.chance.choice(("anyone", "members")), self.chance.choice(("readers", "granted"))
        )
        if self.texts and self.chance.random() < 0.6:
            text = self.chance.choice(self.texts)
            identity = await self.recognised(text)
            token = self.model.tokens[text]
            is_good = token.user is not None and self.place.clock.now() < token.expires_at
            allowed = is_good and self.model.token_may(token, action, where, rules)
        else:
            name = self.chance.choice(PEOPLE)
            identity = self.known(name)
            is_good = name in self.model.users
            allowed = is_good and self.model.may(name, action, where, rules)
        assert (identity is not None) == is_good
        answer = may(identity or ANONYMOUS, Action(action), *where, rules)
        assert answer == (allowed or is_open(action, rules))

    async def recognised(self, text: str) -> Identity | None:
        """Return whose token it is, if it may be used."""
        try:
            return await self.place.identify(f"Bearer {text}")
        except LoginNeeded:
            return None

    def known(self, name: str) -> Identity | None:
        """Return the user of that name, if there is one."""
        try:
            return self.place.access.identify_user(name)
        except LoginNeeded:
            return None


@pytest.mark.slow
@pytest.mark.timeout(900 + STEPS / 10)
@pytest.mark.blocking(reason="opening and closing happen before and after the loop's work")
async def test_rights_are_those_of_the_model_at_every_moment(tmp_path: Path) -> None:
    """Whatever was added, taken away and added again before."""
    with open_place(tmp_path) as place:
        history = History(place, random.Random(SEED))
        for number in range(STEPS):
            try:
                await history.step()
                for _ in range(QUESTIONS):
                    await history.question()
            except AssertionError as error:
                error.add_note(f"WHEELYARD_SEED={SEED}, step {number}")
                raise
            place.tasks.clear()

        assert min(history.agreed.values()) > STEPS / 20  # both happened, often


def test_model_knows_every_role_and_action() -> None:
    """A new one must not pass by unasked."""
    assert set(LEVELS) == {role.value for role in Role}
    assert NEEDED.keys() == {action.value for action in Action}
