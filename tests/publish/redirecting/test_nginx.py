"""The configuration of nginx: its own check, and what no request can show."""

from pathlib import Path

import pytest

from publish.redirecting.plans import FULL, SERVER_ONLY, TREE_ONLY, plan_for
from support.web_servers.nginx import NGINX, whole
from support.web_servers.web_server import Place, check_syntax, free_port
from wheelyard.publish.redirecting.nginx import render_nginx
from wheelyard.settings import RedirectSettings


@pytest.mark.parametrize("redirect", [FULL, TREE_ONLY, SERVER_ONLY], ids=["full", "tree", "server"])
@pytest.mark.parametrize("is_socket", [False, True], ids=["port", "socket"])
def test_program_finds_nothing_wrong(
    redirect: RedirectSettings, tmp_path: Path, *, is_socket: bool
) -> None:
    """A-117: each configuration passes the program's own check."""
    place = Place(tmp_path, free_port())  # it looks whether it could listen
    server = {"uds": Path("redirector.sock")} if is_socket else {"port": place.port}
    text = render_nginx(plan_for(redirect, **server))

    check_syntax(NGINX, place, whole(place, text))


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        ({}, "listen 127.0.0.1:8765;"),
        ({"host": "::1"}, "listen [::1]:8765;"),
        ({"uds": Path("/run/r.sock")}, "listen unix:/run/r.sock;"),
        ({"tls_cert": Path("/c.pem")}, "listen 127.0.0.1:8765 ssl;"),
    ],
)
def test_place_to_listen_is_the_one_of_the_settings(
    server: dict[str, object], expected: str
) -> None:
    """With the certificate, if there is one."""
    text = render_nginx(plan_for(FULL, **server))

    assert f"    {expected}\n" in text
    assert ("ssl_certificate_key /c.pem;" in text) == ("tls_cert" in server)


def test_address_that_is_not_used_is_named() -> None:
    """Nginx checks nobody, so it could not tell when to use a second one."""
    text = render_nginx(plan_for(FULL))

    assert "# Not used, because nothing would tell when: https://spare.example, http://10.0" in text
