"""What a client is told for what upstream says: section 5.3, most of its rows F1 to F20 by number.

Outages that last, several doors and everything that needs time are tested elsewhere.
"""

import re
import threading
from collections.abc import Iterator

import pytest

from contract.conformance.asking import HTML, JSON, Answer
from contract.conformance.serving import Site, serving
from support.packages import make_wheel
from support.simulator import (
    Fault,
    change_headers,
    empty_page,
    garbage,
    login_page,
    other_bytes,
    redirect_loop,
    refuse,
    running_simulator,
    stall_after,
    status,
    truncate,
    unparsable,
    wants_credentials,
    wrong_bytes,
    wrong_length,
)

FAILURES: dict[str, Fault] = {
    "500": status(500),
    "502": status(502),
    "503": status(503, retry_after=900),
    "504": status(504),
    "429": status(429, retry_after="Wed, 21 Oct 2026 07:28:00 GMT"),
    "401": status(401),
    "403": status(403),
    "407": status(407),
    "reset": refuse(),
    "no-http": garbage("status-line"),
    "two-lengths": garbage("two-lengths"),
    "truncated": truncate(20),
    "half": unparsable(),
    "login": login_page(),
    "nothing": other_bytes(b""),
    "not-json": other_bytes(b"{"),
    "empty-object": other_bytes(b"{}"),
    "other-type": change_headers({"Content-Type": "image/png"}),
    "loop": redirect_loop(),
    "password": wants_credentials("user", "secret"),
}
SHORT_LIVED = change_headers({"Cache-Control": "max-age=0", "ETag": None})
"""A page that has to be asked for again at once, and whole."""

EVERY_FAILURE = pytest.mark.parametrize("fault", FAILURES)
_SOUND_ALL_THE_SAME = {"other-type"}
"""The body is a page whatever its label says, and is taken for one (odd types are sniffed)."""


@pytest.fixture(scope="module")
def eager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server whose pages are old as soon as they have come."""
    settings = {"FRESHNESS__MAX_SECONDS": "0", "FRESHNESS__NEGATIVE_SECONDS": "0"}
    with (
        running_simulator() as upstream,
        serving(upstream.url, tmp_path_factory.mktemp("data"), settings) as client,
    ):
        yield Site(client, upstream)


def test_f1_page_is_passed_on(troubled: Site) -> None:
    """The ordinary case."""
    troubled.upstream.add(make_wheel("f1", "1.0"))

    assert troubled.client.page("f1").json()["versions"] == ["1.0"]


@EVERY_FAILURE
def test_f2_held_page_is_sent_while_upstream_fails(troubled: Site, fault: str) -> None:
    """Marked for people, kept for a short while, without an age: never an error."""
    name = f"f2-{fault}"
    troubled.upstream.fault(f"/simple/{name}/", SHORT_LIVED)
    troubled.upstream.add(make_wheel(name, "1.0"))
    before = troubled.client.page(name)
    troubled.upstream.fault(f"/simple/{name}/", FAILURES[fault])

    answer = before
    if fault not in _SOUND_ALL_THE_SAME:
        answer = troubled.client.until(
            f"/simple/{name}/", lambda each: each.get("x-wheelyard-stale") is not None
        )

    assert (answer.status, answer.body, answer["etag"]) == (200, before.body, before["etag"])
    if fault not in _SOUND_ALL_THE_SAME:
        assert answer["cache-control"] == "public, max-age=10"
        assert answer.get("age") is None
        assert int(answer["x-wheelyard-stale"]) >= 0
        assert re.fullmatch(r"wheelyard; hit; ttl=(0|-\d+); detail=stale", answer["cache-status"])


def test_f3_absence_is_passed_on(troubled: Site) -> None:
    """An authority said that there is none."""
    assert troubled.client.ask("/simple/f3/").status == 404


def test_f3_first_release_shows_soon(eager: Site) -> None:
    """A negative answer is kept for as long as the settings say, here not at all."""
    assert eager.client.ask("/simple/f3-first/").status == 404
    eager.upstream.add(make_wheel("f3-first", "1.0"))

    assert eager.client.ask("/simple/f3-first/").status == 200


@EVERY_FAILURE
@pytest.mark.parametrize("accept", [HTML, JSON])
def test_f4_failure_without_a_copy_is_503(troubled: Site, fault: str, accept: str) -> None:
    """Never 404, which is a lie; never 502 or 504, which pip does not ask again.

    Also F6: what is no page of this project is a failure, and is not kept.
    """
    name = f"f4-{fault}-{accept[-4:]}"
    troubled.upstream.add(make_wheel(name, "1.0"))
    spoiled = troubled.upstream.fault(f"/simple/{name}/", FAILURES[fault])
    fields = {"Accept": accept}

    answer = troubled.client.ask(f"/simple/{name}/", fields)

    if fault in _SOUND_ALL_THE_SAME:
        assert answer.status == 200
        return
    assert answer.status == 503
    assert answer["retry-after"] == "1"
    assert "secret" not in answer.text
    spoiled.clear()
    assert troubled.client.ask(f"/simple/{name}/", fields).status == 200


def test_f7_loss_is_believed_when_it_is_confirmed(troubled: Site) -> None:
    """A project that is gone upstream is gone here: 404, after a second reading."""
    troubled.upstream.fault("/simple/f7/", SHORT_LIVED)
    troubled.upstream.add(make_wheel("f7", "1.0"))
    troubled.client.page("f7")
    troubled.upstream.remove_project("f7")

    answer = troubled.client.until("/simple/f7/", lambda each: each.status != 200)

    assert answer.status == 404


def test_f8_quarantine_is_obeyed(troubled: Site) -> None:
    """Page without files, and no file under its old address either."""
    troubled.upstream.fault("/simple/f8/", SHORT_LIVED)
    package = make_wheel("f8", "1.0")
    troubled.upstream.add(package)
    url = troubled.client.page("f8").file(package.filename)["url"]
    assert troubled.client.ask(url).status == 200
    troubled.upstream.status("f8", "quarantined", "malware")

    answer = troubled.client.until("/simple/f8/", lambda each: not each.json()["files"])

    assert answer.json()["project-status"] == {"status": "quarantined", "reason": "malware"}
    refused = troubled.client.ask(url)
    assert refused.status in {403, 404, 451}
    assert refused.status != 403 or "malware" in refused.text


def test_f11_held_file_needs_no_upstream(troubled: Site) -> None:
    """Asked a second time it comes from the disk."""
    package = make_wheel("f11", "1.0")
    troubled.upstream.add(package)
    url = troubled.client.page("f11").file(package.filename)["url"]
    troubled.client.ask(url)
    troubled.upstream.fault(f"*/{package.filename}", status(500))

    answer = troubled.client.ask(url)

    assert (answer.status, answer.body) == (200, package.content)
    assert troubled.client.ask(f"{url}.metadata").status == 200


def test_f13_wrong_bytes_are_never_whole(troubled: Site) -> None:
    """An error before the first byte, or a connection that breaks before the last one."""
    package = make_wheel("f13", "1.0", payload_bytes=2_000_000)
    troubled.upstream.add(package)
    url = troubled.client.page("f13").file(package.filename)["url"]
    spoiled = troubled.upstream.fault(f"*/{package.filename}", wrong_bytes())

    said = troubled.client.raw(
        troubled.client.render(troubled.client.path_of(url), {"Connection": "close"})
    )

    head, _, body = said.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 ") or len(body) < package.size
    spoiled.clear()
    assert troubled.client.ask(url).body == package.content


@pytest.mark.parametrize("bytes_size", [None, 2_000_000])
def test_f13_small_wrong_file_is_an_error_and_not_a_cut(
    troubled: Site, bytes_size: int | None
) -> None:
    """What is wrong as a whole before anything was sent can still be said."""
    name = f"f13-{bytes_size or 'small'}"
    package = make_wheel(name, "1.0", payload_bytes=bytes_size or 0)
    troubled.upstream.add(package)
    url = troubled.client.page(name).file(package.filename)["url"]
    fault = other_bytes(b"other") if bytes_size is None else wrong_length(-5)
    troubled.upstream.fault(f"*/{package.filename}", fault)

    answer = troubled.client.ask(url)

    assert answer.status == 503
    assert answer["retry-after"] == "1"


@pytest.mark.parametrize("code", [404, 410])
def test_f14_listed_file_that_is_not_there_is_no_page_of_ours(troubled: Site, code: int) -> None:
    """Upstream lists it and does not have it: asked again, since the page may be ahead."""
    package = make_wheel(f"f14-{code}", "1.0")
    troubled.upstream.add(package)
    url = troubled.client.page(f"f14-{code}").file(package.filename)["url"]
    troubled.upstream.fault(f"*/{package.filename}", status(code))

    assert troubled.client.ask(url).status == 503


def test_f14_file_that_was_deleted_is_404(troubled: Site) -> None:
    """The page no longer lists it either: that is an answer."""
    first, second = make_wheel("f14", "1.0"), make_wheel("f14", "2.0")
    troubled.upstream.add(first, second)
    url = troubled.client.page("f14").file(first.filename)["url"]
    troubled.upstream.remove(first.filename)

    assert troubled.client.ask(url).status == 404


@pytest.mark.parametrize("fault", ["500", "reset", "403", "429", "login"])
def test_f15_file_that_cannot_be_had_is_503(troubled: Site, fault: str) -> None:
    """Not 404: no installer tries anything else after that."""
    package = make_wheel(f"f15-{fault}", "1.0")
    troubled.upstream.add(package)
    url = troubled.client.page(f"f15-{fault}").file(package.filename)["url"]
    troubled.upstream.fault(f"*/{package.filename}", FAILURES[fault])

    answer = troubled.client.ask(url)

    assert answer.status == 503
    assert answer["retry-after"] == "1"


def test_f17_metadata_come_from_the_wheel_where_upstream_has_none(troubled: Site) -> None:
    """Advertised, missing beside the wheel, but in it."""
    package = make_wheel("f17", "1.0")
    troubled.upstream.add(package, core_metadata="missing-but-advertised")
    url = troubled.client.page("f17").file(package.filename)["url"]

    answer = troubled.client.ask(f"{url}.metadata")

    assert (answer.status, answer.body) == (200, package.metadata)


def test_f17_metadata_that_do_not_match_come_from_the_wheel(troubled: Site) -> None:
    """What upstream gives is not what it advertises; the wheel has what it advertises."""
    package = make_wheel("f17-wrong", "1.0")
    troubled.upstream.add(package, core_metadata="wrong")
    url = troubled.client.page("f17-wrong").file(package.filename)["url"]

    assert troubled.client.ask(f"{url}.metadata").body == package.metadata


def test_f18_metadata_that_cannot_be_had_is_503_and_off_the_page(troubled: Site) -> None:
    """A client with the old page asks again; one with the new page takes the wheel."""
    package = make_wheel("f18", "1.0")
    troubled.upstream.add(package)
    url = troubled.client.page("f18").file(package.filename)["url"]
    troubled.upstream.fault(f"*/{package.filename}*", status(500))

    answer = troubled.client.ask(f"{url}.metadata")

    assert answer.status == 503
    troubled.client.until(
        "/simple/f18/", lambda page: not page.file(package.filename).get("core-metadata")
    )


def test_f19_many_clients_are_one_fetch(troubled: Site) -> None:
    """Eight clients at once, one transfer."""
    package = make_wheel("f19", "1.0", payload_bytes=1_000_000)
    troubled.upstream.add(package)
    url = troubled.client.page("f19").file(package.filename)["url"]
    held_up = troubled.upstream.fault(f"*/{package.filename}", stall_after(500_000))
    answers: list[Answer] = []

    clients = [
        threading.Thread(target=lambda: answers.append(troubled.client.ask(url))) for _ in range(8)
    ]
    for each in clients:
        each.start()
    troubled.upstream.wait_until_seen(f"*/{package.filename}")
    held_up.clear()
    for each in clients:
        each.join()

    assert [answer.body for answer in answers] == [package.content] * 8
    assert troubled.upstream.count(f"*/{package.filename}") == 1


def test_f20_download_goes_on_when_the_client_leaves(troubled: Site) -> None:
    """The next client finds the file."""
    package = make_wheel("f20", "1.0", payload_bytes=2_000_000)
    troubled.upstream.add(package)
    url = troubled.client.page("f20").file(package.filename)["url"]
    held_up = troubled.upstream.fault(f"*/{package.filename}", stall_after(1_000_000))
    with troubled.client.opened(url) as response:
        response.read(1)
    held_up.clear()

    answer = troubled.client.ask(url)

    assert answer.body == package.content
    assert troubled.upstream.count(f"*/{package.filename}") == 1


def test_page_that_is_empty_is_passed_on_when_it_was_never_otherwise(troubled: Site) -> None:
    """A project without files is a project. Source: PyPI."""
    troubled.upstream.add(make_wheel("emptied", "1.0"))
    troubled.upstream.fault("/simple/emptied/", empty_page())

    assert troubled.client.page("emptied").json()["files"] == []
