"""200 uploads at once, and the server is killed among them: F40, F42, F73, G1, C-80.

What was acknowledged is there after the restart, whole; what was not is there whole or not at all;
and whoever was not answered sends the same again and is told that all is well.
"""

import base64
import http.client
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import msgspec
import pytest

from chaos.campaign import Campaign, count
from support.accounts import new_administrator, wheelyard
from support.packages import Package, make_wheel
from support.server import RunningServer, running_server
from support.uploads import digests_of, form_of

pytestmark = pytest.mark.slow

PATIENCE_SECONDS = 180.0
JSON = "application/vnd.pypi.simple.v1+json"
LOST = (OSError, http.client.HTTPException)


@dataclass(slots=True)
class Uploads:
    """What was sent to a data directory, and what of it was acknowledged."""

    data: Path
    token: str
    sent: dict[str, Package] = field(default_factory=dict)
    acknowledged: set[str] = field(default_factory=set)
    turn: threading.Lock = field(default_factory=threading.Lock)

    def post(self, server: RunningServer, package: Package) -> int:
        """Upload a file, and note whether that was acknowledged."""
        content_type, body = form_of(package).render()
        user = base64.b64encode(f"__token__:{self.token}".encode()).decode()
        fields = {"Content-Type": content_type, "Authorization": f"Basic {user}"}
        host = urlsplit(server.base_url).netloc
        connection = http.client.HTTPConnection(host, timeout=PATIENCE_SECONDS)
        try:
            connection.request("POST", "/legacy/", body, fields)
            answer = connection.getresponse()
            said = answer.read()
        finally:
            connection.close()
        assert answer.status == 200, f"{answer.status} {answer.reason}: {said!r}"
        with self.turn:
            self.acknowledged.add(package.filename)
        return len(self.acknowledged)


@pytest.fixture(scope="module")
def uploads(tmp_path_factory: pytest.TempPathFactory) -> Uploads:
    """Have a data directory with an administrator."""
    data = tmp_path_factory.mktemp("uploads") / "data"
    return Uploads(data, new_administrator(data))


def make_round(number: int, wanted: int) -> list[Package]:
    """Return that many wheels of a few projects, some of them new."""
    return [
        make_wheel(f"round-{number}-{each % 10}", f"1.{each}", payload_bytes=each * 311 % 20_000)
        for each in range(wanted)
    ]


def test_upload_that_was_acknowledged_outlives_a_kill(campaign: Campaign, uploads: Uploads) -> None:
    """At any moment among many; and nothing is ever half visible."""
    answered = 0
    for each in campaign.rounds(2):
        with each:
            packages = make_round(each.number, count(200, most=200))
            uploads.sent |= {package.filename: package for package in packages}
            kill_at = len(uploads.acknowledged) + each.random.randrange(len(packages))
            send_and_kill(uploads, packages, kill_at)
            with running_server(uploads.data, arguments=["--offline"]) as server:
                check_what_is_there(server, uploads)
                for package in packages:
                    if package.filename not in uploads.acknowledged:
                        uploads.post(server, package)
                check_what_is_there(server, uploads)
            answered += len(packages)
    wheelyard(uploads.data, "verify")
    campaign.note(uploads=answered)


def send_and_kill(uploads: Uploads, packages: Sequence[Package], kill_at: int) -> None:
    """Upload all at once, and kill the server when so many were acknowledged in all."""
    with running_server(uploads.data, arguments=["--offline"]) as server:

        def send(package: Package) -> None:
            try:
                if uploads.post(server, package) >= kill_at:
                    server.kill()
            except LOST:
                return

        with ThreadPoolExecutor(len(packages)) as threads:
            for done in [threads.submit(send, package) for package in packages]:
                done.result()
        server.kill()


def check_what_is_there(server: RunningServer, uploads: Uploads) -> None:
    """Hold the server to what it acknowledged, and every file that it lists to its digest."""
    listed: dict[str, str] = {}
    for project in {package.name for package in uploads.sent.values()}:
        page = ask(server, f"/simple/{project}/", {"Accept": JSON})
        for file in msgspec.json.decode(page)["files"] if page else ():
            package = uploads.sent[file["filename"]]
            sha256 = digests_of(package.content)["sha256_digest"]
            assert file["hashes"]["sha256"] == sha256
            url = urljoin(f"{server.base_url}/simple/{project}/", file["url"])
            listed[package.filename] = urlsplit(url).path
    missing = uploads.acknowledged - listed.keys()
    assert not missing, f"acknowledged and lost: {sorted(missing)[:5]}"
    for filename, path in listed.items():
        assert ask(server, path) == uploads.sent[filename].content
        assert ask(server, f"{path}.metadata")


def ask(server: RunningServer, path: str, fields: dict[str, str] | None = None) -> bytes:
    """Return a body; empty if there is nothing at that path.

    A project of which the kill left nothing is 503: offline, nobody can say that it does not exist.
    """
    host = urlsplit(server.base_url).netloc
    connection = http.client.HTTPConnection(host, timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", path, headers=fields or {})
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    assert answer.status in {200, 404, 503}, (path, answer.status, body)
    return body if answer.status == 200 else b""
