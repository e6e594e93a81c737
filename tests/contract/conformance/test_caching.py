"""What clients and caches between may keep: statements C-57 to C-62, and A-74."""

import re
import time
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urljoin

import pytest

from contract.conformance.asking import HTML, JSON, PIP, UV, V1_HTML, Answer, Client
from contract.conformance.contents import PROJECTS
from contract.conformance.installers import pip_or_skip
from contract.conformance.serving import Site
from support.clients.editions import PIP_26
from support.clients.sandbox import Sandbox
from support.clients.uv import Uv
from support.packages import make_wheel
from support.simulator import JSON as AS_JSON
from support.simulator import Simulator, ask, change_headers, status

NO_CACHE = change_headers({"Cache-Control": "no-cache, private"})
"""What a private index says of its pages."""

MAX_AGE = re.compile(r"max-age=(\d+)")


def lifetime_of(answer: Answer) -> int:
    """Return for how many seconds an answer may be kept; 0 if not at all."""
    said = answer["cache-control"]
    found = MAX_AGE.search(said)
    return 0 if found is None or "no-store" in said or "no-cache" in said else int(found[1])


@pytest.mark.parametrize("path", ["", *(f"{name}/" for name in PROJECTS)])
@pytest.mark.parametrize("accept", [HTML, V1_HTML, JSON])
def test_c57_page_may_be_kept_for_ten_minutes(client: Client, path: str, accept: str) -> None:
    """Not longer than PyPI says, with a tag to ask again by, and a date to count from."""
    answer = client.ask(f"/simple/{path}", {"Accept": accept})

    assert 0 < lifetime_of(answer) <= 600
    assert "public" in answer["cache-control"]
    assert re.fullmatch(r'"[!#-~]+"', answer["etag"])
    assert abs(parsedate_to_datetime(answer["date"]).timestamp() - time.time()) < 60


@pytest.mark.parametrize("path", ["", *(f"{name}/" for name in PROJECTS)])
def test_c57_age_is_not_larger_than_real(client: Client, path: str) -> None:
    """Two answers of one page are no further apart in age than in time."""
    before = time.time()
    first = client.ask(f"/simple/{path}")
    answer = client.ask(f"/simple/{path}")
    passed = time.time() - before

    assert int(answer.get("age") or 0) <= int(first.get("age") or 0) + passed + 1


@pytest.mark.parametrize("path", ["", *(f"{name}/" for name in PROJECTS)])
def test_c57_page_is_soon_younger_than_its_lifetime(client: Client, path: str) -> None:
    """One older than that is stale for uv as it arrives: asking for it renews it behind."""
    answer = client.until(
        f"/simple/{path}", lambda page: int(page.get("age") or 0) <= lifetime_of(page)
    )

    assert answer.status == 200


def test_c57_age_is_that_of_upstreams_answer(troubled: Site) -> None:
    """A page that was just fetched is no second old, however old the upstream is."""
    troubled.upstream.add(make_wheel("fetched-now", "1.0"))

    answer = troubled.client.page("fetched-now")

    assert int(answer["age"]) <= 1


@pytest.mark.parametrize("accept", [HTML, V1_HTML, JSON])
@pytest.mark.parametrize("coding", ["identity", "gzip", "zstd"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["/simple/", "/simple/foo-bar/", "/simple/large/"])
def test_page_that_the_client_has_is_304_with_its_headers(
    client: Client, path: str, accept: str, coding: str, method: str
) -> None:
    """Every header of the 200 that a cache keeps goes with it. Source: RFC 9110, 15.4.5."""
    fields = {"Accept": accept, "Accept-Encoding": coding}
    whole = client.ask(path, fields)

    answer = client.ask(path, {**fields, "If-None-Match": whole["etag"]}, method=method)

    assert answer.status == 304
    for name in ("etag", "vary", "cache-control", "x-pypi-last-serial"):
        assert answer[name] == whole[name]
    assert {"date", "age", "cache-status"} <= {name for name, _ in answer.headers}
    assert not {"content-type", "content-encoding"} & {name for name, _ in answer.headers}


@pytest.mark.parametrize("form", ["*", "W/{tag}", '"other", {tag}', "{tag},", ' {tag} , "x"'])
def test_page_is_304_for_every_way_to_name_its_tag(client: Client, form: str) -> None:
    """Lists, weak tags, and the star. Source: RFC 9110, 13.1.2."""
    tag = client.page("foo-bar")["etag"]

    answer = client.ask("/simple/foo-bar/", {"Accept": JSON, "If-None-Match": form.format(tag=tag)})

    assert answer.status == 304


@pytest.mark.parametrize("tag", ['"other"', "", '""', "W/", "foo", '"' * 99, "\xff", "," * 4_000])
def test_page_is_200_for_any_other_tag(client: Client, tag: str) -> None:
    """Nonsense is nobody's tag, and no error."""
    answer = client.ask("/simple/foo-bar/", {"Accept": JSON, "If-None-Match": tag})

    assert (answer.status, answer.json()["name"]) == (200, "foo-bar")


@pytest.mark.parametrize(
    "fields",
    [
        {"Cache-Control": "max-age=0"},
        {"Cache-Control": "no-cache", "Pragma": "no-cache"},
        {"Cache-Control": "only-if-cached"},
        {"Cache-Control": "nonsense, =, ,"},
        {"If-Modified-Since": "Wed, 21 Oct 2026 07:28:00 GMT"},
    ],
)
def test_wishes_of_the_client_do_not_reach_upstream(
    client: Client, upstream: Simulator, fields: dict[str, str]
) -> None:
    """Before 26.2 pip says ``max-age=0`` every time; a held page is answered all the same."""
    client.page("foo-bar")
    before = upstream.count("/simple/foo-bar/")

    answer = client.ask("/simple/foo-bar/", {"Accept": JSON, **fields})

    assert answer.status == 200
    assert upstream.count("/simple/foo-bar/") == before


@pytest.mark.parametrize("accept", [HTML, JSON])
def test_c58_page_that_must_not_be_kept_is_asked_for_each_time(troubled: Site, accept: str) -> None:
    """A private index says so of its pages; here its word counts for our clients as well."""
    troubled.upstream.fault("/simple/private/", NO_CACHE)
    troubled.upstream.add(make_wheel("private", "1.0"))

    answer = troubled.client.page("private", accept)
    again = troubled.client.ask(
        "/simple/private/", {"Accept": accept, "If-None-Match": answer["etag"]}
    )

    assert answer["cache-control"] in {"no-cache", "max-age=0"}
    assert (again.status, again["cache-control"]) == (304, answer["cache-control"])


@pytest.mark.slow
@pytest.mark.scenario
@pytest.mark.parametrize("tool", ["pip", "uv"])
def test_c59_what_was_just_published_is_installed(
    troubled: Site, tmp_path: Path, tool: str
) -> None:
    """With the old page in its cache, an installer finds the new version of a private index."""
    name = f"published-{tool}"
    troubled.upstream.fault(f"/simple/{name}/", NO_CACHE)
    troubled.upstream.add(make_wheel(name, "1.0"))
    sandbox, index = Sandbox(tmp_path / "sandbox"), f"{troubled.client.base_url}simple/"
    trusting = ("--trusted-host", "127.0.0.1")  # without it pip keeps nothing from loopback
    installer = pip_or_skip(PIP_26, sandbox, *trusting) if tool == "pip" else Uv(sandbox)
    old = installer.install([name], index, tmp_path / "old")
    troubled.upstream.add(make_wheel(name, "2.0"))
    troubled.client.until(f"/simple/{name}/", lambda page: len(page.json()["files"]) > 1)

    new = installer.install([name], index, tmp_path / "new")

    assert old.checked().installed == {name: "1.0"}
    assert new.checked().installed == {name: "2.0"}


@pytest.mark.parametrize("accept", [PIP, UV, "text/html", "*/*"])
@pytest.mark.parametrize("path", ["/simple/", "/simple/foo-bar/", "/simple/Foo_Bar/", "/pypi/a/"])
def test_c60_no_answer_depends_on_the_user(client: Client, path: str, accept: str) -> None:
    """Reading is open: credentials change nothing, so what is kept for one is right for all."""
    plain = client.ask(path, {"Accept": accept})
    credentials = {"Authorization": "Basic dXNlcjpzZWNyZXQ=", "Cookie": "session=1"}

    answer = client.ask(path, {"Accept": accept, **credentials})

    assert (answer.status, answer.body) == (plain.status, plain.body)
    assert answer.get("etag") == plain.get("etag")
    assert "secret" not in answer.text


def test_c61_absence_is_not_kept(client: Client) -> None:
    """A first release has to show at once."""
    assert lifetime_of(client.ask("/simple/no-such-project/")) <= 60
    assert lifetime_of(client.ask("/packages/no/such/file-1.0.tar.gz")) <= 60
    assert lifetime_of(client.ask("/pypi/no-such-project/json")) <= 60


def test_c61_outage_is_not_kept(troubled: Site) -> None:
    """A 503 is over as soon as the upstream is back."""
    troubled.upstream.fault("/simple/not-now/", status(500))

    answer = troubled.client.ask("/simple/not-now/")

    assert answer.status == 503
    assert lifetime_of(answer) <= 60
    assert 1 <= int(answer["retry-after"]) <= 5


@pytest.mark.parametrize("path", ["", "foo-bar/", "archived/", "empty/"])
@pytest.mark.parametrize("accept", [HTML, JSON])
def test_c62_serial_of_upstream_is_passed_through(
    client: Client, upstream: Simulator, path: str, accept: str
) -> None:
    """In the header, and in the body where upstream has it; never a number of our own."""
    theirs = ask(f"{upstream.url}{path}", AS_JSON)

    answer = client.ask(f"/simple/{path}", {"Accept": accept})

    assert answer["x-pypi-last-serial"] == theirs.headers["x-pypi-last-serial"]
    if accept == JSON:
        meta = theirs.json()["meta"]
        assert isinstance(meta, dict)
        assert answer.json()["meta"]["_last-serial"] == meta["_last-serial"]


def test_c62_root_has_the_serial_of_every_project(client: Client, upstream: Simulator) -> None:
    """Every project without one is dropped by bandersnatch 8."""
    theirs = ask(upstream.url, AS_JSON).json()["projects"]

    ours = client.ask("/simple/", {"Accept": JSON}).json()["projects"]

    assert ours == theirs


def test_c62_serial_follows_upstream_when_the_page_does(troubled: Site) -> None:
    """A changed page carries the new number, and a tag of its own."""
    troubled.upstream.fault("/simple/serials/", NO_CACHE)
    troubled.upstream.add(make_wheel("serials", "1.0"))
    before = troubled.client.page("serials")
    troubled.upstream.add(make_wheel("serials", "2.0"))

    after = troubled.client.until("/simple/serials/", lambda page: page.body != before.body)

    assert int(after["x-pypi-last-serial"]) == troubled.upstream.serial
    assert int(after["x-pypi-last-serial"]) > int(before["x-pypi-last-serial"])
    assert after["etag"] != before["etag"]


def test_c62_upstream_without_serials_gets_none_of_ours(client: Client) -> None:
    """A 404 has no page, hence no serial."""
    assert client.ask("/simple/no-such-project/").get("x-pypi-last-serial") is None


@pytest.mark.parametrize("path", ["/simple/foo-bar/", "/simple/"])
@pytest.mark.parametrize("accept", [HTML, JSON])
def test_cache_status_says_hit_when_nobody_was_asked(
    client: Client, path: str, accept: str
) -> None:
    """Source: RFC 9211."""
    client.ask(path, {"Accept": accept})

    answer = client.ask(path, {"Accept": accept})

    assert re.fullmatch(r"wheelyard; hit; ttl=\d+", answer["cache-status"])


def test_cache_status_says_miss_when_upstream_was_asked(troubled: Site) -> None:
    """The first request pays, the second does not."""
    troubled.upstream.add(make_wheel("missed", "1.0"))

    first = troubled.client.page("missed")

    assert first["cache-status"] == "wheelyard; fwd=miss; stored"
    assert troubled.client.page("missed")["cache-status"].startswith("wheelyard; hit;")


@pytest.mark.parametrize("name", [name for name in PROJECTS if name != "large"])
def test_files_may_be_kept_for_ever(client: Client, name: str) -> None:
    """Their addresses contain a digest; what is there never changes."""
    answer = client.page(name)

    for file in answer.json()["files"]:
        found = client.ask(urljoin(answer.url, file["url"]), method="HEAD")
        assert found["cache-control"] == "max-age=365000000, immutable, public"


@pytest.mark.parametrize("path", ["/-/live", "/-/ready", "/-/metrics", "/-/status"])
def test_state_of_the_server_is_not_kept(client: Client, path: str) -> None:
    """An old answer to "are you well?" is worth nothing."""
    assert client.ask(path)["cache-control"] == "no-store"
