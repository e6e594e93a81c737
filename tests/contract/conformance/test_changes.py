"""The change feed `/-/changes`: every change of ours once, in order, and to nobody else."""

import pytest

from contract.conformance.hosting import Hosting, basic
from support.packages import make_wheel


def test_feed_tells_of_uploads_and_of_what_is_done_later(members: Hosting) -> None:
    """A reader that goes on from `next` misses nothing, and gets nothing twice."""
    start = members.client.ask("/-/changes").json()["next"]
    package = make_wheel("feed-demo", "1.0")
    assert members.upload(package).status == 200
    members.command("project", "yank", "feed-demo", "1.0", "--reason", "broken")
    members.command("project", "delete", "feed-demo", "1.0", "--reason", "a mistake")

    seen, kinds = start, []
    while True:
        answer = members.client.ask(f"/-/changes?since={seen}&limit=2").json()
        kinds += [change["kind"] for change in answer["changes"]]
        seen = answer["next"]
        if not answer["more"]:
            break

    assert kinds == ["project.created", "file.added", "release.yanked", "release.deleted"]
    added = members.client.ask(f"/-/changes?since={start}").json()["changes"][1]
    assert (added["index"], added["project"]) == ("main", "feed-demo")
    assert added["detail"] == {
        "filename": package.filename,
        "version": "1.0",
        "sha256": package.sha256,
    }


def test_feed_has_nothing_of_a_members_only_index_for_others(members: Hosting) -> None:
    """Neither its name nor those of its projects."""
    package = make_wheel("feed-secret", "1.0")
    assert members.upload(package, path="/team/legacy/").status == 200

    others = members.client.ask("/-/changes")
    member = members.client.ask("/-/changes", basic("__token__", members.token))

    assert b"feed-secret" not in others.body
    assert b"team" not in others.body
    assert b"feed-secret" in member.body
    assert "private" in member["cache-control"]


def test_wait_ends_with_the_next_upload(members: Hosting) -> None:
    """The client is told a moment after, without asking again."""
    start = members.client.ask("/-/changes").json()["next"]
    head = members.client.render(f"/-/changes?since={start}&wait=30", {}, method="GET")
    with members.connected() as waiting:
        waiting.sendall(head)
        assert members.upload(make_wheel("feed-wait", "1.0")).status == 200
        answer = members.client.read(waiting, "/-/changes", method="GET")

    assert {change["project"] for change in answer.json()["changes"]} == {"feed-wait"}


@pytest.mark.parametrize("query", ["since=x", "since=-1", "limit=100000", "wait=3600"])
def test_question_that_cannot_be_meant_is_a_sentence(members: Hosting, query: str) -> None:
    """With the parameter that is wrong."""
    answer = members.client.ask(f"/-/changes?{query}")

    assert answer.status == 400
    assert query.partition("=")[0].encode() in answer.body
