"""Queries for what is our own: every column comes back as it went in."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from support.hosted_files import MAIN_OWNER, hosted_file
from wheelyard.catalog import Catalog, Change, HostedProject
from wheelyard.catalog import hosting_queries as queries
from wheelyard.clock import Instant
from wheelyard.names import ProjectName, Sha256

pytestmark = pytest.mark.anyio

DEMO = ProjectName("demo")
PROJECT = HostedProject(
    MAIN_OWNER, DEMO, "Demo", "archived", "a reason", Instant(1.5), "ada", revision=7
)
FILE = replace(
    hosted_file("demo-1.0-py3-none-any.whl"),
    requires_python=">=3.11",
    metadata_sha256=Sha256("c" * 64),
    provenance_sha256=Sha256("d" * 64),
    yanked="",
    promoted_from="staging",
    size=5_000_000_000,
)


async def test_rows_come_back_as_they_were_written(catalog: Catalog) -> None:
    """An empty reason of a yank, two digests and sizes beyond 32 bits included."""

    def work(connection: sa.Connection) -> None:
        queries.insert_project(connection, PROJECT)
        queries.save_file(connection, FILE)

    await catalog.write(work)

    assert await catalog.read(queries.select_project, MAIN_OWNER, DEMO) == PROJECT
    assert await catalog.read(queries.select_projects, MAIN_OWNER) == (PROJECT,)
    assert await catalog.read(queries.select_files, MAIN_OWNER, DEMO) == (FILE,)
    found = await catalog.read(queries.select_file, MAIN_OWNER, DEMO, FILE.filename)
    assert found == FILE
    assert found is not None
    assert found.hashes == FILE.hashes


async def test_announced_change_is_the_revision_of_its_project_alone(catalog: Catalog) -> None:
    """And of its owner as a whole."""
    other = replace(PROJECT, project=ProjectName("other"))

    def work(connection: sa.Connection) -> int:
        queries.insert_project(connection, PROJECT)
        queries.insert_project(connection, other)
        return queries.announce(connection, Change("x", MAIN_OWNER, DEMO), Instant(2))

    serial = await catalog.write(work)

    assert await catalog.read(queries.select_revision, MAIN_OWNER, DEMO) == serial
    assert await catalog.read(queries.select_revision, MAIN_OWNER, other.project) == 7
    assert await catalog.read(queries.select_owner_revision, MAIN_OWNER) == serial


async def test_status_is_all_that_changes_of_a_project(catalog: Catalog) -> None:
    """The rest of the row stays."""

    def work(connection: sa.Connection) -> None:
        queries.insert_project(connection, PROJECT)
        queries.set_status(connection, replace(PROJECT, status="active", status_reason=None))

    await catalog.write(work)

    assert await catalog.read(queries.select_project, MAIN_OWNER, DEMO) == replace(
        PROJECT, status="active", status_reason=None
    )


async def test_removed_rows_are_gone_and_no_others(catalog: Catalog) -> None:
    """A file and a project of the same name in another index stay."""
    elsewhere = replace(FILE, owner="hosted:staging")

    def work(connection: sa.Connection) -> None:
        for file in (FILE, elsewhere):
            queries.insert_project(connection, replace(PROJECT, owner=file.owner))
            queries.save_file(connection, file)
        queries.remove_file(connection, FILE)
        queries.remove_project(connection, MAIN_OWNER, DEMO)

    await catalog.write(work)

    assert await catalog.read(queries.select_file, MAIN_OWNER, DEMO, FILE.filename) is None
    assert await catalog.read(queries.select_owners, DEMO) == ("hosted:staging",)
    assert await catalog.read(queries.select_files, "hosted:staging", DEMO) == (elsewhere,)
