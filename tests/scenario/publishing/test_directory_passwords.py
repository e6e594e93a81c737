"""People of a directory install and publish with their passwords: real clients, a real slapd."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from access.place import basic
from support.accounts import new_administrator, wheelyard
from support.clients import (
    PIP_26,
    TWINE_7,
    Account,
    Pip,
    Publisher,
    Sandbox,
    Twine,
    UvPublish,
    need,
    release_of,
)
from support.server import RunningServer, running_server
from support.simulator import Simulator, ask
from support.slapd import GROUPS, PASSWORDS, PEOPLE, Slapd, running_slapd

pytestmark = [pytest.mark.scenario, pytest.mark.slow]


@dataclass(frozen=True, slots=True)
class Yard:
    """A server whose index is for members only, and its directory."""

    server: RunningServer
    data: Path
    slapd: Slapd

    def account(self, user: str, password: str) -> Account:
        """Return where clients publish to, and as whom."""
        return Account(f"{self.server.base_url}/legacy/", password, user)

    def url_for(self, user: str, password: str) -> str:
        """Return the address of the index with a password in it, as pip takes it."""
        return self.server.url.replace("://", f"://{user}:{password}@")


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    """Run a directory, and a server where its group `release` may upload."""
    folder = tmp_path_factory.mktemp("directory")
    data = folder / "data"
    with running_slapd(folder / "slapd") as slapd, Simulator() as upstream:
        slapd.join("release", "alice")
        settings = {
            "index.main.read": "members",
            "ldap.url": slapd.tls_url,
            "ldap.ca": slapd.authority,
            "ldap.bind_dn_pattern": f"uid={{user}},{PEOPLE}",
            "ldap.add_users": "true",
            "ldap.groups": "release",
            "ldap.group_base_dn": GROUPS,
        }
        with running_server(data, upstreams=[upstream.url], settings=settings) as server:
            wheelyard(data, "group", "add", "release")
            wheelyard(data, "role", "grant", "release", "uploader", "--index", "main")
            yield Yard(server, data, slapd)


@pytest.mark.parametrize("client", ["twine", "uv"])
def test_member_of_a_group_publishes_and_installs(
    yard: Yard, client: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    """Whom nobody has added here before; a password that is wrong does neither."""
    need(PIP_26)
    need(TWINE_7)
    publisher: Publisher = Twine(TWINE_7, sandbox) if client == "twine" else UvPublish(sandbox)
    release = release_of(f"acme-by-{client}", "1.0")
    pip = Pip(PIP_26, sandbox)
    alice = ("alice", PASSWORDS["alice"])

    wrong = publisher.publish(release, yard.account("alice", "wrong"), tmp_path / "wrong")
    publisher.publish(release, yard.account(*alice), tmp_path / "project").checked()
    installed = pip.install([release.name], yard.url_for(*alice), tmp_path / "in").checked()
    refused = pip.download([release.name], yard.url_for("alice", "wrong"), tmp_path / "out")

    assert wrong.exit_code != 0
    assert installed.installed == {release.name: "1.0"}
    assert refused.exit_code != 0


def test_user_without_a_role_sees_nothing_and_tokens_outlive_the_directory(
    yard: Yard,
) -> None:
    """A password is one thing and a right another; away is neither yes nor no."""
    header = {"Authorization": basic("bob", PASSWORDS["bob"])}
    token = new_administrator(yard.data)
    assert ask(f"{yard.server.url}acme/", header).status == 404
    assert ask(f"{yard.server.url}acme/").status == 401

    with yard.slapd.away():
        users = ("o+connor", "nobody")
        answers = [ask(yard.server.url, {"Authorization": basic(u, "rosebud3")}) for u in users]
        by_token = ask(yard.server.url, {"Authorization": f"Bearer {token}"})

    assert [answer.status for answer in answers] == [503, 503]
    assert all("retry-after" in answer.headers for answer in answers)
    assert by_token.status == 200
