"""The configuration of lighttpd: its own check, and what no request can show."""

from pathlib import Path

import pytest

from publish.redirecting.plans import FULL, SERVER_ONLY, TREE_ONLY, plan_for
from support.web_servers.lighttpd import LIGHTTPD
from support.web_servers.web_server import Place, check_syntax
from wheelyard.errors import ConfigError
from wheelyard.publish.redirecting.lighttpd import render_lighttpd
from wheelyard.settings import RedirectSettings


@pytest.mark.parametrize("redirect", [FULL, TREE_ONLY, SERVER_ONLY], ids=["full", "tree", "server"])
@pytest.mark.parametrize(
    "server",
    [{}, {"host": "::1"}, {"host": "0.0.0.0", "port": 80}, {"uds": Path("/run/redirector.sock")}],
    ids=["default", "ipv6", "all", "socket"],
)
def test_program_finds_nothing_wrong(
    redirect: RedirectSettings, server: dict[str, object], tmp_path: Path
) -> None:
    """A-117: each configuration passes the program's own check."""
    place = Place(tmp_path, 8765)
    text = render_lighttpd(plan_for(redirect, **server))

    check_syntax(LIGHTTPD, place, text)


def test_headers_come_before_redirects() -> None:
    """In the other order, what is sent on lacks them."""
    text = render_lighttpd(plan_for(FULL))

    assert '("mod_setenv", "mod_redirect", "mod_access")' in text


def test_tls_is_left_to_whoever_has_the_module() -> None:
    """Instead of a configuration that only some can load."""
    with pytest.raises(ConfigError, match="leave `--tls-cert` out"):
        render_lighttpd(plan_for(FULL, tls_cert=Path("/c.pem")))
