"""`wheelyard project import`: everything that others have, through the same checks, once."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from faults.yard import open_yard
from support.doors.contents import flat_directory
from support.doors.programs import bandersnatch, devpi_export, pypiserver
from support.house import ROOT
from support.packages import Package, make_sdist, make_wheel
from support.programs import run_program
from support.simulator import TWO_HOSTS, Simulator, status

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

PACKAGES = [
    make_wheel("Foo.Bar", "1.0"),
    make_sdist("foo_bar", "1.1"),
    make_wheel("other", "2.0", payload_bytes=300_000),
]
NAMES = {package.filename for package in PACKAGES}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the command answered: its exit code, its report, and what it said beside."""

    code: int
    report: Mapping[str, Any]
    said: str

    def names(self, outcome: str) -> set[str]:
        """Return the files of which that became."""
        return {item["filename"] for item in self.report[outcome]}


def run_import(tmp_path: Path, source: str | Path, *words: str) -> Outcome:
    """Run the command on a data directory of the test's own."""
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    environment = {
        "HOME": str(home),
        "PATH": os.defpath,
        "PYTHONPATH": str(ROOT / "src"),
        "PIP_CONFIG_FILE": os.devnull,
    }
    options = ["--json", "--data", str(tmp_path / "data"), *words]
    done = run_program(
        ["project", "import", str(source), *options], cwd=Path.cwd(), environ=environment
    )
    return Outcome(done.returncode, json.loads(done.stdout or "{}"), done.stderr)


def served(tmp_path: Path, name: str) -> list[dict[str, Any]]:
    """Return the files that a server on the imported data lists, with nobody to ask."""
    with Simulator() as nobody, open_yard(tmp_path / "data", nobody) as yard:
        page = yard.client.page(name)
        files: list[dict[str, Any]] = page.json()["files"]
        contents = {package.filename: package.content for package in PACKAGES}
        for filename in [file["filename"] for file in files]:
            path = yard.client.path_of(str(page.file(filename)["url"]))
            assert yard.client.ask(path).body == contents[filename]
        return files


def check_twice(tmp_path: Path, source: str | Path, *words: str) -> dict[str, dict[str, Any]]:
    """Import, and import again, when nothing is left to do; return what is served, by name."""
    first = run_import(tmp_path, source, *words)
    second = run_import(tmp_path, source, *words)

    assert (first.code, first.names("imported")) == (0, NAMES), first
    assert (second.code, second.names("imported"), second.names("skipped")) == (0, set(), NAMES)
    files = {file["filename"]: file for file in served(tmp_path, "foo-bar")}
    assert set(files) == {package.filename for package in PACKAGES[:2]}
    return files


def test_import_takes_a_directory(tmp_path: Path) -> None:
    """As pypiserver serves it: flat or not, with the dates of the files as upload times."""
    folder = flat_directory(tmp_path / "packages", PACKAGES)
    folder.joinpath("deep").mkdir()
    moved = folder.joinpath(PACKAGES[1].filename).rename(folder / "deep" / PACKAGES[1].filename)
    os.utime(moved, (1_600_000_000, 1_600_000_000))

    planned = run_import(tmp_path, folder, "--dry-run")
    assert (planned.code, planned.names("planned")) == (0, NAMES), planned

    files = check_twice(tmp_path, folder)

    assert files[PACKAGES[1].filename]["upload-time"].startswith("2020-09-13T12:26:40")


def test_import_takes_what_devpi_exports(tmp_path: Path) -> None:
    """`devpi-export` of the real program, with its upload times."""
    export = devpi_export(tmp_path / "devpi", PACKAGES)

    files = check_twice(tmp_path, export)

    listed = json.loads(export.joinpath("dataindex.json").read_text("utf-8"))
    [when] = {
        tuple(event["when"])
        for file in listed["indexes"]["root/dev"]["files"]
        if file["relpath"].endswith(PACKAGES[0].filename)
        for event in file["log"]
    }
    date = "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}".format(*when)
    assert files[PACKAGES[0].filename]["upload-time"].startswith(date)


def test_import_takes_a_tree_of_bandersnatch(tmp_path: Path) -> None:
    """What the real program mirrored; yanked files stay yanked."""
    with Simulator() as index:
        index.add(*PACKAGES)
        index.add(PACKAGES[0], yanked="broken")
        tree = bandersnatch(tmp_path / "mirror", index, "ALL")

    files = check_twice(tmp_path, tree.parent)

    yanked = {name: bool(file.get("yanked")) for name, file in files.items()}
    assert yanked == {PACKAGES[0].filename: True, PACKAGES[1].filename: False}


def test_import_takes_another_index(tmp_path: Path) -> None:
    """By its address: a project or two, or all; a stopped import goes on where it was."""
    with pypiserver(tmp_path / "pypiserver", PACKAGES) as door:
        one = run_import(tmp_path, door.url, "--project", "Other")
        rest = run_import(tmp_path, door.url, "--all")
        nobody = run_import(tmp_path, door.url)
        missing = run_import(tmp_path, door.url, "--project", "missing")

    assert (one.code, one.names("imported")) == (0, {PACKAGES[2].filename})
    assert (rest.code, rest.names("skipped")) == (0, {PACKAGES[2].filename})
    assert rest.names("imported") == {package.filename for package in PACKAGES[:2]}
    assert (nobody.code, "--all" in nobody.said) == (2, True)
    assert missing.code == 1
    assert "no such project" in missing.report["rejected"][0]["reason"]


def test_import_of_a_broken_index_goes_on_later(tmp_path: Path) -> None:
    """What cannot be had is failed and not rejected; nothing of it is half there."""
    with Simulator(TWO_HOSTS) as index:
        index.add(*PACKAGES)
        index.fault(f"*{PACKAGES[2].filename}", status(500))
        broken = run_import(tmp_path, index.url, "--all")
        index.clear_faults()
        index.forget()
        healed = run_import(tmp_path, index.url, "--all")
        fetched = [each.path for each in index.requests if each.kind == "file"]

    assert (broken.code, broken.names("failed")) == (1, {PACKAGES[2].filename}), broken
    assert broken.names("imported") == {package.filename for package in PACKAGES[:2]}
    assert (healed.code, healed.names("imported")) == (0, {PACKAGES[2].filename})
    assert len(fetched) == 1, "what is there is known by its digest"


def test_import_rejects_what_an_upload_would_be_refused(tmp_path: Path) -> None:
    """Each with its reason; the others are taken all the same, and no code of theirs is run."""
    canary = tmp_path / "canary"
    hostile = make_sdist(
        "hostile", "1.0", modules={"setup.py": f"open({str(canary)!r}, 'w').close()\n"}
    )
    folder = tmp_path / "packages"
    flat_directory(folder, [*PACKAGES, hostile])
    folder.joinpath("broken-1.0-py3-none-any.whl").write_bytes(b"This is no wheel.")
    folder.joinpath("old-1.0.win32.exe").write_bytes(b"MZ")

    outcome = run_import(tmp_path, folder)

    assert outcome.code == 1
    assert outcome.names("rejected") == {"broken-1.0-py3-none-any.whl", "old-1.0.win32.exe"}
    assert all(item["reason"] for item in outcome.report["rejected"])
    assert outcome.names("imported") == {*NAMES, hostile.filename}
    assert not canary.exists()


def test_import_never_replaces_bytes(tmp_path: Path) -> None:
    """A name that is there with other bytes keeps them."""
    flat_directory(tmp_path / "first", PACKAGES)
    other: Package = make_wheel("Foo.Bar", "1.0", requires=["more"])
    flat_directory(tmp_path / "second", [other])
    run_import(tmp_path, tmp_path / "first")

    outcome = run_import(tmp_path, tmp_path / "second")

    assert (outcome.code, outcome.names("rejected")) == (1, {other.filename})
    assert "File already exists" in outcome.report["rejected"][0]["reason"]
