"""Locks made against an index install through Wheelyard when it stands in under its names.

Index and clients live in a network namespace of their own, with a hosts file and TLS, so that the
names and the port are those that stand in the locks. The story is told once, in `stand_in.py`.
"""

import json
import subprocess
from typing import Any

import pytest

from scenario.stand_in import FRESH, SITE, WAYS, WITH_ADDRESSES, root_of
from support.clients import UnreachableIndexError, need, prepared
from support.clients.closed_room import run_in_closed_room, why_no_closed_room
from support.packages import make_wheel

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

Story = dict[str, Any]  # what another process printed


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Return what became of every way that can be had here."""
    if why_no_closed_room():
        pytest.skip(why_no_closed_room())
    ways = [way for way in WAYS if can_be_had(way)]
    folder = tmp_path_factory.mktemp("stand-in") / "story"
    try:
        said = run_in_closed_room("scenario.stand_in", str(folder), *ways)
    except subprocess.CalledProcessError as error:
        pytest.fail(f"the story broke off:\n{error.stderr}")
    told: Story = json.loads(said)
    return told


def can_be_had(way: str) -> bool:
    """Say whether the client of a way is here, or can be installed."""
    edition = WAYS[way].edition
    if edition is None:
        return True
    try:
        prepared(edition)
    except UnreachableIndexError:
        return False
    return edition.starts_here


@pytest.fixture
def way(request: pytest.FixtureRequest) -> str:
    """Return the way of this test, which is skipped where its client cannot be had."""
    name = str(request.param)
    edition = WAYS[name].edition
    if edition is not None:
        need(edition)
    return name


@pytest.mark.parametrize("way", WAYS, indirect=True)
def test_c125_lock_installs_through_a_stand_in_that_holds_nothing(story: Story, way: str) -> None:
    """The names lead to us, we are told where the index is, and fetch each file from there once."""
    cold, original = story["cold"][way], story["original"][way]

    assert cold["exit_code"] == 0, cold["output"]
    assert cold["installed"][root_of(way)] == "1.0"
    assert cold["files"] == original["files"]
    assert story["fetched"][way] == 1


@pytest.mark.parametrize("way", WAYS, indirect=True)
def test_a03_lock_installs_through_a_stand_in_when_the_index_is_gone(
    story: Story, way: str
) -> None:
    """Somebody else's machine, empty caches, and nobody but us answers to the names."""
    held, original = story["held"][way], story["original"][way]

    assert held["exit_code"] == 0, held["output"]
    assert held["installed"][root_of(way)] == "1.0"
    assert held["files"] == original["files"]


@pytest.mark.parametrize("way", WITH_ADDRESSES, indirect=True)
def test_lock_made_through_a_stand_in_is_the_lock_of_the_index(story: Story, way: str) -> None:
    """What is locked meanwhile holds the index's own addresses, and is good afterwards too."""
    assert f"https://{SITE.files}/packages/" in story["locks"][way]
    assert story["relocked"][way] == story["locks"][way]


@pytest.mark.parametrize("project", FRESH)
def test_file_never_heard_of_is_served_under_either_name(story: Story, project: str) -> None:
    """Two questions upstream, for its page and the file; then none, and no redirect at all."""
    asked = story["direct"][project]
    package = make_wheel(project, "1.0")
    content = package.content.decode("latin-1")

    assert asked["asked"] == 2
    assert [asked[which]["status"] for which in ("first", "second", "metadata")] == [200, 200, 200]
    assert asked["first"]["body"] == asked["second"]["body"] == content
    assert asked["first"]["url"].split("/")[2] == FRESH[project]
    assert asked["second"]["url"].split("/")[2] != FRESH[project]
    assert asked["metadata"]["body"].encode() == package.metadata
    assert asked["unlisted"]["status"] == 404


def test_stand_in_that_would_ask_itself_says_what_to_write(story: Story) -> None:
    """On the machine whose hosts file is changed: no storm, no riddle about certificates."""
    page, status = story["loops"]["page"], story["loops"]["status"]

    assert page["status"] == 503
    assert "leads to this server itself" in page["body"]
    assert f'`addresses = ["{SITE.index}=ADDRESS"]`' in page["body"]
    assert "leads to this server itself" in status["body"]


def test_stand_in_that_knows_half_of_its_upstream_names_the_other_half(story: Story) -> None:
    """The host of files is easily forgotten."""
    file = story["loops"]["file"]

    assert file["status"] == 503
    assert f'`addresses = ["{SITE.files}=ADDRESS"]`' in file["body"]
