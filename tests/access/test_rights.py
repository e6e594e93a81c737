"""The decision, one rule at a time; every cell of it is in `tests/contract/test_rights.py`."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from wheelyard.access import (
    ANONYMOUS,
    Action,
    Grant,
    Identity,
    IndexRules,
    Role,
    Scope,
    may,
    may_somewhere,
    readable_projects,
    shows_anything,
)

MEMBERS = IndexRules(read="members")
INDEXES = st.sampled_from(["main", "staging"])
PROJECTS = st.sampled_from(["flask", "django"])
GRANTS = st.builds(Grant, st.sampled_from(Role), st.just("") | INDEXES, st.just("") | PROJECTS)
SCOPES = st.builds(
    Scope, st.just("") | INDEXES, st.just("") | PROJECTS, st.frozensets(st.sampled_from(Action))
)
PEOPLE = st.builds(
    Identity,
    st.just("alice"),
    is_admin=st.booleans(),
    grants=st.frozensets(GRANTS, max_size=4),
    scope=st.none() | SCOPES,
)
RULES = st.builds(
    IndexRules, st.sampled_from(["anyone", "members"]), st.sampled_from(["readers", "granted"])
)


def alice(*grants: Grant, scope: Scope | None = None) -> Identity:
    """Return a user with these roles."""
    return Identity("alice", grants=frozenset(grants), scope=scope)


def test_index_is_open_to_all_unless_it_says_otherwise() -> None:
    """The default: reading needs nobody, anything else does."""
    allowed = {action for action in Action if may(ANONYMOUS, action, "main", "flask", IndexRules())}

    assert allowed == {Action.READ, Action.FILL}


def test_role_in_a_project_is_none_in_the_index() -> None:
    """Whoever maintains one project does not see the list of all."""
    person = alice(Grant(Role.MANAGER, "main", "flask"))

    assert may(person, Action.MANAGE, "main", "flask", MEMBERS)
    assert not may(person, Action.READ, "main", "", MEMBERS)
    assert not may(person, Action.READ, "main", "django", MEMBERS)


def test_role_in_a_project_shows_that_project_alone() -> None:
    """In an index for members, lists have nothing else."""
    person = alice(Grant(Role.READER, "main", "flask"), Grant(Role.READER, "staging", "django"))

    assert readable_projects(person, "main", MEMBERS) == frozenset({"flask"})
    assert readable_projects(person, "main", IndexRules()) == "all"


def test_index_without_anything_to_show_does_not_exist() -> None:
    """For those who have no role in it."""
    assert not shows_anything(alice(), "main", MEMBERS)
    assert shows_anything(alice(Grant(Role.READER, "main", "flask")), "main", MEMBERS)
    assert shows_anything(ANONYMOUS, "main", IndexRules())


def test_right_in_one_project_is_a_right_somewhere() -> None:
    """Whoever has none in any project of an index need not say which one is meant."""
    person = alice(Grant(Role.UPLOADER, "main", "flask"))
    narrow = replace(person, scope=Scope("", "django", frozenset({Action.UPLOAD})))

    assert may_somewhere(person, Action.UPLOAD, "main", IndexRules())
    assert not may_somewhere(person, Action.UPLOAD, "staging", IndexRules())
    assert not may_somewhere(person, Action.DELETE, "main", IndexRules())
    assert not may_somewhere(narrow, Action.UPLOAD, "main", IndexRules())


def test_token_of_an_administrator_is_as_narrow_as_it_says() -> None:
    """Its list too: one project, not all."""
    scope = Scope("main", "flask", frozenset({Action.READ}))
    person = Identity("root", is_admin=True, scope=scope)

    assert may(person, Action.READ, "main", "flask", MEMBERS)
    assert not may(person, Action.UPLOAD, "main", "flask", MEMBERS)
    assert readable_projects(person, "main", MEMBERS) == frozenset({"flask"})
    assert readable_projects(person, "staging", MEMBERS) == frozenset()


def test_token_without_an_action_is_good_for_nothing() -> None:
    """Denied by default; what is open to all needs no token."""
    person = alice(Grant(Role.MANAGER), scope=Scope())

    assert not any(may(person, action, "main", "flask", MEMBERS) for action in Action)
    assert may(person, Action.READ, "main", "flask", IndexRules())


def test_right_to_the_whole_server_is_no_index() -> None:
    """What is about people and not about an index asks with an empty index."""
    assert may(alice(Grant(Role.MANAGER)), Action.MANAGE, "", "", MEMBERS)
    assert not may(alice(Grant(Role.MANAGER, "main")), Action.MANAGE, "", "", MEMBERS)


@given(PEOPLE, st.sampled_from(Action), INDEXES, st.just("") | PROJECTS, RULES)
def test_token_never_adds_anything(
    person: Identity, action: Action, index: str, project: str, rules: IndexRules
) -> None:
    """Whatever its scope, and whatever its user may."""
    if may(person, action, index, project, rules):
        assert may(replace(person, scope=None), action, index, project, rules)


@given(PEOPLE, st.sampled_from(Action), INDEXES, st.just("") | PROJECTS, RULES)
def test_credential_never_takes_away_what_is_open(
    person: Identity, action: Action, index: str, project: str, rules: IndexRules
) -> None:
    """Who shows one may at least what anybody may."""
    if may(ANONYMOUS, action, index, project, rules):
        assert may(person, action, index, project, rules)


@given(PEOPLE, GRANTS, st.sampled_from(Action), st.tuples(INDEXES, PROJECTS), RULES)
def test_another_role_never_takes_anything_away(
    person: Identity, grant: Grant, action: Action, where: tuple[str, str], rules: IndexRules
) -> None:
    """Rights only add up; there is no role that forbids."""
    if may(person, action, *where, rules):
        more = replace(person, grants=person.grants | {grant})
        assert may(more, action, *where, rules)


@given(PEOPLE, INDEXES, PROJECTS, RULES)
def test_lists_show_what_can_be_read(
    person: Identity, index: str, project: str, rules: IndexRules
) -> None:
    """No more and no less: a name in a list is a page that opens."""
    listed = readable_projects(person, index, rules)

    is_listed = listed == "all" or project in listed
    assert is_listed == may(person, Action.READ, index, project, rules)


@given(PEOPLE, INDEXES, PROJECTS, RULES)
def test_right_to_an_index_is_one_to_each_project(
    person: Identity, index: str, project: str, rules: IndexRules
) -> None:
    """Never the other way round."""
    for action in Action:
        if may(person, action, index, "", rules):
            assert may(person, action, index, project, rules)
