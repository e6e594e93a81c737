"""What counts as a tree, a server, a redirector, and what as something else."""

from collections.abc import Mapping

import msgspec
import pytest

from wheelyard.decide.redirecting import Role, Target
from wheelyard.server.target_check import REDIRECTOR, check_url, read_check
from wheelyard.transport import Document
from wheelyard.wire.tree import TreeInfo

TREE = Target(Role.STATIC, "https://files.example/t")
NAMED = Target(Role.STATIC, "https://files.example/t", "acme")
SERVER = Target(Role.DYNAMIC, "https://index.example")
INFO = msgspec.json.encode(
    TreeInfo(
        tree="0" * 32,
        index="acme",
        instance="1" * 32,
        serial=7,
        created="2026-11-01T00:00:00Z",
        has_views=True,
        projects=1,
        files=1,
    )
)


def problem(
    target: Target, body: bytes, status: int = 200, headers: Mapping[str, str] | None = None
) -> str:
    """Return what is wrong with an answer."""
    answer = Document(status, check_url(target), headers or {}, body)
    return read_check(target, answer, "us").problem


def test_what_is_asked_for_is_below_the_root_of_the_target() -> None:
    """Of the tree of a named index, below its name."""
    assert check_url(TREE) == "https://files.example/t/wheelyard.json"
    assert check_url(NAMED) == "https://files.example/t/acme/wheelyard.json"
    assert check_url(SERVER) == "https://index.example/-/ready"


def test_tree_and_server_are_healthy_when_they_say_what_they_say() -> None:
    """The default index may be any; a named one is the one of that name."""
    assert problem(TREE, INFO) == ""
    assert problem(NAMED, INFO) == ""
    assert problem(SERVER, b"ready\n") == ""


@pytest.mark.parametrize("body", [b"", b"<html>ready</html>", b"Server is Ready.\n", b"ready"])
def test_other_program_that_is_ready_is_no_server(body: bytes) -> None:
    """Several programs answer at `/-/ready`."""
    assert problem(SERVER, body) == "what answers `/-/ready` there is no Wheelyard server"


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'{"format": 99}', b"[]"])
def test_other_document_is_no_tree(body: bytes) -> None:
    """With what is wrong about it."""
    assert problem(TREE, body).startswith("no published tree answers there: ")


def test_tree_of_another_index_is_told() -> None:
    """It would give other people's projects."""
    other = INFO.replace(b'"acme"', b'"other"')

    assert problem(NAMED, other) == "the tree there is of the index `other`"


@pytest.mark.parametrize("target", [TREE, SERVER])
def test_status_and_redirect_are_told(target: Target) -> None:
    """A redirect with where it leads to, as that is what has to be named instead."""
    url = check_url(target)
    login = {"location": "https://login.example/?secret=1"}

    assert problem(target, b"", 503) == f"`{url}` answers 503"
    assert problem(target, b"", 302, login) == (
        "it sends on to `https://login.example/?...`: name the address at which it answers itself"
    )


@pytest.mark.parametrize("target", [TREE, SERVER])
def test_redirector_is_no_target(target: Target) -> None:
    """Neither this one nor any other one, and no further check is waited for."""
    document = Document(200, "", {REDIRECTOR: "us"}, b"ready\n")
    other = Document(307, "", {REDIRECTOR: "them", "location": "https://a.example"})

    itself, another = (read_check(target, each, "us") for each in (document, other))

    assert "this redirector itself" in itself.problem
    assert "another redirector" in another.problem
    assert itself.is_certain
    assert another.is_certain
