"""Which addresses we give out: A-27. Forged ones never, a proxy's only where it is trusted."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest

from contract.conformance.asking import HTML, JSON, V1_HTML, Answer, Client
from contract.conformance.serving import serving
from support.simulator import Simulator

EVIL = "evil.example"
FORGERIES: dict[str, Mapping[str, str]] = {
    "host": {"Host": EVIL},
    "host-and-port": {"Host": f"{EVIL}:443"},
    "forwarded-host": {"X-Forwarded-Host": EVIL, "X-Forwarded-Proto": "https"},
    "forwarded-proto": {"X-Forwarded-Proto": "https"},
    "forwarded-prefix": {"X-Forwarded-Prefix": f"//{EVIL}/"},
    "forwarded-port": {"X-Forwarded-Port": "666", "X-Forwarded-Server": EVIL},
    "forwarded": {"Forwarded": f"host={EVIL};proto=https"},
    "original": {"X-Original-URL": f"//{EVIL}/", "X-Rewrite-URL": f"//{EVIL}/"},
    "script-name": {"X-Script-Name": f"//{EVIL}", "Script-Name": f"//{EVIL}"},
    "origin": {"Origin": f"https://{EVIL}", "Referer": f"https://{EVIL}/"},
}
PATHS = (
    "/",
    "/simple",
    "/simple/",
    "/simple/foo-bar",
    "/simple/Foo_Bar/",
    "/simple/foo-bar/",
    "/simple/provenance/",
    "/simple/no-such-project/",
    "/pypi/foo-bar/json",
    "/pypi/foo-bar/1.0/json",
    "/pypi/Foo_Bar/json",
    "/packages/nothing",
    "/-/status",
)


def said(answer: Answer) -> str:
    """Return everything that a client or a cache would remember of an answer."""
    kept = [f"{n}: {v}" for n, v in answer.headers if n not in {"date", "age", "cache-status"}]
    return "\n".join([*kept, answer.text])


@pytest.mark.parametrize("forged", FORGERIES)
@pytest.mark.parametrize("path", PATHS)
def test_forged_address_is_on_no_answer(client: Client, path: str, forged: str) -> None:
    """Neither in a body nor in a header, redirects included: nothing to poison a cache with."""
    for accept in (HTML, V1_HTML, JSON):
        plain = client.ask(path, {"Accept": accept})
        answer = client.ask(path, {"Accept": accept, **FORGERIES[forged]})

        assert answer.status == plain.status
        assert EVIL not in said(answer)
        if path != "/-/status":
            assert said(answer) == said(plain)


def test_forged_first_request_is_not_kept(troubled_cold: Client) -> None:
    """The one that fills every cache is the one that an attacker would send."""
    forged = {"Host": EVIL, "X-Forwarded-Host": EVIL, "Accept": HTML}

    for path in PATHS:
        assert EVIL not in said(troubled_cold.ask(path, forged))
        assert EVIL not in said(troubled_cold.ask(path))


@pytest.fixture
def troubled_cold(upstream: Simulator, tmp_path: Path) -> Iterator[Client]:
    """A server that was never asked for anything."""
    with serving(upstream.url, tmp_path) as found:
        yield found


@pytest.mark.parametrize("path", ["/simple/foo-bar/", "/simple/archived/", "/simple/large/"])
@pytest.mark.parametrize("accept", [HTML, JSON])
def test_links_hold_under_any_host(client: Client, path: str, accept: str) -> None:
    """File links are relative: no address of ours is written on a page at all."""
    text = client.ask(path, {"Accept": accept}).text

    host, port = client.address
    assert f"{host}:{port}" not in text
    assert "://" not in text


@pytest.mark.parametrize("path", ["/simple", "/simple/Foo_Bar/", "/pypi/Foo_Bar/json"])
def test_redirects_are_relative(client: Client, path: str) -> None:
    """They hold behind any proxy, whatever it does to host, scheme and path (1.2.6)."""
    location = urlsplit(client.ask(path)["location"])

    assert (location.scheme, location.netloc) == ("", "")
    assert not location.path.startswith("/")


# --- with a configured address --------------------------------------------------------------------

BASE = "https://index.example/py/"


@pytest.fixture(scope="module")
def mounted(upstream: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A server that the world knows by another address, below a path."""
    settings = {"SERVER__BASE_URL": BASE}
    with serving(upstream.url, tmp_path_factory.mktemp("data"), settings) as found:
        yield found


@pytest.mark.parametrize("prefix", ["/py", ""])
@pytest.mark.parametrize("accept", [HTML, JSON])
def test_page_answers_below_the_path_and_without_it(
    mounted: Client, prefix: str, accept: str
) -> None:
    """Some proxies take the path away, others leave it."""
    answer = mounted.ask(f"{prefix}/simple/foo-bar/", {"Accept": accept})

    assert answer.status == 200
    assert answer.body == mounted.ask("/simple/foo-bar/", {"Accept": accept}).body


@pytest.mark.parametrize(
    "path",
    ["/py/simple", "/py/simple/Foo_Bar", "/py/simple//foo-bar/", "//py//simple//Foo.Bar/"],
)
def test_redirects_stay_below_the_path(mounted: Client, path: str) -> None:
    """Followed to the end, as a client outside would."""
    answer = mounted.follow(path)

    assert answer.status == 200
    assert answer.url.startswith(mounted.base_url)
    assert "/py/" in answer.url


def test_links_lead_to_files_below_the_path(mounted: Client) -> None:
    """As a client outside resolves them, and as the proxy hands them on."""
    page = mounted.ask("/py/simple/foo-bar/", {"Accept": JSON})

    for file in page.json()["files"]:
        outside = urljoin(f"{BASE}simple/foo-bar/", file["url"])
        assert outside.startswith(f"{BASE}packages/")
        assert mounted.ask(urlsplit(outside).path).status == 200
        assert mounted.ask(urlsplit(outside).path.removeprefix("/py")).status == 200


def test_addresses_that_must_be_absolute_are_the_configured_one(mounted: Client) -> None:
    """JSON API, provenance and the welcome page."""
    for path in ("/py/pypi/foo-bar/json", "/pypi/foo-bar/json"):
        document = mounted.ask(path).json()
        assert all(file["url"].startswith(f"{BASE}packages/") for file in document["urls"])
    (file,) = mounted.ask("/py/simple/provenance/", {"Accept": JSON}).json()["files"]
    assert file["provenance"].startswith(f"{BASE}integrity/provenance/1.0/")
    assert f"{BASE}simple/" in mounted.ask("/py/").text


def test_provenance_of_ours_answers_at_its_address(mounted: Client) -> None:
    """The object is served, typed, and may be asked about again."""
    (file,) = mounted.ask("/py/simple/provenance/", {"Accept": JSON}).json()["files"]
    path = urlsplit(file["provenance"]).path

    answer = mounted.ask(path)

    assert answer.json() == {"version": 1, "attestation_bundles": []}
    assert answer["content-type"] == "application/vnd.pypi.integrity.v1+json"
    assert mounted.ask(path, {"If-None-Match": answer["etag"]}).status == 304
    assert mounted.ask(path.replace("1.0/", "2.0/", 1)).status == 404


@pytest.mark.parametrize("forged", FORGERIES)
def test_forged_address_does_not_win_over_the_configured_one(mounted: Client, forged: str) -> None:
    """Also not through headers that name a path."""
    for path in ("/py/", "/py/pypi/foo-bar/json", "/py/simple/provenance/", "/py/simple/Foo_Bar"):
        answer = mounted.ask(path, FORGERIES[forged])

        assert EVIL not in said(answer)
        assert said(answer) == said(mounted.ask(path))


def test_files_may_be_on_another_host(upstream: Simulator, tmp_path: Path) -> None:
    """`files_url` is for a CDN in front of the files alone."""
    settings = {"SERVER__BASE_URL": BASE, "SERVER__FILES_URL": "https://files.example/mirror/"}
    with serving(upstream.url, tmp_path, settings) as client:
        page = client.ask("/simple/foo-bar/", {"Accept": JSON}).json()
        document = client.ask("/pypi/foo-bar/json").json()

        for file in (*page["files"], *document["urls"]):
            assert file["url"].startswith("https://files.example/mirror/packages/")
            assert client.ask(urlsplit(file["url"]).path.removeprefix("/mirror")).status == 200


# --- behind a trusted proxy -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def trusting(upstream: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A server that believes its peers on this machine."""
    settings = {"SERVER__TRUSTED_PROXIES": "127.0.0.0/8"}
    with serving(upstream.url, tmp_path_factory.mktemp("data"), settings) as found:
        yield found


def test_trusted_proxy_tells_our_address(trusting: Client) -> None:
    """Scheme, host and path as the client wrote them."""
    forwarded = {
        "X-Forwarded-Host": "index.example",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Prefix": "/py",
    }

    document = trusting.ask("/pypi/foo-bar/json", forwarded).json()

    assert all(file["url"].startswith(f"{BASE}packages/") for file in document["urls"])
    assert f"{BASE}simple/" in trusting.ask("/", forwarded).text


def test_answer_that_depends_on_the_proxy_is_not_mixed_up(trusting: Client) -> None:
    """Each host gets its own addresses and its own tag; pages are the same for all."""
    first = trusting.ask("/pypi/foo-bar/json", {"X-Forwarded-Host": "one.example"})
    second = trusting.ask("/pypi/foo-bar/json", {"X-Forwarded-Host": "two.example"})

    assert "two.example" not in first.text
    assert "one.example" not in second.text
    assert first["etag"] != second["etag"]
    for accept in (HTML, JSON):
        pages = [
            trusting.ask("/simple/foo-bar/", {"Accept": accept, "X-Forwarded-Host": host})
            for host in ("one.example", "two.example")
        ]
        assert pages[0].body == pages[1].body
        assert pages[0]["etag"] == pages[1]["etag"]


@pytest.mark.parametrize(
    "host",
    [
        "evil.example/x",
        "a b",
        "a\tb",
        "<script>",
        "u:p@evil.example",
        "evil#",
        "\xe9.example",
    ],
)
def test_host_that_cannot_be_is_not_believed_of_anybody(trusting: Client, host: str) -> None:
    """A proxy may pass on what a client made up; it must not get onto a page."""
    plain = trusting.ask("/pypi/foo-bar/json")

    answer = trusting.ask("/pypi/foo-bar/json", {"X-Forwarded-Host": host})

    assert answer.body == plain.body


def test_last_host_of_a_list_counts(trusting: Client) -> None:
    """What stands before it was sent by the client."""
    answer = trusting.ask("/", {"X-Forwarded-Host": f"{EVIL}, index.example"})

    assert EVIL not in answer.text
    assert "http://index.example/simple/" in answer.text
