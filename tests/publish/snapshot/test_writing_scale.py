"""Snapshots of many projects: what writing takes grows with what is written, and memory does not.

CI writes a few hundred. A whole index of 700,000 projects with eight files each takes five minutes
of one core, and nine gigabytes of disk while it is written::

    WHEELYARD_CAMPAIGN=2800 ./test tests/publish/snapshot/test_writing_scale.py \
        --timeout 7200 -o log_cli=true -o log_cli_level=INFO
"""

import hashlib
import logging
import resource
import sqlite3
import time
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import pytest

from chaos.campaign import count
from publish.snapshot.small_index import ABOUT
from wheelyard.model import File, Project
from wheelyard.names import Filename, ProjectName
from wheelyard.publish.snapshot.described import Described, Needed
from wheelyard.publish.snapshot.report import SnapshotReport
from wheelyard.publish.snapshot.rows import make_rows, metadata_files, page_digest, read_page
from wheelyard.publish.snapshot.writing import Writer

PROJECTS = count(250)
RELEASES, BATCH = 4, 128
TAGS = (
    "py3-none-any",
    "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64",
    "cp312-cp312-win_amd64",
)
CLASSIFIERS = (
    "License :: OSI Approved :: MIT License",
    "Programming Language :: Python :: 3",
    "Topic :: Software Development :: Libraries",
    "Operating System :: OS Independent",
)

_LOG = logging.getLogger("campaign")


def made_page(number: int, patch: int) -> Project:
    """Return a page of four releases, each with a wheel and a source archive."""
    files = []
    for release in range(RELEASES):
        stem = f"project_{number:06d}-{release}.{number % 7}.{patch}"
        for name in (f"{stem}-{TAGS[number % 3]}.whl", f"{stem}.tar.gz"):
            digest = hashlib.sha256(name.encode()).hexdigest()
            path = f"packages/{digest[:2]}/{digest[2:4]}/{digest[4:]}/{name}"
            files.append(
                File(
                    Filename(name),
                    url=f"https://files.index.example/{path}",
                    hashes=(("sha256", digest),),
                    size=50_000 + number,
                    requires_python=f">=3.{7 + number % 6}",
                    core_metadata=(("sha256", digest),) if name.endswith("whl") else None,
                    upload_time=f"202{release}-01-01T00:00:00.{number:06d}Z",
                )
            )
    return Project(ProjectName(f"project-{number:06d}"), tuple(files))


def made_description(number: int) -> Described:
    """Return metadata that require five others."""
    needs = [
        Needed(f"project-{(number * 7 + other * 13) % PROJECTS:06d}", None, ">=1", None, None, None)
        for other in range(5)
    ]
    return Described("x.whl", "", f"Project {number}", "MIT", tuple(enumerate(needs)), CLASSIFIERS)


def write(folder: Path, numbers: Iterable[int], patch: int) -> SnapshotReport:
    """Tell these projects, and write the snapshot."""
    writer = Writer.open(folder / "working")
    left = iter(numbers)
    while batch := list(islice(left, BATCH)):
        rows = []
        for number in batch:
            project = made_page(number, patch)
            page = read_page(project, project.name)
            described = dict.fromkeys(
                [version for version, _ in metadata_files(page.releases)], made_description(number)
            )
            rows.append(make_rows(page, described, page_digest(project, project.name)))
        writer.put(rows)
    report = writer.finish(folder / "s.sqlite", ABOUT, "")
    writer.close()
    return report


def measured(folder: Path, numbers: range, patch: int) -> SnapshotReport:
    """Do that, and log what it took."""
    began, began_cpu = time.monotonic(), time.process_time()
    report = write(folder, numbers, patch)
    _LOG.info(
        "%d of %d projects: %.1f s, %.1f s of CPU, %d bytes, %d MiB of memory at most",
        report.changed,
        report.projects,
        time.monotonic() - began,
        time.process_time() - began_cpu,
        report.size,
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    )
    return report


@pytest.mark.timeout(7_200)
def test_snapshot_of_many_projects_is_whole(tmp_path: Path) -> None:
    """From scratch, and after one in a hundred has changed; the figures are in the log."""
    measured(tmp_path, range(PROJECTS), 0)
    report = measured(tmp_path, range(0, PROJECTS, 100), 1)
    connection = sqlite3.connect(tmp_path / "s.sqlite")
    try:
        (sound,) = connection.execute("PRAGMA integrity_check").fetchone()
        counted = [
            connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # noqa: S608 - our own names
            for name in ("projects", "releases", "files", "requirements", "classifiers")
        ]
    finally:
        connection.close()

    assert sound == "ok"
    assert counted == [PROJECTS * many for many in (1, 4, 8, 20, 4)]
    assert report.changed == len(range(0, PROJECTS, 100))
