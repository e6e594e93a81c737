"""A door that is a directory: it answers like an index over HTTP, and never from outside."""

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from support.packages import Package, make_sdist, make_wheel
from wheelyard.clock import FrozenClock
from wheelyard.errors import Refused, Unavailable
from wheelyard.names import ProjectName
from wheelyard.transport import DirectoryClient, DirectoryRules, Fault, Request, fault_of
from wheelyard.wire.sniff import parse_list, parse_page

pytestmark = pytest.mark.anyio

NOW = 1_790_000_000.0
DEMO = ProjectName("demo")
WHEEL, SDIST = make_wheel("demo", "1.0+local.1"), make_sdist("demo", "2.0")
OTHER = make_wheel("Spare.Parts", "1.0")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a flat directory, with a space in its name, beside a secret."""
    (tmp_path / "secret-1.0.tar.gz").write_text("secret")
    root = tmp_path / "our wheels"
    root.mkdir()
    for package in (WHEEL, SDIST, OTHER):
        put(root, package)
    return root


@pytest.fixture
async def client(root: Path) -> AsyncIterator[DirectoryClient]:
    """Open the directory as a door."""
    async with DirectoryClient(DirectoryRules(root.as_uri()), FrozenClock(NOW)) as opened:
        yield opened


def put(folder: Path, package: Package) -> Path:
    """Write a file that nobody is writing to any more."""
    path = folder / package.filename
    path.write_bytes(package.content)
    os.utime(path, (NOW - 100, NOW - 100))
    return path


def move_away(root: Path) -> None:
    """Take a directory from where it was."""
    root.rename(root.with_name("elsewhere"))


async def body(client: DirectoryClient, request: Request) -> bytes:
    """Return the streamed body of an answer."""
    async with client.open(request) as reply:
        return b"".join([chunk async for chunk in reply.chunks])


async def test_page_has_the_archives_of_its_project(client: DirectoryClient, root: Path) -> None:
    """With digest and size, at addresses that the same client opens."""
    document = await client.load(Request(f"{root.as_uri()}/demo/"))

    project = parse_page(document.body, document.headers["content-type"], document.url, DEMO)
    listed = {str(file.filename): file for file in project.files}
    assert listed.keys() == {WHEEL.filename, SDIST.filename}
    for package in (WHEEL, SDIST):
        file = listed[package.filename]
        assert (file.sha256, file.size) == (package.sha256, package.size)
        assert await body(client, Request(file.url)) == package.content


async def test_list_has_every_project(client: DirectoryClient, root: Path) -> None:
    """Of a flat directory, by the names of its archives."""
    document = await client.load(Request(f"{root.as_uri()}/"))

    listed = parse_list(document.body, document.headers["content-type"], document.url)
    assert [entry.name for entry in listed.projects] == ["demo", "spare-parts"]


async def test_page_that_did_not_change_is_not_sent_again(
    client: DirectoryClient, root: Path
) -> None:
    """304 to who asks on a condition; a further file makes another page."""
    request = Request(f"{root.as_uri()}/demo/")
    etag = (await client.load(request)).headers["etag"]

    unchanged = await client.load(replace(request, etag=etag))
    put(root, make_wheel("demo", "3.0"))
    changed = await client.load(replace(request, etag=etag))

    assert (unchanged.status, unchanged.body) == (304, b"")
    assert changed.status == 200


async def test_project_that_is_not_there_is_404(client: DirectoryClient, root: Path) -> None:
    """The directory can be read, so this is an answer; for files and documents too."""
    for path in ("none/", "simple/", "none/deeper/", "none-1.0.tar.gz", "pypi/demo/json", "%FF/"):
        assert (await client.load(Request(f"{root.as_uri()}/{path}"))).status == 404
    async with client.open(Request(f"{root.as_uri()}/none-1.0.tar.gz")) as reply:
        assert reply.status == 404
        assert [chunk async for chunk in reply.chunks] == []


@pytest.mark.parametrize(
    ("asked", "part", "content_range"),
    [
        (Request(""), slice(None), None),
        (Request("", start=10), slice(10, None), "bytes 10-{last}/{size}"),
        (Request("", start=10, stop=20), slice(10, 20), "bytes 10-19/{size}"),
        (Request("", suffix_bytes=7), slice(-7, None), "bytes {tail}-{last}/{size}"),
        (Request("", start=10, if_range='"other"'), slice(None), None),
    ],
)
async def test_part_of_a_file_is_sent(
    client: DirectoryClient, root: Path, asked: Request, part: slice, content_range: str | None
) -> None:
    """By the words that HTTP has for it, so that a broken download goes on here."""
    url = f"{root.as_uri()}/{SDIST.filename}"

    async with client.open(replace(asked, url=url)) as reply:
        content = b"".join([chunk async for chunk in reply.chunks])

    sizes = {"size": SDIST.size, "last": SDIST.size - 1, "tail": SDIST.size - 7}
    assert reply.status == (206 if content_range else 200)
    assert content == SDIST.content[part]
    assert reply.headers["content-length"] == str(len(content))
    assert reply.headers.get("content-range") == (content_range and content_range.format(**sizes))


async def test_range_beyond_the_end_is_416(client: DirectoryClient, root: Path) -> None:
    """With the size, as over HTTP."""
    request = Request(f"{root.as_uri()}/{SDIST.filename}", start=SDIST.size)

    async with client.open(request) as reply:
        assert reply.status == 416
        assert reply.headers["content-range"] == f"bytes */{SDIST.size}"
        assert [chunk async for chunk in reply.chunks] == []


@pytest.mark.parametrize(
    "url",
    [
        "{above}/secret-1.0.tar.gz",
        "{root}/../secret-1.0.tar.gz",
        "{root}/%2e%2e/secret-1.0.tar.gz",
        "{root}-private/a-1.0.tar.gz",
        "{root}/link-1.0.tar.gz",
        "file://elsewhere.example/a-1.0.tar.gz",
        "https://index.example/a-1.0.tar.gz",
    ],
)
async def test_what_is_outside_is_refused(client: DirectoryClient, root: Path, url: str) -> None:
    """By name, by climbing, by a link, or on another host."""
    (root / "link-1.0.tar.gz").symlink_to("../secret-1.0.tar.gz")
    request = Request(url.format(root=root.as_uri(), above=root.parent.as_uri()))

    for attempt in (client.load, lambda asked: body(client, asked)):
        with pytest.raises(Refused):
            await attempt(request)


async def test_archive_that_leads_outside_is_not_listed(
    client: DirectoryClient, root: Path
) -> None:
    """Nobody could fetch it, and its digest is nobody's business."""
    (root / "demo-3.0.tar.gz").symlink_to("../secret-1.0.tar.gz")
    (root / "link-1.0.tar.gz").symlink_to("../secret-1.0.tar.gz")

    page = await client.load(Request(f"{root.as_uri()}/demo/"))

    assert b"demo-3.0" not in page.body
    assert (await client.load(Request(f"{root.as_uri()}/link/"))).status == 404


async def test_directory_that_was_moved_away_is_unavailable(
    client: DirectoryClient, root: Path
) -> None:
    """Nothing is absent because a disk is."""
    move_away(root)

    for path in ("", "demo/", "none/", SDIST.filename, "none-1.0.tar.gz"):
        request = Request(f"{root.as_uri()}/{path}")
        for attempt in (client.load, lambda asked: body(client, asked)):
            with pytest.raises(Unavailable) as caught:
                await attempt(request)
            assert fault_of(caught.value) is Fault.UNREACHABLE


async def test_file_that_cannot_be_read_is_unavailable(
    client: DirectoryClient, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page without it would say that it is gone."""

    def fail(*_: object) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "pread", fail)

    with pytest.raises(Unavailable, match="permission denied") as caught:
        await client.load(Request(f"{root.as_uri()}/demo/"))

    assert fault_of(caught.value) is Fault.UNREADABLE


async def test_too_large_a_document_is_not_read(client: DirectoryClient, root: Path) -> None:
    """What a page may have at most is the settings' to say."""
    request = Request(f"{root.as_uri()}/{SDIST.filename}", max_bytes=10)

    for attempt in (client.load, lambda asked: body(client, asked)):
        with pytest.raises(Unavailable) as caught:
            await attempt(request)
        assert fault_of(caught.value) is Fault.TOO_LARGE


async def test_written_page_is_passed_on(client: DirectoryClient, root: Path) -> None:
    """As it is, with the type of its form; links lead on from the folder."""
    page = root / "simple" / "demo" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text(f'<h1>Links for demo</h1><a href="../../{SDIST.filename}">x</a>')

    document = await client.load(Request(f"{root.as_uri()}/simple/demo/"))

    project = parse_page(document.body, document.headers["content-type"], document.url, DEMO)
    assert [file.url for file in project.files] == [f"{root.as_uri()}/{SDIST.filename}"]


@pytest.mark.parametrize("address", ["{root}", "{root}/", "{root}/simple", "{root}/simple/"])
def test_address_with_and_without_simple_means_the_same_directory(root: Path, address: str) -> None:
    """Files of a mirror lie beside its `simple`, and must be within reach."""
    assert DirectoryRules(address.format(root=root.as_uri())).root == root
