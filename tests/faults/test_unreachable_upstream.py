"""Nobody answers at the other end: faults F01 to F06, as a client sees them.

What single answers of an upstream that can be reached mean is shown in the conformance tests.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from contract.conformance.asking import HTML, JSON
from faults.yard import HASTY, Yard, at_once, open_yard
from support.packages import make_wheel
from support.simulator import (
    Blackhole,
    Simulator,
    dead_name_url,
    running_simulator,
    silent,
)

OUTAGES: dict[str, Callable[[Simulator], None]] = {
    "f02-refused": lambda upstream: upstream.down(),
    "f03-blackhole": lambda upstream: upstream.vanish(),
    "f06-silent": lambda upstream: upstream.mute(),
}
EVERY_OUTAGE = pytest.mark.parametrize("outage", OUTAGES)


@EVERY_OUTAGE
def test_held_page_and_file_are_sent_while_nobody_answers(hasty: Yard, outage: str) -> None:
    """F02, F03, F06: what is known goes on to install, page, file and metadata."""
    package = make_wheel(f"held-{outage}", "1.0")
    hasty.add_held(package)
    path = hasty.path_of(package)
    assert hasty.client.ask(path).status == 200
    assert hasty.client.ask(f"{path}.metadata").status == 200
    OUTAGES[outage](hasty.upstream)

    page = hasty.stale_page(package.name)

    assert page.file(package.filename)["hashes"] == {"sha256": package.sha256}
    assert hasty.client.ask(path).body == package.content
    assert hasty.client.ask(f"{path}.metadata").body == package.metadata


@EVERY_OUTAGE
def test_unknown_thing_is_503_while_nobody_answers(hasty: Yard, outage: str) -> None:
    """F02, F03, F06: never 404, never an empty page, and a short `Retry-After` of our own."""
    package = make_wheel(f"listed-{outage}", "1.0")
    hasty.add_held(package)
    path = hasty.path_of(package)
    OUTAGES[outage](hasty.upstream)

    answers = at_once(
        lambda: hasty.client.ask(f"/simple/cold-{outage}/", {"Accept": JSON}),
        lambda: hasty.client.ask(f"/simple/cold-{outage}/", {"Accept": HTML}),
        lambda: hasty.client.ask(f"/pypi/cold-{outage}/json"),
        lambda: hasty.client.ask(path),
        lambda: hasty.client.ask(f"{path}.metadata"),
        lambda: hasty.client.ask(f"/packages/aa/bb/{'c' * 60}/cold_{outage[:3]}-1.0.tar.gz"),
    )

    assert {answer.status for answer in answers} == {503}
    assert {answer["retry-after"] for answer in answers} == {"1"}
    assert all(" cannot be had now: " in answer.text for answer in answers)


def test_upstream_that_comes_back_is_asked_again(yard: Yard) -> None:
    """Nothing has to be restarted: fresh pages, and what was 503 is there."""
    known, unknown = make_wheel("back-known", "1.0"), make_wheel("back-unknown", "1.0")
    yard.add_held(known)
    yard.upstream.down()
    yard.stale_page(known.name)
    assert yard.ask_page(unknown.name).status == 503
    yard.upstream.up()
    yard.add(make_wheel(known.name, "2.0"), unknown)

    page = yard.fresh_page(known.name)

    assert page.json()["versions"] == ["1.0", "2.0"]
    assert yard.ask_page(unknown.name).status == 200


def test_answer_that_comes_after_the_patience_is_kept(tmp_path: Path, upstream: Simulator) -> None:
    """F06: the client gets the old copy, and the next one what came too late for the first."""
    patient = {"upstream.default.read_seconds": 30, "freshness.patience_seconds": 0.2}
    with open_yard(tmp_path / "data", upstream, settings=patient) as yard:
        yard.add_held(make_wheel("late", "1.0"))
        yard.upstream.add(make_wheel("late", "2.0"))
        late = yard.upstream.fault("/simple/late/", silent(), times=1)
        first = yard.stale_page("late")
        late.clear()

        second = yard.fresh_page("late")

    assert first.json()["versions"] == ["1.0"]
    assert second.json()["versions"] == ["1.0", "2.0"]


def test_name_that_does_not_resolve_is_an_outage(tmp_path: Path, upstream: Simulator) -> None:
    """F01: what was held before is sent, a cold name is 503."""
    package = make_wheel("resolved", "1.0")
    with open_yard(tmp_path / "data", upstream) as yard:
        yard.add_held(package)
        path = yard.path_of(package)
        yard.client.ask(path)

    with open_yard(tmp_path / "data", upstream, upstreams=[dead_name_url()]) as yard:
        held, file = yard.stale_page(package.name), yard.client.ask(path)
        cold = yard.ask_page("never-seen")

    assert held.json()["versions"] == ["1.0"]
    assert file.body == package.content
    assert cold.status == 503
    assert "dns: " in cold.text


def test_start_does_not_wait_for_an_upstream_in_a_black_hole(tmp_path: Path) -> None:
    """F03: the server starts, is ready, and says that the upstream is out of reach."""
    with (
        Blackhole() as hole,
        Simulator() as unused,
        open_yard(tmp_path / "data", unused, upstreams=[hole.url], settings=HASTY) as yard,
    ):
        cold = yard.ask_page("never-seen")
        ready = yard.client.ask("/-/ready")

    assert cold.status == 503
    assert "connect-timeout: " in cold.text
    assert ready.status == 200


def test_bad_certificate_is_an_outage(tmp_path: Path) -> None:
    """F04: 503 for what is unknown, the door is down, and never a word is said in the clear."""
    with running_simulator(tls="wrong-host") as upstream:
        upstream.add(make_wheel("secret-way", "1.0"))
        authority = tmp_path / "authority.pem"
        authority.write_bytes(upstream.authority_pem)
        settings = {"upstream.default.ca": authority}
        with open_yard(tmp_path / "data", upstream, settings=settings) as yard:
            answer = yard.ask_page("secret-way")
            doors = yard.client.ask("/-/status").json()["doors"]

    assert answer.status == 503
    assert "tls: " in answer.text
    assert upstream.requests == []
    assert doors[0]["state"] == "down"


def test_good_certificate_that_turns_bad_leaves_the_old_copy(tmp_path: Path) -> None:
    """F04: the page that came while all was well is sent on."""
    authority = tmp_path / "authority.pem"
    with running_simulator(tls="good") as good:
        authority.write_bytes(good.authority_pem)
        settings = {"upstream.default.ca": authority}
        with open_yard(tmp_path / "data", good, settings=settings) as yard:
            yard.add_held(make_wheel("turning", "1.0"))
            port = good.port
    with (
        Simulator(tls="expired", port=port) as bad,
        open_yard(tmp_path / "data", bad, settings=settings) as yard,
    ):
        page = yard.stale_page("turning")

    assert page.json()["versions"] == ["1.0"]
