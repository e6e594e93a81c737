"""One publish after the other: what is written, in which order, and what is left alone."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from support.own_files import ALICE, publish
from support.packages import make_sdist, make_wheel
from support.publishing import Yard, audit, hold, memory_target, publishing
from support.simulator import Simulator
from wheelyard.app import MAIN
from wheelyard.catalog.curation import Removal
from wheelyard.errors import Unavailable
from wheelyard.model import Project
from wheelyard.names import ProjectName, Sha256
from wheelyard.publish.tree import publishing as publishing_module
from wheelyard.publish.tree import work
from wheelyard.repository.blocked import Blocked

pytestmark = pytest.mark.anyio

DEMO, OTHER = make_wheel("demo", "1.0"), make_wheel("other", "1.0")
DEMO_2 = make_sdist("demo", "2.0")
ACME, ACME_2 = make_wheel("acme", "1.0"), make_wheel("acme", "2.0")


async def begun(yard: Yard) -> None:
    """Publish two projects for the first time."""
    await hold(yard.app, DEMO)
    await publish(yard.app, ACME)
    await yard.publish()
    yard.target.forget()


async def test_first_publish_makes_a_whole_tree(tmp_path: Path, simulator: Simulator) -> None:
    """What is held and what is ours, and nothing of what is not held."""
    async with publishing(tmp_path, simulator) as yard:
        await hold(yard.app, DEMO)
        await publish(yard.app, ACME)

        report = await yard.publish()

        found = await audit(yard.target, may_wait=False)
    assert found.files == {"acme": [ACME.filename], "demo": [DEMO.filename]}
    assert found.projects == ["acme", "demo"]
    assert (report.outcome, report.view, report.pages) == ("done", "a", 3)


async def test_objects_come_before_pages_and_pages_before_what_tells_of_them(
    tmp_path: Path, simulator: Simulator
) -> None:
    """Files, metadata, pages, the list, the manifest and the rest, `wheelyard.json`, the switch."""
    order: list[str] = []
    async with publishing(tmp_path, simulator) as yard:
        await hold(yard.app, DEMO)
        await publish(yard.app, ACME)
        yard.target.before = lambda word, path: order.append(f"{word} {path}")

        await yard.publish()

    steps = [each for each in order if not each.startswith("settle")]
    kinds = [_kind(each) for each in steps]
    assert kinds == sorted(kinds)
    assert order[-1] == "switch a" or "switch a" in order[-3:]


def _kind(step: str) -> int:
    """Return how late a step may come."""
    words = ("put packages/", "simple/acme/", "simple/index.", "-/", "snapshot.", "wheelyard.json")
    found = [number for number, word in enumerate(words) if word in step]
    late = {"simple/demo/": 1, "switch": 9}
    return found[0] if found else next(n for word, n in late.items() if word in step)


async def test_file_whose_name_is_too_long_for_a_disk_holds_nobody_else_up(
    tmp_path: Path, simulator: Simulator
) -> None:
    """With `.metadata` behind it; its project stays as it was, and the report names it."""
    start, end = "long-1.0-1", "-py3-none-any.whl"
    name = f"{start}{'x' * (250 - len(start) - len(end))}{end}"
    long = replace(make_wheel("long", "1.0"), filename=name)
    simulator.add(long)
    async with publishing(tmp_path, simulator) as yard:
        await publish(yard.app, make_wheel("acme", "1.0"))
        await hold(yard.app, long)

        report = await yard.publish()

        found = await audit(yard.target, may_wait=False)
    assert list(found.files) == ["acme"]
    assert [(each.project, report.outcome) for each in report.problems] == [("long", "partial")]
    assert "a name that long" in report.problems[0].reason


async def test_names_with_characters_that_are_escaped_in_links_are_published(
    tmp_path: Path, simulator: Simulator
) -> None:
    """Where a client finds them that undoes the escapes once."""
    names = ["odd-1.0+a.tar.gz", "odd-1 0.tar.gz", "odd-1.0é.tar.gz", "odd-1.0&'\"<;=.tar.gz"]
    files = [replace(make_sdist("odd", f"1.{i}"), filename=name) for i, name in enumerate(names)]
    simulator.add(*files)
    async with publishing(tmp_path, simulator) as yard:
        await hold(yard.app, *files)

        await yard.publish()

        found = await audit(yard.target, may_wait=False)
    assert sorted(found.files["odd"]) == sorted(names)


async def test_publish_without_change_writes_nothing(tmp_path: Path, simulator: Simulator) -> None:
    """Not even what tells of the whole, and no view is switched."""
    async with publishing(tmp_path, simulator) as yard:
        await begun(yard)

        report = await yard.publish()

    assert report.outcome == "unchanged"
    assert (yard.target.puts, yard.target.copies, yard.target.removed) == ([], [], [])
    assert yard.target.switches == []


async def test_upload_costs_its_project_and_what_tells_of_the_whole(
    tmp_path: Path, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A-90: after one upload nothing of other projects is asked for, written or removed."""
    async with publishing(tmp_path, simulator, memory_target()) as yard:
        await begun(yard)
        await yard.publish()
        await publish(yard.app, ACME_2)
        asked = _asked(monkeypatch)

        report = await yard.publish()

        await audit(yard.target, may_wait=False)
    whole = {"-/manifest", "-/projects.jsonl.gz", "wheelyard.json"}
    whole |= {"snapshot.sqlite", "snapshot.sqlite.sha256"}
    others = [path for path in yard.target.puts if path not in whole]
    assert set(yard.target.puts) - set(others) == whole
    assert all("acme" in path for path in others)
    assert len(others) == 2 + 6  # the file with its metadata, the page in its forms and codings
    assert (report.pages, report.objects) == (1, len(yard.target.puts))
    assert set(asked) <= {"acme", "demo"}  # what came within the last minute is looked at again


def _asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list of the projects that any index is asked for from now on."""
    names: list[str] = []
    answer = Blocked.project  # once in each index

    async def project(index: Blocked, name: ProjectName) -> Project:
        names.append(name)
        return await answer(index, name)

    monkeypatch.setattr(Blocked, "project", project)
    return names


@pytest.mark.parametrize("views", ["always", "never"])
async def test_file_that_arrives_is_published(
    tmp_path: Path, simulator: Simulator, views: str
) -> None:
    """A fill leaves no row in the journal, and is seen all the same."""
    async with publishing(tmp_path, simulator, memory_target(), views=views) as yard:
        await begun(yard)
        await hold(yard.app, OTHER)

        await yard.publish()

        found = await audit(yard.target, may_wait=False)
    assert found.files["other"] == [OTHER.filename]


def _allows(_word: str, _path: str) -> None:
    """Let it happen."""


def _breaks_at(call: str, part: str) -> Callable[[str, str], None]:
    """Return what fails at the first such call with a path that has that part."""

    def before(word: str, path: str) -> None:
        if word == call and part in path:
            raise Unavailable("The target", f"it broke off at {path}")

    return before


@pytest.mark.parametrize("views", ["always", "never"])
@pytest.mark.parametrize("part", ["simple/demo/", "-/manifest", "wheelyard.json"])
async def test_file_that_was_sent_by_a_publish_that_broke_off_is_published(
    tmp_path: Path, simulator: Simulator, views: str, part: str
) -> None:
    """It is in the target and written down; no page that counts lists it, so it is looked at."""
    async with publishing(tmp_path, simulator, views=views) as yard:
        await begun(yard)
        await hold(yard.app, DEMO_2)  # its page is known: no row of the journal tells of it
        yard.target.before = _breaks_at("put", part)
        with pytest.raises(Unavailable, match="it broke off"):
            await yard.publish()
        sent = list(yard.target.puts)
        yard.target.before = _allows

        await yard.publish()

        found = await audit(yard.target, may_wait=False)
        await publish(yard.app, ACME_2)
        await yard.publish()
        later = await audit(yard.target, may_wait=False)
    assert any(path.endswith(DEMO_2.filename) for path in sent)
    assert sorted(found.files["demo"]) == sorted([DEMO.filename, DEMO_2.filename])
    assert found.files["demo"] == later.files["demo"]


@pytest.mark.parametrize("views", ["always", "never"])
async def test_page_that_is_gone_is_removed_after_a_publish_that_broke_off(
    tmp_path: Path, simulator: Simulator, monkeypatch: pytest.MonkeyPatch, views: str
) -> None:
    """Though all that tells of the whole was written, and the deletion is long ago by then."""
    async with publishing(tmp_path, simulator, views=views) as yard:
        await begun(yard)
        await publish(yard.app, ACME_2)
        await yard.publish()
        removal = Removal(yard.app.indexes[MAIN].owner, ProjectName("acme"), None)
        await yard.app.catalog.curator.delete(removal, ALICE)
        await yard.app.noticing.notice()
        yard.target.before = _breaks_at("remove", "simple/acme/")
        with pytest.raises(Unavailable, match="it broke off"):
            await yard.publish()
        yard.target.before = _allows
        monkeypatch.setattr(work, "_OVERLAP_SECONDS", 0.0)

        await yard.publish()

        found = await audit(yard.target)
    assert list(found.files) == ["demo"]


async def test_view_is_whole_again_when_only_objects_were_sent(
    tmp_path: Path, simulator: Simulator
) -> None:
    """No page of it was touched: somebody can still go back to it, and no view is written."""
    async with publishing(tmp_path, simulator) as yard:
        await begun(yard)
        await publish(yard.app, ACME_2)
        await yard.publish()
        published = yard.app.catalog.published
        row = await published.target(yard.target.url)
        assert row is not None
        known = await published.known(row.id, ["demo"])
        lost = [("demo", each.path) for each in known.objects["demo"]]
        await published.forget_objects(row.id, lost)
        yard.target.forget()

        report = await yard.publish()

        views = await published.views(row.id)
        switched = await yard.switch("rollback")
        found = await audit(yard.target)
    assert (report.outcome, yard.target.puts) == ("unchanged", sorted(yard.target.puts))
    assert set(yard.target.puts) == {path for _, path in lost}
    assert [views[view].is_whole for view in ("a", "b")] == [True, True]
    assert switched.view == "a"
    assert found.files["acme"] == [ACME.filename]


async def test_each_view_gets_what_the_other_one_had(tmp_path: Path, simulator: Simulator) -> None:
    """What a view has missed is taken over from the other one, and nobody is asked for it."""
    async with publishing(tmp_path, simulator) as yard:
        await begun(yard)
        for number in range(2, 6):
            await publish(yard.app, make_wheel("acme", f"{number}.0"))
            await publish(yard.app, make_wheel(f"new-{number}", "1.0"))
            await yard.publish()
            found = await audit(yard.target)

            assert len(found.files["acme"]) == number
            assert set(found.projects) >= {f"new-{each}" for each in range(2, number + 1)}
    assert yard.target.switches == ["b", "a", "b", "a"]


async def test_nothing_to_publish_is_said(tmp_path: Path, simulator: Simulator) -> None:
    """An empty tree would say that nothing exists."""
    async with publishing(tmp_path, simulator) as yard:
        with pytest.raises(Unavailable, match="nothing is held of it yet"):
            await yard.publish()

    assert yard.target.puts == []


async def test_sdist_without_metadata_is_published(tmp_path: Path, simulator: Simulator) -> None:
    """What has no metadata has none in the tree."""
    async with publishing(tmp_path, simulator) as yard:
        await publish(yard.app, make_sdist("acme", "1.0"))

        await yard.publish()

        found = await audit(yard.target, may_wait=False)
    assert [path for path in found.objects if path.endswith(".metadata")] == []


@pytest.mark.parametrize("views", ["always", "never"])
async def test_project_that_failed_before_a_publish_broke_off_is_looked_at_by_the_next_one(
    tmp_path: Path, simulator: Simulator, monkeypatch: pytest.MonkeyPatch, views: str
) -> None:
    """The view counts as made by then, and nothing else tells that the project has changed."""
    monkeypatch.setattr(work, "_OVERLAP_SECONDS", 0.0)
    async with publishing(tmp_path, simulator, views=views) as yard:
        await begun(yard)
        await publish(yard.app, ACME_2)
        await publish(yard.app, make_wheel("beta", "1.0"))
        blob = yard.app.fills.parts.store.path(Sha256(ACME_2.sha256))
        blob.chmod(0o600)
        blob.write_bytes(b"rotten")
        monkeypatch.setattr(publishing_module, "remove_objects", _breaks_off)
        with pytest.raises(Unavailable, match="it broke off"):
            await yard.publish()
        monkeypatch.undo()
        monkeypatch.setattr(work, "_OVERLAP_SECONDS", 0.0)
        await yard.app.fills.parts.store.put(ACME_2.content)

        await yard.publish()

        found = await audit(yard.target, may_wait=False)
    assert sorted(found.files["acme"]) == [ACME.filename, ACME_2.filename]


async def _breaks_off(_work: object) -> None:
    """Fail, after the view was made to count."""
    raise Unavailable("The target", "it broke off")
