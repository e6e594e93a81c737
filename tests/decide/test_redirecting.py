"""Where requests lead to, and when a target counts as healthy; as tables, without any network."""

from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.clock import Instant
from wheelyard.decide.redirecting import (
    TREE_FILES,
    Asked,
    Finding,
    Health,
    Malformed,
    NobodyThere,
    NotHere,
    Role,
    SendOn,
    Target,
    Thresholds,
    TreePath,
    Ways,
    decide,
    judge,
    next_check_seconds,
    plan_targets,
)
from wheelyard.wire import tree

NOW = Instant(1_000.0)
WAYS = Ways(("acme",))
TREES = "https://a.example/t", "https://b.example"
SERVERS = ("https://s.example/py",)
TARGETS = plan_targets(TREES, SERVERS, ("acme",))
UP, DOWN = Health(NOW, is_up=True, checks=1, problem=""), Health(NOW, checks=1, problem="down")


def health(*down: str) -> dict[Target, Health]:
    """Return the state in which the targets at these addresses are down."""
    return {target: DOWN if target.root in down else UP for target in TARGETS}


def location(path: str, seen: Mapping[Target, Health], method: str = "GET") -> str:
    """Return where a request is sent to; empty if it is not sent on."""
    decision = decide(Asked(method, path), WAYS, seen)
    return decision.location if isinstance(decision, SendOn) else ""


# --- ways -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/simple/", TreePath("")),
        ("/simple", TreePath("")),
        ("/%73imple/x/", TreePath("")),
        ("/packages/a/b.whl", TreePath("")),
        ("/integrity/a/1/f/provenance", TreePath("")),
        ("/-/manifest", TreePath("")),
        ("/snapshot.sqlite", TreePath("", is_only_there=True)),
        ("/acme/simple/x/", TreePath("acme")),
        ("/acme/wheelyard.json", TreePath("acme", is_only_there=True)),
        ("/acme", None),
        ("/other/simple/x/", None),
        ("/simple/pypi/", TreePath("")),
        ("/simple/pypi/x/json", None),
        ("/acme/simple/pypi/x/1.0/json", None),
        ("/simplex", None),
        ("/snapshot.sqlite3", None),
        ("/snapshotXsqlite", None),
        ("/-/ready", None),
        ("/", None),
    ],
)
def test_path_is_of_a_tree_or_of_a_server(path: str, expected: TreePath | None) -> None:
    """The table of H-96: pages and files are static, nothing else is."""
    assert WAYS.tree_of(path) == expected


def test_files_of_a_tree_are_those_of_its_layout() -> None:
    """Both name the same ones; rooms of one level do not import each other."""
    layout = {tree.INFO, tree.SNAPSHOT, tree.SNAPSHOT_DIGEST, tree.PROJECTS}

    assert set(TREE_FILES) == layout
    assert WAYS.tree_of(f"/{tree.MANIFEST}") == TreePath("")


# --- decisions ------------------------------------------------------------------------------------


def test_first_healthy_target_is_chosen() -> None:
    """Of the trees in their order, then of the servers."""
    a, b, s = *TREES, *SERVERS

    assert location("/simple/x/", health()) == f"{a}/simple/x/"
    assert location("/simple/x/", health(a)) == f"{b}/simple/x/"
    assert location("/simple/x/", health(a, b)) == f"{s}/simple/x/"
    assert location("/simple/x/", health(a, b, s)) == ""


def test_trees_of_a_named_index_have_a_health_of_their_own() -> None:
    """One may have been published to an address and the other not."""
    a, b = TREES

    assert location("/acme/simple/x/", health(f"{a}/acme")) == f"{b}/acme/simple/x/"
    assert location("/simple/x/", health(f"{a}/acme")) == f"{a}/simple/x/"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_whoever_does_not_read_goes_to_a_server(method: str) -> None:
    """Whatever the path is; a tree could only refuse."""
    assert location("/simple/x/", health(), method) == f"{SERVERS[0]}/simple/x/"


def test_whoever_sends_a_body_goes_to_a_server() -> None:
    """Whatever the method is."""
    decision = decide(Asked("GET", "/simple/x/", has_body=True), WAYS, health())

    assert isinstance(decision, SendOn)
    assert decision.target.role is Role.DYNAMIC


def test_nobody_healthy_is_not_nobody_there() -> None:
    """The first passes, the second is how it was configured."""
    only_trees = dict.fromkeys(plan_targets(TREES, (), ()), UP)

    assert decide(Asked("GET", "/x"), WAYS, health(*SERVERS)) == NobodyThere(Role.DYNAMIC)
    assert decide(Asked("GET", "/x"), WAYS, only_trees) == NotHere()


def test_server_is_not_asked_for_what_a_tree_alone_has() -> None:
    """Unless there is no tree at all, and its answer is the right one."""
    asked = Asked("GET", "/snapshot.sqlite")
    only_server = dict.fromkeys(plan_targets((), SERVERS, ()), UP)

    assert decide(asked, WAYS, health(*TREES)) == NobodyThere(Role.STATIC)
    assert isinstance(decide(asked, WAYS, only_server), SendOn)


def test_query_is_kept_as_it_is() -> None:
    """Nothing is decoded and encoded again."""
    decision = decide(Asked("GET", "/simple/a+b%2Bc/", "x=%2B+%20&y"), WAYS, health())

    assert isinstance(decision, SendOn)
    assert decision.location == f"{TREES[0]}/simple/a+b%2Bc/?x=%2B+%20&y"


@pytest.mark.parametrize(
    "path", ["*", "evil.example:443", "@evil.example/", "/a/../b", "/d\xe9", "/a b"]
)
def test_path_that_means_two_things_is_malformed(path: str) -> None:
    """With a sentence."""
    decision = decide(Asked("GET", path), WAYS, health())

    assert isinstance(decision, Malformed)
    assert decision.sentence.endswith(".")


@given(
    path=st.text(st.characters(max_codepoint=255)), query=st.text(st.characters(max_codepoint=255))
)
def test_location_is_always_below_a_configured_address(path: str, query: str) -> None:
    """Whatever is asked for: no other host, no way out of the path, and one line."""
    decision = decide(Asked("GET", f"/{path}", query), WAYS, health())

    if isinstance(decision, SendOn):
        resolved = urljoin("https://elsewhere.example/x/y", decision.location)
        target = urlsplit(decision.target.url)
        assert urlsplit(resolved)[:2] == target[:2]
        assert urlsplit(resolved).path.startswith(f"{target.path}/")
        assert decision.location.isascii()
        assert decision.location.isprintable()


# --- health ---------------------------------------------------------------------------------------


def history(*checks: str, thresholds: Thresholds | None = None) -> str:
    """Return what is thought after each of some checks: `+` and `-`."""
    seen, said = Health(NOW), ""
    for check in checks:
        finding = Finding() if check == "+" else Finding("it is down", is_certain=check == "!")
        seen = judge(seen, finding, NOW, thresholds or Thresholds())
        said += "+" if seen.is_up else "-"
    return said


@pytest.mark.parametrize(
    ("checks", "expected"),
    [
        ("+", "+"),
        ("-", "-"),
        ("+-", "++"),
        ("+--", "++-"),
        ("+-+-+-", "++++++"),
        ("-+", "--"),
        ("-++", "--+"),
        ("-+-++", "----+"),
        ("+!", "+-"),
        ("+!++", "+--+"),
    ],
)
def test_one_check_that_differs_changes_nothing(checks: str, expected: str) -> None:
    """But the first of all, and one that is certain."""
    assert history(*checks) == expected


def test_thresholds_are_those_that_are_given() -> None:
    """Three to fall, one to rise."""
    assert history(*"+---+", thresholds=Thresholds(rise=1, fall=3)) == "+++-+"


def test_moment_of_a_change_is_remembered() -> None:
    """And not that of every check."""
    seen = judge(Health(NOW), Finding(), Instant(NOW + 1), Thresholds())
    later = judge(seen, Finding(), Instant(NOW + 2), Thresholds())

    assert (later.since, later.checks) == (NOW + 1, 2)


def test_reason_is_that_of_the_last_check_that_counted() -> None:
    """A target that is down for another reason by now says so."""
    seen = judge(Health(NOW), Finding("refused"), NOW, Thresholds())
    later = judge(seen, Finding("login page"), NOW, Thresholds())

    assert (seen.problem, later.problem) == ("refused", "login page")


def test_doubt_is_settled_soon() -> None:
    """Ordinary intervals vary by a tenth, and are a fifth while a change is pending."""
    calm, doubtful = UP, Health(NOW, is_up=True, checks=2, streak=1)

    assert next_check_seconds(calm, 5.0, 0.5) == pytest.approx(5.0)
    assert next_check_seconds(calm, 5.0, 0.0) == pytest.approx(4.5)
    assert next_check_seconds(calm, 5.0, 1.0) == pytest.approx(5.5)
    assert next_check_seconds(doubtful, 5.0, 0.5) == pytest.approx(1.0)
