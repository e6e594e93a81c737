"""``wheelyard project push``, from the arguments to what another index gets."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from cli.contents import audit_of
from cli.people import Console
from support.hosted_files import publish
from support.packages import make_sdist, make_wheel
from support.upload_server import OtherIndex, Said, other_index
from wheelyard.blobs import DiskThreads, LocalBlobs, Quarantine
from wheelyard.catalog import open_catalog, open_directory
from wheelyard.clock import SystemClock

WHEEL, SDIST = make_wheel("demo", "1.0"), make_sdist("demo", "1.0")
TOKEN = "pypi-hunter2"


@pytest.fixture
def index() -> Iterator[OtherIndex]:
    """Run another index."""
    with other_index() as running:
        yield running


@pytest.fixture(autouse=True)
def release(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """Host a release of two files, and have a token in the environment."""
    monkeypatch.setenv("PUSH_TOKEN", TOKEN)
    anyio.run(_publish, console.data)


async def _publish(data: Path) -> None:
    """Publish the release, with its bytes."""
    clock = SystemClock()
    with open_directory(data, clock) as directory, open_catalog(data, clock) as catalog:
        quarantine = Quarantine(directory.quarantine)
        store = LocalBlobs(directory.blobs, directory.spool, DiskThreads(), quarantine)
        for package in (WHEEL, SDIST):
            sha256 = await store.put(package.content)
            await publish(catalog, package.filename, sha256=sha256, size=package.size)


def test_release_is_published_onwards(console: Console, index: OtherIndex) -> None:
    """File by file, with the token of the environment, and a line in the audit log."""
    said = console.said(f"project push Demo 1.0 --to {index.url} --token-env PUSH_TOKEN")

    pair = base64.b64encode(f"__token__:{TOKEN}".encode()).decode()
    assert [upload.content for upload in index.uploads] == [WHEEL.content, SDIST.content]
    assert {upload.fields["Authorization"] for upload in index.uploads} == {f"Basic {pair}"}
    assert said.splitlines()[-1] == (
        f"`Demo` 1.0 is published at `{index.url.removesuffix('/legacy/')}`: 2 files uploaded."
    )
    line = audit_of(console)[-1]
    assert (line.action, line.project) == ("release.push", "demo")
    assert line.detail["filenames"] == [WHEEL.filename, SDIST.filename]


def test_token_may_be_in_a_file(console: Console, index: OtherIndex, tmp_path: Path) -> None:
    """With a user where the other index has passwords."""
    (tmp_path / "token").write_text("secret\n")

    console.said(f"project push demo 1.0 --to {index.url} --token-file token --user ada")

    pair = base64.b64encode(b"ada:secret").decode()
    assert index.uploads[0].fields["Authorization"] == f"Basic {pair}"


def test_push_can_be_repeated(console: Console, index: OtherIndex) -> None:
    """What is there already is no mistake if that is said."""
    line = f"project push demo 1.0 --to {index.url} --token-env PUSH_TOKEN"
    index.answers = [Said(400, "File already exists"), Said(400, "File already exists")]
    code, _, errors = console.call(line)

    said = console.said(f"{line} --skip-existing")

    assert (code, "File already exists" in errors) == (1, True)
    assert "exists: demo-1.0-py3-none-any.whl" in said
    assert "1 file uploaded, 1 there already." in said


def test_what_was_uploaded_before_a_failure_is_in_the_audit_log(
    console: Console, index: OtherIndex
) -> None:
    """Half a release is somewhere else, and somebody may have to know."""
    index.answers = [Said(), Said(403, "Forbidden by the index")]

    code, _, errors = console.call(f"project push demo 1.0 --to {index.url} --token-env PUSH_TOKEN")

    assert code == 1
    assert "403 Forbidden by the index" in errors
    assert TOKEN not in errors
    assert audit_of(console)[-1].detail["filenames"] == [WHEEL.filename]


def test_dry_run_sends_nothing(console: Console, index: OtherIndex) -> None:
    """It says what would go, in which order."""
    code, output, errors = console.call(
        f"project push demo 1.0 --to {index.url} --token-env PUSH_TOKEN --dry-run"
    )

    assert code == 0
    assert output.split() == [WHEEL.filename, SDIST.filename]
    assert "2 files would be uploaded" in errors
    assert not index.uploads


def test_push_is_reported_for_programs(console: Console, index: OtherIndex) -> None:
    """And for nobody else."""
    line = f"project push demo 1.0 --to {index.url} --token-env PUSH_TOKEN --json"

    code, output, errors = console.call(line)

    found = json.loads(output)
    assert (code, errors) == (0, "")
    assert found["to"] == index.url.removesuffix("/legacy/")
    assert [(each["filename"], each["outcome"]) for each in found["files"]] == [
        (WHEEL.filename, "uploaded"),
        (SDIST.filename, "uploaded"),
    ]


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        ("demo 9 --token-env PUSH_TOKEN", 1, "`demo` 9"),
        ("demo 1.0", 2, "`--token-env NAME` or `--token-file FILE`"),
        ("demo 1.0 --token-env NO_SUCH_VARIABLE", 2, "NO_SUCH_VARIABLE` is empty"),
        ("demo 1.0 --token-file no-such-file", 2, "no-such-file` cannot be read"),
        ("demo 1.0 --token-env PUSH_TOKEN --index nowhere", 2, "nowhere"),
        ("demo 1.0 --token-env PUSH_TOKEN --to http://index.example/legacy/", 2, "https"),
        ("demo 1.0 --token-env PUSH_TOKEN --to https://u:hunter3@index.example/", 2, "password"),
    ],
)
def test_bad_input_is_a_sentence(
    console: Console, index: OtherIndex, words: str, code: int, sentence: str
) -> None:
    """Before anything is sent anywhere, and without repeating a secret."""
    found, _, errors = console.call(f"project push --to {index.url} {words}")

    assert (found, sentence in errors) == (code, True), errors
    assert "hunter" not in errors
    assert not index.uploads
