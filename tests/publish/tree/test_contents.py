"""What tells of a whole tree."""

import gzip
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from support.own_files import publish
from support.packages import make_wheel
from support.publishing import audit, hold, memory_target, publishing
from support.simulator import Simulator
from wheelyard.app import MAIN
from wheelyard.app.manifests import make_manifest
from wheelyard.errors import Unavailable
from wheelyard.model import Project
from wheelyard.names import ProjectName
from wheelyard.publish.targets.target import Target
from wheelyard.repository import Repository
from wheelyard.wire.manifest import parse_start

pytestmark = pytest.mark.anyio


async def test_manifest_is_that_of_the_index_at_that_moment(
    tmp_path: Path, simulator: Simulator
) -> None:
    """What `wheelyard manifest` makes, and the list that says whose each project is."""
    target = memory_target()
    async with publishing(tmp_path, simulator, target) as yard:
        await hold(yard.app, make_wheel("demo", "1.0"))
        for version in ("1.0", "1.1"):
            await publish(yard.app, make_wheel("acme", version))
        await yard.publish()
        made = (await make_manifest(yard.app, MAIN, 86_400.0)).path.read_bytes()

    found = await target.get("-/manifest", 10**6) or b""
    projects = gzip.decompress(await target.get("-/projects.jsonl.gz", 10**6) or b"")
    lines = found[parse_start(found).size :].splitlines(keepends=True)
    assert b"".join(lines[:-1]) == made[parse_start(made).size :]
    assert lines[-1].endswith(b" -/projects.jsonl.gz\n")
    assert [json.loads(line) for line in projects.splitlines()] == [
        {"name": "acme", "hosted": True},
        {"name": "demo"},
    ]


async def test_without_days_there_is_no_manifest(tmp_path: Path, simulator: Simulator) -> None:
    """And nobody misses it when the target is compared."""
    async with publishing(tmp_path, simulator, memory_target(), manifest_days=0.0) as yard:
        await publish(yard.app, make_wheel("acme", "1.0"))
        await yard.publish()

        report = await yard.publish(reconcile="listing")

    assert "-/manifest" not in yard.target.puts
    assert (report.outcome, report.healed) == ("unchanged", 0)


async def test_manifest_that_soon_counts_no_more_is_made_again(
    tmp_path: Path, simulator: Simulator
) -> None:
    """When half of its time is over, although nothing has changed."""
    async with publishing(tmp_path, simulator, memory_target(), manifest_days=1e-8) as yard:
        await publish(yard.app, make_wheel("acme", "1.0"))
        await yard.publish()
        yard.target.forget()

        await yard.publish()

    assert "-/manifest" in yard.target.puts
    assert [path for path in yard.target.puts if path.startswith(("simple/", "packages/"))] == []


async def test_what_a_killed_publish_left_in_the_data_directory_goes(
    tmp_path: Path, simulator: Simulator
) -> None:
    """A snapshot of a mirror has gigabytes; what another target is written from stays."""
    async with publishing(tmp_path, simulator, memory_target()) as yard:
        place = yard.app.directory.path / "publishing"
        for name in ("1-left", "2-busy"):
            (place / name).mkdir(parents=True)
            (place / name / "snapshot").write_bytes(b"half")
        await publish(yard.app, make_wheel("acme", "1.0"))

        await yard.publish()

    assert [path.name for path in place.iterdir()] == ["2-busy"]


async def files_in_snapshot(target: Target, folder: Path) -> list[str]:
    """Return the names of the files in the snapshot of a tree."""
    (folder / "got.sqlite").write_bytes(await target.get("snapshot.sqlite", 10**8) or b"")
    with closing(sqlite3.connect(folder / "got.sqlite")) as connection:
        return [row[0] for row in connection.execute("SELECT filename FROM files ORDER BY 1")]


async def test_snapshot_is_kept_while_it_is_young(tmp_path: Path, simulator: Simulator) -> None:
    """`snapshot_seconds`: the other view gets a copy."""
    async with publishing(tmp_path, simulator, snapshot_seconds=3_600.0) as yard:
        for version in ("1.0", "2.0"):
            await publish(yard.app, make_wheel("acme", version))
            await yard.publish()

    assert yard.target.puts.count("views/a/snapshot.sqlite") == 1
    assert "views/b/snapshot.sqlite" in yard.target.copies


async def test_project_that_cannot_be_read_stays_in_the_snapshot_as_it_was(
    tmp_path: Path, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on its page, which stays too; the others are as they are published now."""
    async with publishing(tmp_path, simulator) as yard:
        await publish(yard.app, make_wheel("acme", "1.0"))
        await yard.publish()
        for name in ("acme", "beta"):
            await publish(yard.app, make_wheel(name, "2.0"))
        index = yard.app.indexes[MAIN]
        kind = type((index.held or index).chain.repository)
        project = kind.project

        async def of_others(self: Repository, name: ProjectName) -> Project:
            if name == "acme":
                raise Unavailable("`acme`", "it cannot be read")
            return await project(self, name)

        with monkeypatch.context() as patch:
            patch.setattr(kind, "project", of_others)
            report = await yard.publish()
            found = await audit(yard.target)
            left = await files_in_snapshot(yard.target, tmp_path)
        healed = await yard.publish()
        after = await files_in_snapshot(yard.target, tmp_path)
    assert {each.project for each in report.problems} == {"acme"}
    assert (report.outcome, report.is_switched) == ("partial", True)
    assert found.files["beta"] == ["beta-2.0-py3-none-any.whl"]
    assert left == ["acme-1.0-py3-none-any.whl", "beta-2.0-py3-none-any.whl"]
    assert (healed.outcome, after) == (
        "done",
        sorted([*left, "acme-2.0-py3-none-any.whl"]),
    )
