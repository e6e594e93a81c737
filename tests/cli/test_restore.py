"""``wheelyard restore``: what people and programs see."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from support.app import NO_PIP, settings
from support.own_files import publish
from support.packages import make_wheel
from support.trees import write_tree
from wheelyard.app import running
from wheelyard.cli.main import run
from wheelyard.settings import DoorSettings, UpstreamSettings

NOBODY = UpstreamSettings(name="default", doors=(DoorSettings(url="http://127.0.0.1:9/simple/"),))
OURS = make_wheel("ours", "1.0")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a data directory, and a tree of it."""
    folder = tmp_path_factory.mktemp("published")
    anyio.run(_publish, folder)
    return folder


async def _publish(folder: Path) -> None:
    """Publish one file of our own."""
    rules = settings(folder / "data", NOBODY)
    rules = replace(rules, server=replace(rules.server, offline=True))
    async with running(rules, NO_PIP, records_doors=False) as app:
        await publish(app, OURS)
        await write_tree(app, folder / "tree")


@pytest.fixture(autouse=True)
def nothing_configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep this machine's own settings out of the tests."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")


def restore(tree: Path, *words: str) -> int:
    """Return the exit code of a restore of a tree into `data`."""
    upstream = ["--upstream", "http://127.0.0.1:9/"]
    return run(["restore", "--from", str(tree), "--data", "data", *upstream, *words])


def test_restore_says_what_there_is_now_and_what_no_tree_has(
    published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In sentences; and that nobody looked at a signature."""
    code = restore(published / "tree")

    told = capsys.readouterr()
    assert code == 0
    assert told.out == (
        "Restored into the index `main`: 1 project of its own and 0 of upstreams; "
        "1 file fetched; 2 pages equal to the tree's.\n"
    )
    assert "no signature was checked" in told.err
    assert "`wheelyard backup` has them" in told.err


def test_restore_tells_programs_in_json(
    published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every number has a name."""
    code = restore(published / "tree", "--json")

    written = json.loads(capsys.readouterr().out)
    assert code == 0
    assert (written["equal"], written["index"], written["signed"]) == (True, "main", False)
    assert (written["projects"], written["files"], written["bytes"]) == (1, 1, OURS.size)
    assert written["report"]["hosted"] == 1


def test_dry_run_says_what_would_be_done(
    published: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And does none of it."""
    code = restore(published / "tree", "--dry-run")

    assert code == 0
    assert "into the index `main`: 1 name of its own, the rest" in capsys.readouterr().out
    assert not (tmp_path / "data").exists()


def test_signed_tree_is_said_to_be(
    published: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The key is written by the command that has always written it."""
    assert run(["manifest", "key", "--data", str(published / "data")]) == 0
    (tmp_path / "key").write_text(capsys.readouterr().out, "utf-8")

    code = restore(published / "tree", "--key", "key")

    assert code == 0
    assert "signed by a key you trust" in capsys.readouterr().err


def test_tree_that_is_not_as_it_was_is_found_wrong(
    published: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1, each difference in a sentence, and what to do."""
    for path in (published / "tree").rglob("*"):
        target = tmp_path / "tree" / path.relative_to(published / "tree")
        if path.is_dir():
            target.mkdir(parents=True)
        elif path.suffix != ".whl":
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())

    code = restore(tmp_path / "tree")

    told = capsys.readouterr().err
    assert code == 1
    assert OURS.filename in told
    assert "Run the command again" in told


def test_backup_is_restored_and_said(
    published: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In words and in JSON; without the files it is said which are missing."""
    data = ["--data", str(published / "data")]
    assert (
        run(["backup", "whole.tar", *data]) == run(["backup", "bare.tar", "--no-files", *data]) == 0
    )
    capsys.readouterr()

    codes = [
        run(["restore", "--backup", "whole.tar", "--data", "first"]),
        run(["restore", "--backup", "bare.tar", "--data", "second"]),
        run(["restore", "--backup", "whole.tar", "--data", "third", "--same-identity", "--json"]),
    ]

    told = capsys.readouterr()
    lines = told.out.splitlines()
    written = json.loads("\n".join(lines[2:]))
    assert codes == [0, 0, 0]
    assert lines[0].startswith("2 files, ")
    assert "is yours, or pinned, and not in the backup" in told.err
    assert written["instance"] == written["backup"]["instance"]
    assert (tmp_path / "third/catalog.sqlite").exists()


def test_restore_that_was_cut_off_at_its_end_is_finished(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is proven is only moved; the file is not read again."""
    (tmp_path / "data/.restored").mkdir(parents=True)

    code = run(["restore", "--backup", "missing.tar", "--data", "data"])

    assert code == 0
    assert "now it is done" in capsys.readouterr().err


WRONG: Sequence[tuple[str, Sequence[str], str]] = (
    ("nothing", [], "Say what to restore"),
    ("both", ["--from", "tree", "--backup", "file"], "Say what to restore"),
    ("key of a backup", ["--backup", "file", "--key", "key"], "`--key` goes with `--from`"),
    ("dry backup", ["--backup", "file", "--dry-run"], "`--dry-run` goes with `--from`"),
    ("identity of a tree", ["--from", "tree", "--same-identity"], "goes with `--backup`"),
    ("expired without a key", ["--from", "tree", "--allow-expired"], "goes with `--key`"),
    ("missing key", ["--from", "tree", "--key", "key"], "has to be a file of keys"),
    ("missing tree", ["--from", "tree"], "is no published tree"),
    ("missing backup", ["--backup", "file"], "cannot be read: No such file"),
)


@pytest.mark.parametrize(("words", "told"), [each[1:] for each in WRONG], ids=[e[0] for e in WRONG])
def test_wrong_usage_gets_a_sentence(
    words: Sequence[str], told: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Exit code 2, and nothing was made."""
    code = run(["restore", *words, "--data", "data"])

    assert code == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "data").exists()


def test_file_of_keys_that_has_none_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With its name."""
    (tmp_path / "key").write_text("no key\n", "utf-8")

    code = run(["restore", "--from", "tree", "--key", "key", "--data", "data"])

    assert code == 2
    assert "`key`: " in capsys.readouterr().err
