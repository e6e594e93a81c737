"""What other programs are told, checked before anything is written."""

import re
from pathlib import Path

import pytest

from publish.redirecting.plans import FULL, SERVER_ONLY, plan_for
from wheelyard.decide.paths import path_problem
from wheelyard.errors import ConfigError
from wheelyard.publish.redirecting.plan import UNUSABLE
from wheelyard.settings import RedirectSettings


def test_plan_has_every_target_in_its_order() -> None:
    """The preferred one first, and trees of named indexes by themselves."""
    plan = plan_for(FULL)

    assert [target.root for target in plan.trees("")] == [*FULL.static]
    assert [target.root for target in plan.trees("acme")] == [f"{u}/acme" for u in FULL.static]
    assert [target.root for target in plan.servers] == [*FULL.dynamic]
    assert plan.indexes == ("", "acme")
    assert plan_for(SERVER_ONLY).indexes == ()


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("localhost", "127.0.0.1:8765"),
        ("::1", "[::1]:8765"),
        ("[::1]", "[::1]:8765"),
        ("0.0.0.0", "0.0.0.0:8765"),
    ],
)
def test_address_is_one_that_every_program_reads(host: str, address: str) -> None:
    """Names and brackets mean different things to them."""
    assert plan_for(FULL, host=host).listen.address == address


def test_nothing_to_send_to_is_refused() -> None:
    """As by the redirector itself."""
    with pytest.raises(ConfigError, match="nowhere to send clients"):
        plan_for(RedirectSettings())


@pytest.mark.parametrize("path", ["/run/a b.sock", '/run/"', "/run/a;b", "/run/$x", "/run/ä"])
def test_path_that_would_have_to_be_quoted_is_refused(path: str) -> None:
    """Each program quotes in its own way, and some not at all."""
    with pytest.raises(ConfigError, match="cannot be written into a configuration"):
        plan_for(SERVER_ONLY, uds=Path(path))


@pytest.mark.parametrize(
    "path",
    [
        *("/..", "/a/../b", "/%2e%2E/a", "/a/.", "/a%2Fb", "/a%5cb", "/a\\b", "/a%00b", "/a%1Fb"),
        *("/simple/a.b/", "/a..b/", "/a/...", "/a%20b", "/a%2Bb", "/;../a", "/"),
    ],
)
def test_patterns_of_unusable_paths_agree_with_the_decision(path: str) -> None:
    """What the programs refuse is what the redirector refuses."""
    is_found = any(re.search(pattern, path, re.IGNORECASE) for pattern in UNUSABLE)

    assert is_found == bool(path_problem(path))


def test_query_may_hold_what_a_path_may_not() -> None:
    """It leads nowhere."""
    assert not any(re.search(pattern, "/a?x=/../%2f\\", re.IGNORECASE) for pattern in UNUSABLE)
