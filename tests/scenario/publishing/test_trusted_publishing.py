"""A pipeline publishes without any password: the real uv, the exchange, a real server over HTTPS.

The pipeline's issuer is one of ours on this machine; uv finds it by the variables that GitHub sets.
"""

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
import uv

from support.clients import Outcome, Release, Sandbox, release_of
from support.issuer import Issuer, running_issuer
from support.server import RunningServer, running_server
from support.simulator import Simulator
from wheelyard.cli.main import run

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

AUDIENCE = "packages.example"


@dataclass(frozen=True, slots=True)
class Yard:
    """A server that trusts one repository of one issuer with one project."""

    server: RunningServer
    issuer: Issuer
    authority: Path

    def publish(self, sandbox: Sandbox, release: Release, folder: Path) -> Outcome:
        """Publish as a job of GitHub would."""
        files = release.write(folder)
        variables = {
            "GITHUB_ACTIONS": "true",
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.issuer.url}/request?api-version=2.0",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "job",
            "SSL_CERT_FILE": str(self.authority),
        }
        url = f"{self.server.base_url}/legacy/"
        command = (uv.find_uv_bin(), "publish", "--trusted-publishing", "always")
        return sandbox.run(*command, "--publish-url", url, *files, variables=variables)

    def ask(self, path: str, body: object = None) -> tuple[int, Mapping[str, object]]:
        """Return the status and the JSON at a path."""
        context = ssl.create_default_context(cafile=self.authority)
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.server.base_url}{path}", data)
        try:
            with urllib.request.urlopen(request, context=context) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    """Run a server, an upstream that has nothing, and an issuer; trust `acme/app` with `app`."""
    folder = tmp_path_factory.mktemp("yard")
    data, certificate, authority = folder / "data", folder / "server.pem", folder / "ca.pem"
    signer = trustme.CA()
    signer.cert_pem.write_to_path(str(authority))
    signer.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(certificate))
    with running_issuer() as issuer, Simulator() as upstream, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(authority))  # for whoever waits for the server
        issuer.person = {"preferred_username": "alice"}
        issuer.run = {"repository": "acme/app", "sub": "repo:acme/app:ref:refs/tags/v1"}
        environ = {
            "WHEELYARD__OIDC__CI__ISSUER": issuer.url,
            "WHEELYARD__OIDC__CI__CLIENT_ID": "wheelyard",
            "WHEELYARD__OIDC__CI__CLIENT_SECRET": "hush",
            "WHEELYARD__ACCESS__AUDIENCE": AUDIENCE,
        }
        arguments = ["--tls-cert", str(certificate)]
        with running_server(
            data, upstreams=[upstream.url], environ=environ, arguments=arguments
        ) as server:
            words = ["--project", "app", "--issuer", "ci", "--claim", "repository=acme/app"]
            assert run(["publisher", "add", *words, "--data", str(data)]) == 0
            assert run(["user", "add", "alice", "--data", str(data)]) == 0
            grant = ["role", "grant", "alice", "uploader", "--project", "app"]
            assert run([*grant, "--data", str(data)]) == 0
            yield Yard(server, issuer, authority)


def test_uv_publishes_without_a_password(yard: Yard, sandbox: Sandbox, tmp_path: Path) -> None:
    """The project does not exist before, and the audit log says which run made it."""
    outcome = yard.publish(sandbox, release_of("app", "1.0"), tmp_path)

    outcome.checked()
    status, page = yard.ask("/pypi/app/json")
    assert status == 200
    urls = page["urls"]
    assert isinstance(urls, list)
    assert len(urls) == 2


def test_uv_cannot_publish_what_its_run_is_not_trusted_with(
    yard: Yard, sandbox: Sandbox, tmp_path: Path
) -> None:
    """The token is for one project, and the sentence says so."""
    outcome = yard.publish(sandbox, release_of("other", "1.0"), tmp_path)

    assert outcome.exit_code != 0
    assert "may not upload" in outcome.output


def test_uv_is_told_why_a_run_is_not_trusted(yard: Yard, sandbox: Sandbox, tmp_path: Path) -> None:
    """Another repository of the same issuer is a stranger."""
    own, yard.issuer.run = yard.issuer.run, {"repository": "evil/app", "sub": "x"}
    try:
        outcome = yard.publish(sandbox, release_of("app", "2.0"), tmp_path)
    finally:
        yard.issuer.run = own

    assert outcome.exit_code != 0
    assert "no publisher of this server has its claims" in outcome.output


def test_person_signs_in_and_publishes(yard: Yard, sandbox: Sandbox, tmp_path: Path) -> None:
    """A browser goes to the issuer and comes back; the token that it is shown is good for uv."""
    context = ssl.create_default_context(cafile=yard.authority)
    browser = urllib.request.build_opener(
        urllib.request.HTTPCookieProcessor(), urllib.request.HTTPSHandler(context=context)
    )
    address = f"{yard.server.base_url}/_/login"
    with browser.open(address) as page:
        shown = page.read().decode()
    form = urllib.request.Request(f"{address}/token", b"", {"Sec-Fetch-Site": "same-origin"})
    with browser.open(form) as answer:
        token = answer.read().decode().splitlines()[0]

    files = release_of("app", "3.0").write(tmp_path)
    variables = {
        "UV_PUBLISH_TOKEN": token,
        "UV_PUBLISH_URL": f"{yard.server.base_url}/legacy/",
        "SSL_CERT_FILE": str(yard.authority),
    }
    command = (uv.find_uv_bin(), "publish", "--trusted-publishing", "never")
    outcome = sandbox.run(*command, *files, variables=variables)

    outcome.checked()
    assert "signed in as <b>alice</b>" in shown
    assert token not in yard.server.log()


def test_assertion_is_exchanged_once(yard: Yard) -> None:
    """Over the network, and whatever was uploaded before."""
    status, told = yard.ask("/_/oidc/audience")
    assertion = yard.issuer.sign({"aud": told["audience"], **yard.issuer.run})

    first, minted = yard.ask("/_/oidc/mint-token", {"token": assertion})
    second, refused = yard.ask("/_/oidc/mint-token", {"token": assertion})

    assert (status, told) == (200, {"audience": AUDIENCE})
    assert (first, second) == (200, 422)
    assert minted["success"] is True
    errors = refused["errors"]
    assert isinstance(errors, list)
    assert errors[0]["code"] == "invalid-reuse-token"
    assert str(minted["token"]) not in yard.server.log()
    assert assertion not in yard.server.log()
