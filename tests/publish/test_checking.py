"""Comparing what one gets with what a manifest lists."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from wheelyard.errors import Unavailable
from wheelyard.names import Sha256
from wheelyard.publish.checking import Check, OnDisk, OverHttp, check_contents
from wheelyard.transport import Document, Reply, Request
from wheelyard.wire.manifest import Entry, Kind

pytestmark = pytest.mark.anyio

JSON = "application/vnd.pypi.simple.v1+json"
HTML = "text/html; charset=utf-8"
CONTENT: Mapping[tuple[Kind, str], bytes] = {
    ("html", "simple/"): b"<html>all",
    ("json", "simple/"): b"{all}",
    ("html", "simple/demo/"): b"<html>demo",
    ("json", "simple/demo/"): b"{demo}",
    ("file", "packages/demo-1.0.zip"): b"file" * 100,
    ("metadata", "packages/demo-1.0.zip.metadata"): b"Name: demo",
}
ENTRIES = tuple(
    Entry(kind, path, Sha256(hashlib.sha256(content).hexdigest()), len(content))
    for (kind, path), content in CONTENT.items()
)
FORMS = {JSON: "json", "text/html": "html"}


class Index:
    """An index over HTTP, as a client of it sees it."""

    def __init__(self, *, negotiates: bool = True) -> None:
        """Give out what the manifest lists; without `negotiates` all pages in HTML."""
        self.content = dict(CONTENT)
        self.asked: list[str] = []
        self._negotiates = negotiates

    async def load(self, request: Request) -> Document:
        """Return a page in the form that is preferred."""
        form = FORMS[request.accept.partition(",")[0]] if self._negotiates else "html"
        body = self._body(request, (form, request.url.removeprefix("http://index.example/")))
        kind = HTML if form == "html" else JSON
        return Document(200 if body else 404, request.url, {"content-type": kind}, body or b"")

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncIterator[Reply]:
        """Yield a file, in pieces."""
        path = request.url.removeprefix("http://index.example/")
        body = self._body(request, ("metadata" if path.endswith(".metadata") else "file", path))

        async def chunks() -> AsyncIterator[bytes]:
            for start in range(0, len(body or b""), 7):
                yield (body or b"")[start : start + 7]

        yield Reply(200 if body else 503, request.url, {}, chunks())

    def _body(self, request: Request, key: tuple[str, str]) -> bytes | None:
        self.asked.append(request.url)
        return self.content.get(key)  # type: ignore[arg-type]  # any text


async def checked(index: Index) -> Check:
    """Return what a check of an index came to."""
    return await check_contents(
        lambda: iter(ENTRIES), OverHttp(index, "http://index.example/"), lambda _: None
    )


def tree(folder: Path, json_name: str = "index.v1_json") -> OnDisk:
    """Return a tree that has what the manifest lists."""
    names = {"html": "index.html", "json": json_name}
    for (kind, path), content in CONTENT.items():
        file = folder / path / names[kind] if kind in names else folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return OnDisk(folder)


async def test_everything_that_is_listed_is_had_once() -> None:
    """Pages in both forms, files, and metadata."""
    index = Index()

    check = await checked(index)

    assert check.is_sound
    assert (check.pages, check.files) == (2, 1)
    assert check.bytes == sum(map(len, CONTENT.values()))
    assert len(index.asked) == len(ENTRIES)


@pytest.mark.parametrize("key", CONTENT, ids=" ".join)
async def test_changed_byte_is_found_and_named(key: tuple[Kind, str]) -> None:
    """A-39: in any page, the one of all projects too, and in any file."""
    index = Index()
    index.content[key] = index.content[key][:-1] + b"!"

    check = await checked(index)

    assert [each.path for each in check.differences] == [key[1]]
    assert "is not what the manifest says" in check.differences[0].reason


@pytest.mark.parametrize("key", CONTENT, ids=" ".join)
async def test_what_is_not_there_is_found_and_named(key: tuple[Kind, str]) -> None:
    """With the answer that came instead."""
    index = Index()
    del index.content[key]

    check = await checked(index)

    assert [each.path for each in check.differences] == [key[1]]
    assert ("404 Not Found" in check.differences[0].reason) == (key[0] in {"html", "json"})


async def test_index_without_json_is_compared_by_its_html() -> None:
    """Static files behind a plain web server have one form; it has to be as signed, too."""
    index = Index(negotiates=False)
    assert (await checked(index)).is_sound

    index.content["html", "simple/demo/"] = b"<html>wrong"
    check = await checked(index)
    assert {each.path for each in check.differences} == {"simple/demo/"}


async def test_file_that_never_ends_is_not_read_to_its_end() -> None:
    """No more than what is expected, and a piece."""
    index = Index()
    index.content["file", "packages/demo-1.0.zip"] = b"x" * 1_000_000

    check = await checked(index)

    assert [each.path for each in check.differences] == ["packages/demo-1.0.zip"]
    assert check.bytes < 1_000


async def test_many_differences_are_counted_and_some_told() -> None:
    """Memory does not grow with how much is wrong."""
    entries = [Entry("file", f"packages/{each}", ENTRIES[0].sha256) for each in range(3000)]

    check = await check_contents(
        lambda: iter(entries), OverHttp(Index(), "http://index.example/"), lambda _: None
    )

    assert (check.wrong, len(check.differences)) == (3000, 1000)


@pytest.mark.parametrize("json_name", ["index.v1_json", "index.json"])
async def test_tree_is_compared_file_by_file(tmp_path: Path, json_name: str) -> None:
    """Pages are the files that a web server would give out for them, by either name."""
    source = tree(tmp_path, json_name)
    assert (await check_contents(lambda: iter(ENTRIES), source, lambda _: None)).is_sound

    (tmp_path / "simple" / "demo" / "index.html").write_bytes(b"wrong")
    (tmp_path / "packages" / "demo-1.0.zip").unlink()
    check = await check_contents(lambda: iter(ENTRIES), source, lambda _: None)
    assert [each.path for each in check.differences] == ["packages/demo-1.0.zip", "simple/demo/"]


@pytest.mark.parametrize("path", ["../etc/passwd", "a/%2e%2e/b", "/etc/passwd", "http://a/b"])
async def test_nothing_outside_of_a_tree_is_read(tmp_path: Path, path: str) -> None:
    """Whatever a manifest lists."""
    with pytest.raises(Unavailable, match="not below the index"):
        await OnDisk(tmp_path).get(Entry("file", path, ENTRIES[0].sha256))


async def test_file_at_an_address_of_its_own_is_had_there() -> None:
    """With `files_url`, files are somewhere else than pages."""
    index = Index()
    entry = Entry("file", "http://files.example/a.zip", ENTRIES[0].sha256)

    with pytest.raises(Unavailable):
        await OverHttp(index, "http://index.example/").get(entry)

    assert index.asked == ["http://files.example/a.zip"]


async def test_everybody_hears_how_far_it_is() -> None:
    """After each entry."""
    told: list[int] = []

    await check_contents(
        lambda: iter(ENTRIES),
        OverHttp(Index(), "http://index.example/"),
        lambda check: told.append(check.bytes),
    )

    assert len(told) == len(ENTRIES)
