"""How often upstream is asked: lifetimes, conditions, renewals behind, restarts, many clients."""

from pathlib import Path

from contract.conformance.asking import HTML, JSON
from faults.yard import Yard, at_once, eventually, open_yard
from support.packages import make_wheel
from support.simulator import Simulator, change_headers, silent, stall_after, status


def test_page_within_its_lifetime_is_not_asked_for(yard: Yard) -> None:
    """`max-age` is obeyed, whatever form a client wants."""
    yard.upstream.add(make_wheel("lasting", "1.0"))
    for accept in (JSON, HTML, JSON):
        yard.client.page("lasting", accept)

    assert yard.upstream.count("/simple/lasting/") == 1


def test_old_page_is_asked_for_with_its_tag(yard: Yard) -> None:
    """A page that did not change costs a 304 and not its bytes."""
    yard.upstream.fault("/simple/tagged/", change_headers({"Cache-Control": "max-age=0"}))
    yard.upstream.add(make_wheel("tagged", "1.0"))
    etag = yard.client.page("tagged")["etag"]
    eventually(
        lambda: (
            yard.client.page("tagged") is not None and yard.upstream.count("/simple/tagged/") > 1
        ),
        "the page is asked for again",
    )

    first, second = yard.upstream.asked("/simple/tagged/")[:2]

    assert "if-none-match" not in first.headers
    assert second.status == 304
    assert second.sent_bytes == 0
    assert yard.client.page("tagged")["etag"] == etag


def test_expired_page_is_sent_at_once_and_renewed_behind(
    tmp_path: Path, upstream: Simulator
) -> None:
    """Nobody waits for a page that is a little too old: it is sent while upstream is silent."""
    upstream.fault("/simple/behind/", change_headers({"Cache-Control": "max-age=1"}))
    upstream.add(make_wheel("behind", "1.0"))
    patient = {"upstream.default.read_seconds": 30, "freshness.patience_seconds": 30}
    with open_yard(tmp_path / "data", upstream, settings=patient) as yard:
        yard.client.page("behind")
        upstream.add(make_wheel("behind", "2.0"))
        held_up = upstream.fault("/simple/behind/", silent(), times=1)
        eventually(
            lambda: (
                yard.ask_page("behind").json()["versions"] == ["1.0"]
                and upstream.count("/simple/behind/") == 2
            ),
            "the page is renewed",
        )
        while_silent = yard.ask_page("behind")
        held_up.clear()
        renewed = yard.until(
            "/simple/behind/", lambda page: page.json()["versions"] == ["1.0", "2.0"]
        )

    assert while_silent.json()["versions"] == ["1.0"]
    assert while_silent.get("x-wheelyard-stale") is None
    assert renewed.status == 200


def test_absence_is_kept_briefly(yard: Yard) -> None:
    """404 and 410 are answers: a flood of one unknown name is one question."""
    yard.upstream.fault("/simple/gone-for-good/", status(410))
    answers = [yard.ask_page(name) for name in ("not-there", "gone-for-good") for _ in range(5)]

    assert {answer.status for answer in answers} == {404}
    assert yard.upstream.count("/simple/not-there/") == 1
    assert yard.upstream.count("/simple/gone-for-good/") == 1


def test_absence_is_forgotten_after_its_time(tmp_path: Path, upstream: Simulator) -> None:
    """A first release shows by itself, without a restart."""
    settings = {"freshness.negative_seconds": 0.2}
    with open_yard(tmp_path / "data", upstream, settings=settings) as yard:
        before = yard.ask_page("first-release")
        upstream.add(make_wheel("first-release", "1.0"))
        after = yard.until("/simple/first-release/", lambda answer: answer.status == 200)

    assert before.status == 404
    assert after.json()["versions"] == ["1.0"]


def test_restart_keeps_pages_and_files(tmp_path: Path, upstream: Simulator) -> None:
    """A server that was restarted asks nobody for what it held; then upstream is not missed."""
    package = make_wheel("restarted", "1.0", payload_bytes=200_000)
    upstream.add(package)
    with open_yard(tmp_path / "data", upstream) as yard:
        path = yard.path_of(package)
        targets = ["/simple/restarted/", path, f"{path}.metadata"]
        before = [yard.client.ask(target) for target in targets]
        before[1] = yard.client.ask(path)
        absent = yard.ask_page("never-there")
    upstream.forget()

    with open_yard(tmp_path / "data", upstream) as yard:
        after = [yard.client.ask(target) for target in targets]
        asked = upstream.requests
        upstream.down()
        after_all = [yard.client.ask(target) for target in targets]
        unknown = [yard.ask_page("never-there"), yard.client.ask("/simple/")]

    assert asked == []
    for answers in (before, after, after_all):
        assert [answer.body for answer in answers[1:]] == [package.content, package.metadata]
        assert [answer["etag"] for answer in answers] == [answer["etag"] for answer in before]
    # An absence is kept in memory alone: with nobody to ask there is no certainty.
    assert absent.status == 404
    assert {answer.status for answer in unknown} == {503}


def test_many_clients_are_one_question(patient: Yard) -> None:
    """A cold page, a cold root and a cold document for thirty clients: one flight each."""
    patient.upstream.add(make_wheel("wanted-by-all", "1.0"))
    held_up = patient.upstream.fault("/simple/wanted-by-all/", stall_after(10))

    def ask_when_all_wait() -> int:
        patient.upstream.wait_until_seen("/simple/wanted-by-all/")
        held_up.clear()
        return 200

    asked = at_once(
        ask_when_all_wait, *[lambda: patient.ask_page("wanted-by-all").status for _ in range(30)]
    )

    assert set(asked) == {200}
    assert patient.upstream.count("/simple/wanted-by-all/") == 1


def test_flood_of_unknown_names_leaves_no_trace(yard: Yard) -> None:
    """T25: absences are bounded, in memory, and none of them is a row or a file."""
    before = sorted(path.name for path in yard.data.rglob("*") if path.is_file())

    answers = [yard.ask_page(f"flood-{number}").status for number in range(100)]

    assert set(answers) == {404}
    after = sorted(path.name for path in yard.data.rglob("*") if path.is_file())
    assert set(after) <= set(before)
