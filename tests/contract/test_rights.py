"""The permission matrix: every cell, from rows and a header to yes or no, against a written table.

The tables below are the policy, written down by hand and read by nothing else.  Who is asked about
are real users with real roles, groups and tokens in a catalog, recognised as a request is.
History: A-53, A-61. Threats T41 and T43.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Literal, cast

import anyio
import pytest

from access.place import ACTOR, Place, basic, open_place
from wheelyard.access import Action, Identity, IndexRules, may, readable_projects
from wheelyard.access.passwords import hash_password
from wheelyard.catalog.people import GrantRow

# x: allowed. f: allowed where every reader may have something fetched.
ROLES = """
              read   fill   upload  yank   delete  manage
anonymous     -      -      -       -      -       -
nothing       -      -      -       -      -       -
reader        x      f      -       -      -       -
filler        x      x      -       -      -       -
uploader      x      x      x       -      -       -
maintainer    x      x      x       x      x       -
manager       x      x      x       x      x       x
admin         x      x      x       x      x       x
"""

# Of the settings `read` and `fill`: what needs no role at all.
OPEN = """
                  read   fill   upload  yank   delete  manage
anyone/readers    x      x      -       -      -       -
anyone/granted    x      -      -       -      -       -
members/readers   -      -      -       -      -       -
members/granted   -      -      -       -      -       -
"""

# Where a role was given: does it count for the project, and for the index as a whole?
PLACES = """
                     project   index
index                x         x
project              x         -
other-project        -         -
other-index          -         -
other-index-project  -         -
everywhere           x         x
project-everywhere   x         -
group/index          x         x
group/project        x         -
group/other-project  -         -
group/other-index    -         -
group/everywhere     x         x
"""

# What a token is good for, if its user may. `password`: there is no token.
SCOPES = """
                  project   index   read   fill   upload  yank   delete  manage
password          x         x       x      x      x       x      x       x
all               x         x       x      x      x       x      x       x
index             x         x       x      x      x       x      x       x
project           x         -       x      x      x       x      x       x
index+project     x         -       x      x      x       x      x       x
other-index       -         -       x      x      x       x      x       x
other-project     -         -       x      x      x       x      x       x
no-action         x         x       -      -      -       -      -       -
only-read         x         x       x      x      -       -      -       -
only-upload       x         x       -      -      x       -      -       -
only-yank         x         x       -      -      -       x      -       -
only-delete       x         x       -      -      -       -      x       -
only-manage       x         x       -      -      -       -      -       x
"""

INDEX, OTHER_INDEX, PROJECT, OTHER_PROJECT = "prod", "staging", "flask", "django"

Table = Mapping[str, Mapping[str, str]]


def read_table(text: str) -> Table:
    """Return a table that was drawn above, by row and column."""
    head, *rows = (line.split() for line in text.strip().splitlines())
    return {name: dict(zip(head, cells, strict=True)) for name, *cells in rows}


ROLE, OPENNESS, PLACE, SCOPE = map(read_table, (ROLES, OPEN, PLACES, SCOPES))
GIVEN = [*product(list(ROLE)[2:-1], PLACE), ("nothing", "nowhere"), ("admin", "nowhere")]


def expected(who: str, place: str, scope: str, action: str, asked: str) -> Iterator[bool]:
    """Yield what the tables say, for each pair of rules."""
    for rules, is_open in OPENNESS.items():
        mark = ROLE[who][action]
        by_role = mark == "x" or (mark == "f" and rules.endswith("/readers"))
        by_place = place == "nowhere" or PLACE[place][asked] == "x"
        by_scope = SCOPE[scope][asked] == "x" and SCOPE[scope][action] == "x"
        yield is_open[action] == "x" or (by_role and by_place and by_scope)


def actual(identity: Identity, action: str, asked: str) -> Iterator[bool]:
    """Yield what the program says, for each pair of rules."""
    for rules in all_rules():
        project = PROJECT if asked == "project" else ""
        yield may(identity, Action(action), INDEX, project, rules)


def all_rules() -> Sequence[IndexRules]:
    """Return each pair of rules, in the order of the table."""
    pairs = [name.split("/") for name in OPENNESS]
    return [
        IndexRules(
            cast("Literal['anyone', 'members']", read), cast("Literal['readers', 'granted']", fill)
        )
        for read, fill in pairs
    ]


@pytest.fixture(scope="module")
def identities(tmp_path_factory: pytest.TempPathFactory) -> Mapping[tuple[str, str, str], Identity]:
    """Make everybody, and have each of them recognised."""
    return anyio.run(make_identities, tmp_path_factory.mktemp("rights"))


async def make_identities(path: Path) -> Mapping[tuple[str, str, str], Identity]:
    """Return everybody by role, place and scope."""
    found: dict[tuple[str, str, str], Identity] = {}
    digest = await anyio.to_thread.run_sync(hash_password, "rosebud1")
    with open_place(path) as place:

        async def know_password(password_hash: str | None, password: str) -> bool:
            return (password_hash, password) == (digest, "rosebud1")

        place.access._passwords.check = know_password  # type: ignore[method-assign]  # quick

        async def make(number: int, role: str, given: str) -> None:
            await make_person(place, f"user{number}", role, given, digest)
            for scope in SCOPE:
                header = await show(place, f"user{number}", scope)
                found[role, given, scope] = await place.identify(header)

        async with anyio.create_task_group() as tasks:  # so that they share commits
            for number, (role, given) in enumerate(GIVEN):
                tasks.start_soon(make, number, role, given)
        found["anonymous", "nowhere", "password"] = await place.identify(None)
    return found


async def make_person(place: Place, name: str, role: str, given: str, digest: str) -> None:
    """Add a user with one role in one place, directly or through a group."""
    await place.add_user(name, digest, is_admin=role == "admin")
    if given == "nowhere":
        return
    subject, where = name, given.removeprefix("group/")
    if where != given:
        subject = f"{name}-group"
        await place.catalog.people.add_group(subject, [name], ACTOR)
    index, project = {
        "index": (INDEX, ""),
        "project": (INDEX, PROJECT),
        "other-project": (INDEX, OTHER_PROJECT),
        "other-index": (OTHER_INDEX, ""),
        "other-index-project": (OTHER_INDEX, PROJECT),
        "everywhere": ("", ""),
        "project-everywhere": ("", PROJECT),
    }[where]
    await place.catalog.people.grant(GrantRow(subject, role, index, project), ACTOR)


async def show(place: Place, name: str, scope: str) -> str:
    """Return the header with which a user shows a password, or a new token of that scope."""
    if scope == "password":
        return basic(name, "rosebud1")
    index, project = {
        "index": (INDEX, ""),
        "project": ("", PROJECT),
        "index+project": (INDEX, PROJECT),
        "other-index": (OTHER_INDEX, ""),
        "other-project": ("", OTHER_PROJECT),
    }.get(scope, ("", ""))
    actions = tuple(Action)
    if scope == "no-action":
        actions = ()
    elif scope.startswith("only-"):
        actions = (Action(scope.removeprefix("only-")),)
    token = await place.add_token(name, actions, index=index, project=project)
    return f"Bearer {token}"


CELLS = list(product(Action, ("project", "index")))


@pytest.mark.parametrize(("role", "given"), GIVEN, ids=[" ".join(pair) for pair in GIVEN])
def test_cell_is_as_the_policy_says(
    identities: Mapping[tuple[str, str, str], Identity], role: str, given: str
) -> None:
    """Each scope, action, and kind of index, for one role in one place."""
    wrong = [
        (scope, action.value, asked)
        for scope, (action, asked) in product(SCOPE, CELLS)
        if list(actual(identities[role, given, scope], action, asked))
        != list(expected(role, given, scope, action, asked))
    ]

    assert wrong == []


def test_anonymous_cells_are_as_the_policy_says(
    identities: Mapping[tuple[str, str, str], Identity],
) -> None:
    """Somebody who shows nothing has what is open to all, and nothing else."""
    anonymous = identities["anonymous", "nowhere", "password"]

    for action, asked in CELLS:
        policy = list(expected("anonymous", "nowhere", "password", action, asked))
        assert list(actual(anonymous, action, asked)) == policy, (action, asked)


@pytest.mark.parametrize(("role", "given"), GIVEN, ids=[" ".join(pair) for pair in GIVEN])
def test_list_shows_what_the_policy_says(
    identities: Mapping[tuple[str, str, str], Identity], role: str, given: str
) -> None:
    """Lists hold the project exactly where its page can be read, and are whole with the index."""
    for scope, (number, rules) in product(SCOPE, enumerate(all_rules())):
        listed = readable_projects(identities[role, given, scope], INDEX, rules)
        policy = [
            list(expected(role, given, scope, "read", asked))[number]
            for asked in ("project", "index")
        ]

        assert [listed == "all" or PROJECT in listed, listed == "all"] == policy, (scope, rules)


def test_matrix_is_whole() -> None:
    """Nobody takes a row away unnoticed."""
    assert len(GIVEN) * len(SCOPE) * len(CELLS) * len(OPENNESS) == 62 * 13 * 12 * 4
    assert {*ROLE["reader"]} == {action.value for action in Action}
