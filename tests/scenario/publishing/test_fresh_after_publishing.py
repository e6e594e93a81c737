"""What was just published is found at once, whatever clients and workers remember: C-58, C-59."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from contract.conformance.asking import HTML, JSON
from scenario.publishing.yard import Yard, open_yard
from support.clients import PIP_AND_UV, Kind, OneCommand, Sandbox
from support.packages import make_wheel

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

ROUNDS = 8
CONNECTIONS = 6
"""Enough of them to meet each of two workers."""


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    """A server of several processes, of which any may take an upload."""
    with open_yard(tmp_path_factory.mktemp("crowd"), workers=2) as opened:
        yield opened


@pytest.mark.parametrize("kind", PIP_AND_UV, ids=str)
def test_c59_next_install_finds_the_new_version(
    crowd: Yard, kind: Kind[OneCommand], sandbox: Sandbox, tmp_path: Path
) -> None:
    """With warm caches of its own, a client gets what was published a moment ago."""
    client = kind.start(sandbox)
    name = f"acme-fresh-{kind.name}"
    found = []

    for version in ("1.0", "1.1", "2.0"):
        answer = crowd.hosting.upload(make_wheel(name, version))
        assert answer.status == 200, answer.body
        result = client.install([name], crowd.server.url, tmp_path / version).checked()
        found.append(result.installed[name])

    assert found == ["1.0", "1.1", "2.0"]


@pytest.mark.parametrize("accept", [JSON, HTML])
def test_c59_every_worker_shows_what_one_of_them_took(crowd: Yard, accept: str) -> None:
    """Each next request on a connection of its own sees it, without a grace of any length."""
    name = f"acme-workers-{'json' if accept == JSON else 'html'}"
    missing = []

    for number in range(ROUNDS):
        package = make_wheel(name, f"1.{number}")
        assert crowd.hosting.upload(package).status == 200
        for _ in range(CONNECTIONS):
            page = crowd.hosting.client.ask(f"/simple/{name}/", {"Accept": accept})
            if page.status != 200 or package.filename not in page.text:
                missing.append((number, page.status))

    assert missing == []


def test_c81_one_of_two_workers_wins(crowd: Yard) -> None:
    """Other bytes under one name at the same time, whichever processes take them."""
    for number in range(ROUNDS):
        made = [make_wheel("acme-race", f"1.{number}", payload_bytes=size) for size in range(4)]
        with ThreadPoolExecutor(len(made)) as pool:
            statuses = list(pool.map(lambda each: crowd.hosting.upload(each).status, made))

        assert sorted(statuses) == [200, 400, 400, 400]
        won = made[statuses.index(200)]
        assert crowd.hashes("acme-race")[won.filename] == won.sha256


def test_c58_page_of_our_own_is_asked_for_every_time(yard: Yard) -> None:
    """No client may keep it unasked; whoever has it still is told so in one line."""
    assert yard.hosting.upload(make_wheel("acme-asked", "1.0")).status == 200

    page = yard.hosting.client.page("acme-asked")
    again = yard.hosting.client.ask(
        "/simple/acme-asked/", {"Accept": JSON, "If-None-Match": page["etag"]}
    )

    directives = page.words("cache-control")
    assert "no-cache" in directives or "max-age=0" in directives
    assert (again.status, again.body) == (304, b"")


def test_c59_first_upload_ends_a_remembered_absence(yard: Yard) -> None:
    """Somebody asked for the name before it was there: the answer of then is forgotten."""
    before = yard.hosting.page("acme-first-asked")

    assert yard.hosting.upload(make_wheel("acme-first-asked", "1.0")).status == 200

    assert before.status == 404
    assert yard.hosting.page("acme-first-asked").status == 200
