"""A server that is told to ask nobody, as a client sees it: A-13, and promise 112."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from contract.conformance.asking import HTML, JSON
from faults.yard import Yard, open_yard
from support.packages import Package, make_wheel
from support.simulator import Simulator, ask

HELD, NEWER = make_wheel("demo", "1.0"), make_wheel("demo", "2.0")
SEEN = make_wheel("seen", "1.0")
"""A project whose page is held, and none of its files."""

EXPIRED = {"freshness.max_seconds": 0}


@contextmanager
def gone_offline(data: Path, upstream: Simulator) -> Iterator[Yard]:
    """Run a server offline that fetched one of two files before; its upstream is up.

    The upstream must not be asked for anything after that, unless the test forgets it.
    """
    upstream.add(HELD, NEWER, SEEN)
    with open_yard(data, upstream) as yard:
        assert yard.client.ask(yard.path_of(HELD)).status == 200
        assert yard.client.ask("/pypi/demo/json").json()["info"]["version"] == "2.0"
        assert yard.client.ask("/simple/").status == 200
        yard.client.page(SEEN.name)
    upstream.forget()
    with open_yard(data, upstream, settings=EXPIRED, arguments=["--offline"]) as yard:
        yield yard
    assert upstream.requests == []


def path_upstream(upstream: Simulator, package: Package) -> str:
    """Return the path of a file at its upstream, which is its path here as well."""
    files = ask(f"{upstream.url}{package.name}/", {"Accept": JSON}).files()
    upstream.forget()
    (url,) = [file["url"] for file in files if file["filename"] == package.filename]
    return str(urlsplit(str(url)).path)


@pytest.fixture(scope="module")
def offline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    """Yield a server that most tests share: they only look."""
    with (
        Simulator() as upstream,
        gone_offline(tmp_path_factory.mktemp("offline") / "data", upstream) as yard,
    ):
        yield yard


def test_c112_page_lists_what_is_held_and_is_fresh(offline: Yard) -> None:
    """The newer version is known, and not here: nobody may choose it."""
    page = offline.client.page(HELD.name)

    assert page.json()["versions"] == ["1.0"]
    assert [file["filename"] for file in page.json()["files"]] == [HELD.filename]
    assert page["cache-status"].startswith("wheelyard; hit")
    assert "stale" not in page["cache-status"]
    assert page.get("x-wheelyard-stale") is None
    assert page["cache-control"] == "no-cache"


def test_held_file_and_its_metadata_are_sent(offline: Yard) -> None:
    """The metadata were never asked for: they come out of the wheel."""
    page = offline.client.page(HELD.name)
    url = str(page.file(HELD.filename)["url"])

    file, metadata = offline.client.ask(url), offline.client.ask(f"{url}.metadata")

    digest = hashlib.sha256(HELD.metadata or b"").hexdigest()
    assert page.file(HELD.filename)["core-metadata"] == {"sha256": digest}
    assert (file.body, metadata.body) == (HELD.content, HELD.metadata)


def test_list_has_held_projects(offline: Yard) -> None:
    """Not every project of which the upstream's list was once read."""
    listed = offline.client.ask("/simple/", {"Accept": JSON}).json()

    assert [project["name"] for project in listed["projects"]] == [HELD.name]


def test_json_api_tells_of_what_is_held(offline: Yard) -> None:
    """Made of page and metadata: the upstream's document is about a version that is not here."""
    document = offline.client.ask(f"/pypi/{HELD.name}/json").json()

    assert document["info"]["version"] == "1.0"
    assert [file["filename"] for file in document["urls"]] == [HELD.filename]


@pytest.mark.parametrize("accept", [JSON, HTML])
@pytest.mark.parametrize("name", ["never-seen", SEEN.name])
def test_project_without_held_files_is_503(offline: Yard, name: str, accept: str) -> None:
    """Neither 404 nor an empty page: whether it exists, nobody was asked."""
    answer = offline.client.ask(f"/simple/{name}/", {"Accept": accept})

    assert answer.status == 503
    assert answer["retry-after"] == "1"
    assert "in offline mode nobody is asked" in answer.text


@pytest.mark.parametrize("is_listed", [True, False])
def test_file_that_is_not_held_is_503(*, offline: Yard, is_listed: bool) -> None:
    """A lock file may name it, even one made after the page was read: that it exists is likely."""
    released_since = f"/packages/aa/bb/{'c' * 60}/demo-3.0-py3-none-any.whl"
    path = path_upstream(offline.upstream, NEWER) if is_listed else released_since

    answers = [offline.client.ask(path), offline.client.ask(f"{path}.metadata")]

    assert [answer.status for answer in answers] == [503, 503]
    assert all("in offline mode nobody is asked" in answer.text for answer in answers)


def test_status_says_that_the_door_is_offline(offline: Yard) -> None:
    """On purpose, so nothing is wrong: ready, and not degraded."""
    report = offline.client.ask("/-/status").json()

    (door,) = report["doors"]
    assert (door["url"], door["state"]) == (offline.upstream.url, "offline")
    assert (report["ready"], report["degraded"]) == (True, [])
    assert "wheelyard_upstream_up{" not in offline.client.ask("/-/metrics").text


def test_what_another_server_fetches_shows_at_once(tmp_path: Path, upstream: Simulator) -> None:
    """Going online for a moment on the same data directory fills what is missing."""
    with gone_offline(tmp_path / "data", upstream) as yard:
        with open_yard(yard.data, upstream) as online:
            assert online.client.ask(online.path_of(NEWER)).status == 200
        upstream.forget()

        page = yard.until("/simple/demo/", lambda answer: len(answer.json()["files"]) == 2)

    assert page.json()["versions"] == ["1.0", "2.0"]


def test_empty_directory_can_be_served_offline(tmp_path: Path, upstream: Simulator) -> None:
    """The server starts, is ready, and says in log and answers what to do."""
    with open_yard(tmp_path / "data", upstream, arguments=["--offline"]) as yard:
        answers = [yard.client.ask(path) for path in ("/simple/", "/simple/demo/", "/-/ready")]
        log = yard.server.log()

    assert [answer.status for answer in answers] == [503, 503, 200]
    assert "Offline, and nothing is held" in log
    assert upstream.requests == []


def test_laptop_profile_is_a_file_beside_the_other(tmp_path: Path, upstream: Simulator) -> None:
    """As in `docs/how-to/offline.md`: one data directory, two files, one of them says offline."""
    data = tmp_path / "data"
    store = f'[store]\ndata = "{data}"\n'
    home, train = tmp_path / "home.toml", tmp_path / "train.toml"
    home.write_text(store, "utf-8")
    train.write_text(f"{store}\n[server]\noffline = true\n", "utf-8")
    upstream.add(HELD)
    with open_yard(data, upstream, arguments=["--config", str(home)]) as yard:
        assert yard.client.ask(yard.path_of(HELD)).status == 200
    upstream.forget()

    with open_yard(data, upstream, upstreams=[], arguments=["--config", str(train)]) as yard:
        answer = yard.client.ask(yard.path_of(HELD))
        (door,) = yard.client.ask("/-/status").json()["doors"]

    assert answer.body == HELD.content
    assert door["state"] == "offline"
    assert upstream.requests == []
