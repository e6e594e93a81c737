"""Upstreams that are odd in a way of their own: F05, F14, F30, F31, F34.

What nobody could mistake for an answer is shown in `test_unreachable_upstream.py`, what somebody
could in `test_untrusted_pages.py`.
"""

import time
from email.utils import formatdate
from pathlib import Path

import pytest

from contract.conformance.asking import HTML
from contract.conformance.pages import read_html
from faults.yard import HASTY, Yard, open_yard
from support.packages import make_wheel
from support.simulator import Fault, Simulator, change_headers, older_serial, status

DAY_SECONDS = 86_400
MANY_FILES = 8_000
"""More than all but a handful of projects have; the simulator makes each of them."""


def test_handshake_that_never_ends_is_an_outage(tmp_path: Path) -> None:
    """F05: old copy or 503 once the time to connect is up; not a word is said in the clear."""
    authority = tmp_path / "authority.pem"
    with Simulator(tls="good") as upstream:
        authority.write_bytes(upstream.authority_pem)
        settings = {**HASTY, "upstream.default.ca": authority}
        with open_yard(tmp_path / "data", upstream, settings=settings) as yard:
            yard.add_held(make_wheel("shaking", "1.0"))
            upstream.mute()

            page, cold = yard.stale_page("shaking"), yard.ask_page("never-seen")

    assert page.json()["versions"] == ["1.0"]
    assert cold.status == 503
    assert "connect-timeout" in cold.text


@pytest.mark.parametrize("code", [401, 403])
def test_upstream_that_forbids_everything_is_an_outage(yard: Yard, code: int) -> None:
    """F14: credentials were changed, or a firewall has woken up. Nothing has ceased to exist."""
    known, cold = make_wheel(f"known-{code}", "1.0"), make_wheel(f"cold-{code}", "1.0")
    yard.add_held(known)
    yard.upstream.add(cold)
    path = yard.path_of(known)
    assert yard.client.ask(path).status == 200
    forbidden = yard.upstream.fault("*", status(code))

    stale, refused = yard.stale_page(known.name), yard.ask_page(cold.name)

    assert stale.json()["versions"] == ["1.0"]
    assert yard.client.ask(path).body == known.content
    assert refused.status == 503
    assert f"answered {code}" in refused.text
    assert refused.get("www-authenticate") is None
    forbidden.clear()
    assert yard.ask_page(cold.name).status == 200


def test_upstream_declared_to_forbid_what_is_missing_says_absent(
    tmp_path: Path, upstream: Simulator
) -> None:
    """F14: some object stores answer 403 for what is not there; who says so gets 404 for it."""
    upstream.add(make_wheel("known", "1.0"))
    upstream.fault("/simple/missing/", status(403))
    settings = {"upstream.default.forbidden_means_absent": "true"}
    with open_yard(tmp_path / "data", upstream, settings=settings) as yard:
        yard.client.page("known")

        answer = yard.ask_page("missing")

    assert answer.status == 404


def test_variants_that_disagree_are_one_page(yard: Yard) -> None:
    """F30: a cache in front of PyPI served old and new by turns (I6); the newest one is kept.

    Both of our forms are made of it, so they cannot disagree.
    """
    yard.add_held(make_wheel("variants", "1.0"))
    yard.upstream.add(make_wheel("variants", "2.0"))
    yard.until("/simple/variants/", lambda page: page.json()["versions"] == ["1.0", "2.0"])
    for turn in range(6):
        yard.upstream.fault("/simple/variants/", older_serial(), times=1, after=2 * turn)
    yard.upstream.forget()

    pages = []
    while yard.upstream.count("/simple/variants/") < 6:
        pages.append(yard.ask_page("variants"))
    html = read_html(yard.client.page("variants", HTML).body)

    assert {tuple(page.json()["versions"]) for page in pages} == {("1.0", "2.0")}
    assert [anchor.text for anchor in html.anchors] == [
        "variants-1.0-py3-none-any.whl",
        "variants-2.0-py3-none-any.whl",
    ]


def test_huge_page_is_a_page(yard: Yard) -> None:
    """F31: in both forms; and nobody waits for it who wants something else."""
    yard.upstream.add_synthetic("huge", MANY_FILES)

    page = yard.client.page("huge")
    html = yard.client.page("huge", HTML)

    assert len(page.json()["files"]) == MANY_FILES
    assert html.body.count(b"<a href=") == MANY_FILES
    assert yard.client.ask("/-/live").status == 200


def shifted(seconds: float) -> Fault:
    """Return a fault that has every answer come from another time."""
    then = formatdate(time.time() + seconds, usegmt=True)
    dates = {"Date": then, "Last-Modified": then, "Expires": then}
    return change_headers({**dates, "Cache-Control": "max-age=1", "ETag": None})


@pytest.mark.parametrize("days", [-3650, -1, 1, 3650])
def test_wrong_clock_of_the_upstream_changes_nothing(yard: Yard, days: int) -> None:
    """F34, C-124: no negative age, no page that stays fresh for ever, none that never is."""
    name = f"shifted-{'past' if days < 0 else 'future'}-{abs(days)}"
    yard.upstream.fault(f"/simple/{name}/", shifted(days * DAY_SECONDS))
    yard.upstream.add(make_wheel(name, "1.0"))
    before = yard.client.page(name)
    yard.upstream.add(make_wheel(name, "2.0"))

    after = yard.page_with(name, "2.0")

    for page in (before, after):
        assert page["cache-control"] in {"public, max-age=1", "no-cache", "public, max-age=0"}
        assert 0 <= int(page["age"]) < 300
    assert after.get("x-wheelyard-stale") is None


def test_status_and_yank_of_the_owner_are_passed_on_at_once(yard: Yard) -> None:
    """F29: archived with its reason and its files, yanked with its reason; no second reading."""
    package = make_wheel("resting", "1.0")
    yard.add_held(package)
    yard.upstream.status("resting", "archived", "moved away")
    yard.upstream.add(package, yanked="broken")

    page = yard.until("/simple/resting/", lambda page: page.file(package.filename)["yanked"])

    assert page.json()["project-status"] == {"status": "archived", "reason": "moved away"}
    assert page.file(package.filename)["yanked"] == "broken"
    assert yard.client.ask(yard.path_of(package)).status == 200
