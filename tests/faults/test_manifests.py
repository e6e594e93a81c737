"""The signed manifest, from the index that makes it to whoever checks what they get: A-39."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest

from contract.conformance.asking import JSON, Client
from faults.yard import Yard, open_yard
from support.app import NO_PIP, settings
from support.packages import make_sdist, make_wheel
from support.simulator import Simulator
from wheelyard.app import MAIN, running
from wheelyard.blobs import reading
from wheelyard.cli.main import run
from wheelyard.names import ProjectName
from wheelyard.settings import DoorSettings, UpstreamSettings
from wheelyard.wire.manifest import Entry, parse_entry, parse_start

PACKAGES = (
    make_wheel("demo", "1.0"),
    make_sdist("demo", "1.0"),
    make_wheel("other", "2.0+local"),
    make_wheel("zope-interface", "5.0"),
)


@dataclass(frozen=True, slots=True)
class Signed:
    """A manifest, its public key, the data directory that made it, and what it lists.

    The spare directory is a copy of which no server runs: files come and go below one.
    """

    manifest: Path
    key: Path
    data: Path
    spare: Path
    entries: tuple[Entry, ...]

    def verify(self, *arguments: object, state: Path) -> int:
        """Return the exit code of a check by somebody who has the key and nothing else."""
        words = ["--key", self.key, "--state", state, *arguments]
        return run(["verify", "--manifest", str(self.manifest), *map(str, words)])


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Signed:
    """Return the manifest of an index that holds a few files, made by the command."""
    folder = tmp_path_factory.mktemp("signed")
    data = folder / "data"
    with Simulator() as upstream:
        upstream.add(*PACKAGES, make_wheel("unheld", "1.0"))
        anyio.run(hold, data, upstream)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        assert run(["manifest", "create", str(folder / "manifest"), "--data", str(data)]) == 0
    key, spare = folder / "key", folder / "spare"
    shutil.copytree(data, spare)
    content = (folder / "manifest").read_bytes()
    lines = content[parse_start(content).size :].splitlines(keepends=True)
    return Signed(folder / "manifest", key, data, spare, tuple(map(parse_entry, lines)))


async def hold(data: Path, upstream: Simulator) -> None:
    """Have the files here, and a page of which no file is."""
    door = UpstreamSettings(name="default", doors=(DoorSettings(url=upstream.url),))
    async with running(settings(data, door), NO_PIP) as app:
        repository = app.indexes[MAIN].chain.repository
        await repository.project(ProjectName("unheld"))
        for name in {package.name for package in PACKAGES}:
            page = await repository.project(ProjectName(name))
            for file in page.files:
                async with reading(await repository.file(page.ref(file))) as chunks:
                    async for _ in chunks:
                        pass


@pytest.fixture(autouse=True)
def nothing_configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep this machine's own settings out of the tests."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))


@pytest.fixture(autouse=True)
def public_key(signed: Signed, capsys: pytest.CaptureFixture[str]) -> str:
    """Have the public key in a file, as the command writes it; return its line."""
    assert run(["manifest", "key", "--data", str(signed.data)]) == 0
    line = capsys.readouterr().out
    signed.key.write_text(line, "utf-8")
    return line


@pytest.fixture(scope="module")
def offline(signed: Signed) -> Iterator[Yard]:
    """Run the same index with nobody to ask."""
    with (
        Simulator() as nobody,
        open_yard(signed.data, nobody, settings={"server.offline": "true"}) as yard,
    ):
        yield yard


@pytest.fixture(scope="module")
def tree(signed: Signed, offline: Yard, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a tree of everything that the offline index gives out."""
    folder = tmp_path_factory.mktemp("tree")
    for entry in signed.entries:
        path = folder / place_of(entry)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(had(offline.client, entry))
    return folder


def place_of(entry: Entry) -> str:
    """Return where an entry is in a tree of files."""
    names = {"html": "index.html", "json": "index.v1_json"}
    return f"{entry.path}{names[entry.kind]}" if entry.kind in names else entry.path


def had(client: Client, entry: Entry) -> bytes:
    """Return the bytes that an index gives for an entry."""
    accept = {"html": "text/html", "json": JSON}.get(entry.kind, "*/*")
    answer = client.ask(f"/{entry.path}", {"Accept": accept})
    assert answer.status == 200, (entry, answer)
    return answer.body


def test_manifest_lists_every_page_and_every_file_that_is_held(signed: Signed) -> None:
    """In an order of its own: the list, then each project with its pages and files."""
    pages = [entry.path for entry in signed.entries if entry.kind == "html"]
    files = [entry.path.rpartition("/")[2] for entry in signed.entries if entry.kind == "file"]

    assert pages == ["simple/", "simple/demo/", "simple/other/", "simple/zope-interface/"]
    assert files == sorted(package.filename for package in PACKAGES)


def test_index_gives_what_its_manifest_lists(
    signed: Signed, offline: Yard, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the documented command, at the address with `/simple/` or without."""
    for url in (offline.server.base_url, offline.server.url):
        assert signed.verify("--upstream", url, state=tmp_path / "seen") == 0
        assert "4 pages and 4 files were had. All are as signed." in capsys.readouterr().out


def test_tree_is_what_the_manifest_lists(signed: Signed, tree: Path, tmp_path: Path) -> None:
    """For static files before they are put on a web server."""
    assert signed.verify("--upstream", tree.as_uri(), state=tmp_path / "seen") == 0


def test_any_changed_byte_is_found_and_named(
    signed: Signed, tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A-39: of any page, the root page too, and of any file."""
    for entry in signed.entries:
        path = tree / place_of(entry)
        before = path.read_bytes()
        for at in (0, len(before) // 2, len(before) - 1):
            path.write_bytes(before[:at] + bytes([before[at] ^ 1]) + before[at + 1 :])

            assert signed.verify("--upstream", tree.as_uri(), state=tmp_path / "seen") == 1
            assert capsys.readouterr().err.count("`") == 2
        path.write_bytes(before)


def test_removed_project_is_found_and_named(
    signed: Signed, tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its page is missed even where the list of all projects is as it was."""
    page = tree / "simple" / "other"
    page.rename(tmp_path / "other")

    assert signed.verify("--upstream", tree.as_uri(), state=tmp_path / "seen") == 1
    assert "`simple/other/` cannot be had" in capsys.readouterr().err
    (tmp_path / "other").rename(page)


def test_index_that_has_changed_is_found_out(
    signed: Signed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another index at the same address: every page is another one."""
    with Simulator() as stranger:
        stranger.add(make_wheel("demo", "1.0", payload_bytes=5))
        assert signed.verify("--upstream", stranger.url, "--json", state=tmp_path / "seen") == 1

    report = json.loads(capsys.readouterr().out)
    assert {"simple/", "simple/demo/", "simple/other/"} <= {
        each["path"] for each in report["differences"]
    }
    assert report["sound"] is False


def test_server_gives_the_manifest_out(signed: Signed, offline: Yard) -> None:
    """The latest one, whole; a client that has it is told so."""
    answer = offline.client.ask("/-/manifest")
    again = offline.client.ask("/-/manifest/main", {"If-None-Match": str(answer["etag"])})

    assert answer.body == signed.manifest.read_bytes()
    assert again.status == 304
    assert offline.client.ask("/-/manifest/nothing").status == 404
    assert offline.client.ask("/-/manifest/main/more").status == 404


def test_manifest_without_an_index_is_checked_by_itself(
    signed: Signed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And it is said that nothing was compared."""
    assert signed.verify(state=tmp_path / "seen") == 0
    assert "Nothing was compared with it" in capsys.readouterr().out


def test_replayed_manifest_is_refused(
    signed: Signed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Once a newer one was seen, though it has not expired."""
    seen = tmp_path / "seen"
    assert signed.verify(state=seen) == 0
    (subject,) = json.loads(seen.read_text())
    seen.write_text(json.dumps({subject: {"serial": 10**9, "created": "2030-01-01T00:00:00Z"}}))

    assert signed.verify(state=seen) == 1
    assert "older than one that was believed before" in capsys.readouterr().err


def test_rotated_key_signs_from_then_on(
    signed: Signed, public_key: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who trusts the old key alone does not believe the new manifest, and is told why."""
    data, new = tmp_path / "data", tmp_path / "new"
    shutil.copytree(signed.spare, data)
    assert run(["manifest", "key", "--rotate", "--data", str(data)]) == 0
    line = capsys.readouterr().out
    where = ["--data", str(data), "--expires", "PT1H", "--json"]
    assert run(["manifest", "create", "main", str(new), *where]) == 0
    assert line != public_key

    words = ["verify", "--manifest", str(new), "--state", str(tmp_path / "seen"), "--key"]
    assert run([*words, str(signed.key)]) == 1
    assert "none of those that are trusted" in capsys.readouterr().err
    (tmp_path / "both").write_text(public_key + line, "utf-8")
    assert run([*words, str(tmp_path / "both")]) == 0


def test_private_key_is_nowhere_but_in_its_file(signed: Signed, offline: Yard) -> None:
    """Neither in the log nor in the manifest, in no form."""
    seed = (signed.data / "manifest.key").read_bytes()
    said = offline.server.log().encode() + signed.manifest.read_bytes() + signed.key.read_bytes()

    assert (signed.data / "manifest.key").stat().st_mode & 0o777 == 0o600
    assert seed not in said
    assert seed.hex().encode() not in said
