"""The configuration of haproxy: its own check, and what no request can show."""

from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from publish.redirecting.plans import FULL, SERVER_ONLY, TREE_ONLY, plan_for
from support.web_servers.haproxy import HAPROXY
from support.web_servers.web_server import Place, check_syntax
from wheelyard.errors import ConfigError
from wheelyard.publish.redirecting.haproxy import render_haproxy
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
    authority = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(authority))
    text = render_haproxy(plan_for(replace(redirect, ca=authority), **server))

    check_syntax(HAPROXY, place, text)


def test_targets_are_checked_as_the_settings_say() -> None:
    """By their own names, with TLS that is verified, and more often while in doubt."""
    redirect = replace(FULL, ca=None, check_seconds=2.0, rise=3, fall=4)

    text = render_haproxy(plan_for(redirect))

    assert (
        "server target files.example:443 check inter 2000ms fastinter 400ms rise 3 fall 4 "
        "ssl verify required ca-file @system-ca sni str(files.example) check-sni files.example "
        "resolvers wheelyard init-addr last,libc,none\n"
    ) in text
    assert "server target 10.0.0.7:8765 check inter 2000ms fastinter 400ms rise 3 fall 4\n" in text
    assert text.count("option httpchk") == len(plan_for(redirect).targets)


def test_certificate_and_key_have_to_be_one_file() -> None:
    """HAProxy reads one."""
    together = render_haproxy(plan_for(FULL, tls_cert=Path("/both.pem")))

    assert "bind 127.0.0.1:8765 ssl crt /both.pem\n" in together
    with pytest.raises(ConfigError, match="in one file"):
        render_haproxy(plan_for(FULL, tls_cert=Path("/c.pem"), tls_key=Path("/k.pem")))
