"""Counts in the shape of pypistats.org at ``/-/api/packages/NAME/...``: for whom, and what."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import anyio
import pytest

from contract.conformance.asking import Answer
from contract.conformance.hosting import Hosting, basic
from support.packages import make_wheel
from wheelyard.catalog import open_catalog, open_directory
from wheelyard.catalog.downloads import Counted
from wheelyard.clock import SystemClock
from wheelyard.wire.user_agents import Client as Program

DAY = (datetime.now(UTC) - timedelta(days=3)).date()
PIP, MIRROR = Program("pip", "3.11", "Linux"), Program("bandersnatch", is_mirror=True)


def count(members: Hosting, *counted: Counted) -> None:
    """Write down that something was taken, while the server runs."""

    async def write() -> None:
        await catalog.downloads.add(counted, most_agents=99)

    clock = SystemClock()
    with open_directory(members.data, clock) as opened, open_catalog(opened.path, clock) as catalog:
        anyio.run(write)


def ask(members: Hosting, path: str, fields: dict[str, str] | None = None) -> Answer:
    """Return the answer below ``/-/api/``."""
    return members.client.ask(f"/-/api/{path}", fields or {})


def test_counts_of_a_project_have_the_shape_of_pypistats(members: Hosting) -> None:
    """So that its clients work with another base address; mirrors are apart."""
    one = Counted(DAY, "main", "counted", "counted-1.0.tar.gz", "pip/24.0", 3, PIP)
    count(members, one, replace(one, user_agent="bandersnatch", client=MIRROR, count=50))

    recent = ask(members, "packages/counted/recent")
    overall = ask(members, "packages/counted/overall")
    system = ask(members, "packages/Counted/system?os=linux")

    assert recent["content-type"] == "application/json"
    assert recent.json() == {
        "data": {"last_day": 0, "last_month": 3, "last_week": 3},
        "package": "counted",
        "type": "recent_downloads",
    }
    assert overall.json()["data"] == [
        {"category": "with_mirrors", "date": str(DAY), "downloads": 53},
        {"category": "without_mirrors", "date": str(DAY), "downloads": 3},
    ]
    assert system.json()["data"] == [{"category": "Linux", "date": str(DAY), "downloads": 3}]


def test_counts_of_an_index_for_members_are_for_members(members: Hosting) -> None:
    """As its pages are: 401 for every name, and for others as if there were nothing."""
    count(members, Counted(DAY, "team", "hidden", "hidden-1.0.tar.gz", "pip/24.0", 3, PIP))
    token = basic("__token__", members.token)

    known, unknown = (ask(members, f"team/packages/{name}/recent") for name in ("hidden", "nope"))
    member = ask(members, "team/packages/hidden/recent", token)
    elsewhere = ask(members, "packages/hidden/recent", token)

    assert (known.status, unknown.status, elsewhere.status) == (401, 401, 404)
    assert known["www-authenticate"].startswith("Basic")
    assert known.text.replace("hidden", "nope") == unknown.text
    assert member.status == 200
    assert "private" in member["cache-control"]


def test_project_that_became_one_of_another_index_is_not_told_of(members: Hosting) -> None:
    """Whoever took it before, under the same name, from everybody's index."""
    count(members, Counted(DAY, "main", "moved", "moved-1.0.tar.gz", "pip/24.0", 3, PIP))
    before = ask(members, "packages/moved/recent")
    assert members.upload(make_wheel("moved", "1.0"), path="/team/legacy/").status == 200

    after, never = (ask(members, f"packages/{name}/recent") for name in ("moved", "never"))

    assert (before.status, after.status) == (200, 404)
    assert after.text.replace("moved", "never") == never.text


@pytest.mark.parametrize(
    "path", ["packages/never/recent", "packages/counted", "packages/counted/", "nowhere/x", ""]
)
def test_what_is_not_there_is_404(members: Hosting, path: str) -> None:
    """With a sentence."""
    answer = ask(members, path)

    assert answer.status == 404
    assert answer.text


def test_head_has_the_headers_alone(members: Hosting) -> None:
    """And nothing else than reading is possible."""
    count(members, Counted(DAY, "main", "headed", "headed-1.0.tar.gz", "pip/24.0", 3, PIP))

    head = members.client.ask("/-/api/packages/headed/recent", method="HEAD")
    post = members.send("/-/api/packages/headed/recent", {}, b"")

    assert (head.status, head.body) == (200, b"")
    assert post.status == 405
