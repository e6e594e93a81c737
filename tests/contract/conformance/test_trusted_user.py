"""T38 over HTTP: the header in which a proxy names its user, directly and through the proxy."""

import json
from collections.abc import Iterator

import pytest

from contract.conformance.hosting import Hosting, basic
from contract.conformance.hosting import hosting as hosting_on
from support.packages import make_wheel
from support.simulator import Simulator
from support.uploads import form_of

PACKAGE = make_wheel("kept-close", "1.0")
AS_ROOT = {"X-Remote-User": "root", "X-Forwarded-For": "203.0.113.7"}


def settings(proxies: str) -> dict[str, str]:
    """Return a closed index whose trusted proxies are these."""
    return {
        "INDEX__MAIN__READ": "members",
        "SERVER__TRUSTED_PROXIES": proxies,
        "ACCESS__USER_HEADER": "X-Remote-User",
        "UPLOAD__CLEARTEXT": "true",
    }


@pytest.fixture(scope="module")
def behind(upstream: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosting]:
    """A server that trusts this machine as its proxy."""
    data = tmp_path_factory.mktemp("behind")
    with hosting_on(upstream.url, data, settings("127.0.0.1")) as found:
        yield found


@pytest.fixture(scope="module")
def direct(upstream: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosting]:
    """A server whose proxy is another machine, and which this one reaches directly."""
    data = tmp_path_factory.mktemp("direct")
    with hosting_on(upstream.url, data, settings("192.0.2.1")) as found:
        yield found


def origins(hosting: Hosting) -> set[tuple[str, str]]:
    """Return who published from where, as the audit log has it."""
    lines = hosting.command("audit", "export").splitlines()
    rows = [json.loads(line) for line in lines]
    return {(row["actor"], row["origin"]) for row in rows if row["project"] == "kept-close"}


def test_t38_user_of_the_proxy_reads_and_uploads(behind: Hosting) -> None:
    """With the rights of the user here, and the address of the client in the audit log."""
    uploaded = behind.upload(form_of(PACKAGE), AS_ROOT)
    page = behind.client.ask("/simple/kept-close/", AS_ROOT)
    stranger = behind.client.ask("/simple/kept-close/", {"X-Remote-User": "nobody"})

    assert uploaded.status == 200
    assert page.status == 200
    assert stranger.status == 401
    assert origins(behind) == {("root", "203.0.113.7")}


def test_t38_header_of_a_client_is_ignored(direct: Hosting) -> None:
    """It names nobody, and the audit log has the address that the connection came from."""
    forged = direct.upload(form_of(PACKAGE), AS_ROOT)
    unread = direct.client.ask("/simple/", AS_ROOT)
    own = direct.upload(form_of(PACKAGE), {**AS_ROOT, **basic("__token__", direct.token)})

    assert (forged.status, unread.status) == (401, 401)
    assert own.status == 200
    assert origins(direct) == {("root", "127.0.0.1")}


def test_t38_upload_of_a_page_of_another_site_is_not_the_users(behind: Hosting) -> None:
    """A browser was made to send it, which is signed in at the proxy or knows a password."""
    package = make_wheel("sent-by-a-page", "1.0")
    page = {"Origin": "https://evil.example"}
    forged = behind.upload(form_of(package), {**AS_ROOT, **page})
    with_password = behind.upload(form_of(package), {**basic("__token__", behind.token), **page})

    assert (forged.status, with_password.status) == (403, 403)
