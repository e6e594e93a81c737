"""Upstreams that say little: no digests, no sizes; first use recorded, or refused. F24.

What their pages look like from outside is shown in the conformance tests.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from faults.yard import Yard, kept_files, open_yard
from support.packages import make_sdist, make_wheel
from support.simulator import (
    AUTOINDEX,
    BARE,
    CORPORATE,
    Simulator,
    login_page,
    other_bytes,
    reset_after,
    truncate,
)

STYLES = {"corporate": CORPORATE, "bare": BARE, "autoindex": AUTOINDEX}


@pytest.fixture(scope="module", params=STYLES)
def _plain(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Yard]:
    """A server in front of an upstream of each style."""
    with (
        Simulator(STYLES[request.param]) as upstream,
        open_yard(tmp_path_factory.mktemp(request.param) / "data", upstream) as yard,
    ):
        yield yard


@pytest.fixture
def plain(_plain: Yard) -> Iterator[Yard]:
    """The same for each test, with a sound upstream."""
    yield _plain
    _plain.upstream.clear_faults()


def ledger_of(data: Path, project: str) -> list[tuple[str, bool]]:
    """Return the digests that the ledger has for a project, and whether they are of first use."""
    with closing(sqlite3.connect(f"file:{data / 'catalog.sqlite'}?mode=ro", uri=True)) as catalog:
        found = catalog.execute(
            "select sha256, first_use from ledger where project = ?", (project,)
        )
        return [(sha256, bool(first_use)) for sha256, first_use in found]


def test_first_use_is_recorded_and_held_to(plain: Yard) -> None:
    """F24: what came first is what the name means, even after the bytes were lost here."""
    package = make_sdist("spoken", "1.0")
    plain.add_held(package)
    path = plain.path_of(package)
    first = plain.client.ask(path)
    page = plain.until("/simple/spoken/", lambda page: page.file(package.filename)["hashes"])
    plain.upstream.fault(f"*{package.filename}", other_bytes(b"something else altogether"))
    for blob in kept_files(plain.data):
        blob.unlink()

    again, old = plain.client.ask(plain.path_of(package)), plain.client.ask(path)

    assert first.body == package.content
    assert page.file(package.filename)["hashes"] == {"sha256": package.sha256}
    assert {again.status, old.status} == {503}
    assert ledger_of(plain.data, "spoken") == [(package.sha256, True)]


@pytest.mark.parametrize("fault", ["truncate", "reset"])
def test_short_file_without_a_digest_is_never_kept(plain: Yard, fault: str) -> None:
    """F19, F21: how the connection ended is all there is to go by, and it is gone by."""
    package = make_wheel(f"cut-off-{fault}", "1.0", payload_bytes=500_000)
    plain.add_held(package)
    path = plain.path_of(package)
    spoil = truncate(200_000) if fault == "truncate" else reset_after(200_000)
    broken = plain.upstream.fault(f"*{package.filename}", spoil)

    head, body = plain.take_cut(path)

    assert head.startswith(b"HTTP/1.1 503 ") or len(body) < package.size
    assert not head.startswith(b"HTTP/1.1 200 ") or not body.endswith(b"0\r\n\r\n")
    assert ledger_of(plain.data, package.name) == []
    broken.clear()
    assert plain.client.ask(path).body == package.content


def test_login_page_is_no_file_even_without_a_digest(plain: Yard) -> None:
    """F16: a portal's form must not be recorded as the first use of a name, for ever."""
    package = make_wheel("portal", "1.0")
    plain.add_held(package)
    path = plain.path_of(package)
    portal = plain.upstream.fault(f"*{package.filename}", login_page())

    refused = plain.client.ask(path)

    assert refused.status == 503
    portal.clear()
    assert plain.client.ask(path).body == package.content
    assert ledger_of(plain.data, "portal") == [(package.sha256, True)]


def test_digest_that_appears_later_has_to_be_the_recorded_one(plain: Yard) -> None:
    """F24, T06: an upstream that begins to state digests does not rewrite what was first used."""
    package, other = make_wheel("later", "1.0"), make_wheel("later", "1.0", payload_bytes=1000)
    plain.add_held(package)
    plain.client.ask(plain.path_of(package))
    plain.upstream.remove(package.filename)
    plain.upstream.add(other)
    page = plain.until("/simple/later/", lambda page: page.file(package.filename)["hashes"])

    sent = plain.client.ask(plain.path_of(package))

    assert page.file(package.filename)["hashes"] == {"sha256": package.sha256}
    assert other.sha256 not in json.dumps(page.json())
    assert sent.body == package.content


def test_file_without_a_digest_is_refused_where_the_policy_says_so(tmp_path: Path) -> None:
    """F24: it is not on the page, and an address made for it by hand brings 403 or 404."""
    package = make_wheel("unproven", "1.0")
    with Simulator(CORPORATE) as upstream:
        upstream.add(package)
        with open_yard(tmp_path / "recording", upstream) as yard:
            path = yard.path_of(package)
        strict = {"upstream.default.unhashed": "refuse"}
        with open_yard(tmp_path / "refusing", upstream, settings=strict) as yard:
            page, file = yard.client.page("unproven"), yard.client.ask(path)

        assert page.json()["files"] == []
        assert file.status in {403, 404}
        assert upstream.count("file") == 0
