"""Which place a word means."""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from publish.targets.places import HEADERS
from support.radosgw import RadosGw
from wheelyard.errors import BadInput, ConfigError, WheelyardError
from wheelyard.publish.targets import open_target, open_tree
from wheelyard.publish.targets.opening import places_around

pytestmark = pytest.mark.anyio

KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "hush"}


@pytest.mark.parametrize("form", ["{}", "{}/", "file://{}", "{}/x/.."])
async def test_directory_has_one_name(tmp_path: Path, form: str) -> None:
    """What was published to a target is found again, however the target is written."""
    async with open_target(form.format(tmp_path / "my tree"), {}) as target:
        assert target.url == str(tmp_path / "my tree")
        assert target.prefers_views


async def test_file_is_no_directory_to_publish_to(tmp_path: Path) -> None:
    """It is said before anything is read of it."""
    file = tmp_path / "tree"
    file.write_text("notes", "utf-8")

    with pytest.raises(BadInput, match="is no directory"):
        async with open_target(str(file), {}):
            pass


async def test_directory_may_be_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It counts from where we are."""
    monkeypatch.chdir(tmp_path)
    async with open_target("tree", {}) as target:
        assert target.url == str(tmp_path / "tree")


async def test_directory_may_be_percent_encoded_in_a_url(tmp_path: Path) -> None:
    """As in any URL."""
    async with open_target(f"file://{tmp_path}/my%20tree", {}) as target:
        assert target.url == str(tmp_path / "my tree")


@pytest.mark.parametrize("url", ["s3://bucket", "s3://bucket/", "gs://bucket", "az://bucket"])
async def test_bucket_has_one_name(url: str) -> None:
    """Each provider's, with a slash at the end or without."""
    environment = {
        **KEYS,
        "AZURE_STORAGE_ACCOUNT_NAME": "me",
        "AZURE_STORAGE_ACCOUNT_KEY": "AAAA",
        "GOOGLE_SKIP_SIGNATURE": "true",
    }
    async with open_target(url, environment) as target:
        assert target.url == url.rstrip("/")
        assert not target.prefers_views


@pytest.mark.parametrize(
    ("url", "around"),
    [
        ("s3://bucket", ()),
        ("s3://bucket/a/", ("s3://bucket",)),
        ("gs://bucket/a/b/c", ("gs://bucket/a/b", "gs://bucket/a", "gs://bucket")),
    ],
)
def test_bucket_has_places_around_a_place(url: str, around: tuple[str, ...]) -> None:
    """Shorter and shorter prefixes, as far as the bucket."""
    assert places_around(url) == around


def test_directory_has_places_around_it_by_name_and_by_links(tmp_path: Path) -> None:
    """The nearest first, and never the root of the disk."""
    (tmp_path / "real/inner").mkdir(parents=True)
    (tmp_path / "links").mkdir()
    (tmp_path / "links/to").symlink_to(tmp_path / "real/inner")

    around = places_around(f"file://{tmp_path}/links/to/new/tree")

    assert around[:2] == (str(tmp_path / "links/to/new"), str(tmp_path / "links/to"))
    assert {str(tmp_path / "real/inner"), str(tmp_path / "real")} < set(around)
    assert "/" not in around


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "has a name"),
        ("/", "not the root of the disk"),
        ("a\nb", "has a name"),
        ("http://index.example/", "`http:` is nothing that can be published to"),
        ("ftp://index.example/", "`ftp:` is nothing that can be published to"),
        ("memory://bucket", "`memory:` is nothing that can be published to"),
        ("s3://", "is `s3://bucket/prefix`"),
        ("s3://key:hush@bucket/", "credentials do not belong into it"),
        ("s3://bucket/?X-Amz-Signature=hush", "credentials do not belong into it"),
        ("s3://bucket/a/../b", "without `..`"),
    ],
)
async def test_word_that_is_no_place_is_refused(url: str, sentence: str) -> None:
    """The sentence says what a place looks like, and never repeats a secret."""
    with pytest.raises(BadInput) as caught:
        async with open_target(url, KEYS):
            raise AssertionError

    assert sentence in str(caught.value)
    assert "hush" not in str(caught.value)


async def test_plain_http_elsewhere_is_refused() -> None:
    """Whoever is on the way could change every package."""
    environment = {**KEYS, "AWS_ENDPOINT_URL": "http://store.example:9000"}

    with pytest.raises(ConfigError, match="AWS_ALLOW_HTTP=true"):
        async with open_target("s3://bucket", environment):
            raise AssertionError


@pytest.mark.parametrize(
    "url", ["http://", "https://index.example/?a=b", "http://a b/", "https://index.example/#a"]
)
async def test_site_that_is_no_address_is_refused(url: str) -> None:
    """At once, and not when something is read."""
    with pytest.raises(WheelyardError):
        async with open_tree(url, {}):
            raise AssertionError


def copied(tree: Path, folder: Path) -> str:
    """Copy a tree as programs do that know no links; return where it is."""
    for path in ("simple/index.json", "wheelyard.json", "-/manifest", "packages/ab/wheel"):
        folder.joinpath(path).parent.mkdir(parents=True, exist_ok=True)
        folder.joinpath(path).write_bytes(tree.joinpath(path).read_bytes())
    folder.joinpath("current").mkdir()
    return str(folder)


@pytest.mark.parametrize("views", [True, False])
@pytest.mark.parametrize("kind", ["directory", "copied directory", "bucket", "site", "bucket site"])
async def test_tree_is_read_wherever_it_is(
    tmp_path: Path, radosgw: RadosGw, kind: str, *, views: bool
) -> None:
    """The same paths, with views or without, on a disk, in a bucket, and served."""
    bucket = f"opening-{kind.replace(' ', '-')}-{views}".lower()
    url = str(tmp_path / "tree")
    if "bucket" in kind:
        url = radosgw.make_bucket(bucket, is_public=True) + "/the/tree"
    async with open_target(url, radosgw.environment) as target:
        for name in ("simple/index.json", "wheelyard.json", "-/manifest"):
            await target.put(f"views/a/{name}" if views else name, name.encode(), HEADERS)
        await target.put("packages/ab/wheel", b"wheel", HEADERS)
        if views:
            await target.switch("a")
    if kind == "copied directory":
        url = copied(Path(url), tmp_path / "copied")
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        if kind == "site":
            url = f"http://127.0.0.1:{server.server_port}/tree"
        elif kind == "bucket site":
            url = f"{radosgw.endpoint}/{bucket}/the/tree"
        async with open_tree(url, radosgw.environment) as tree:
            found = {
                name: await tree.get(name, 1_000)
                for name in ("simple/index.json", "wheelyard.json", "-/manifest")
            }
            wheel = b"".join([chunk async for chunk in tree.read("packages/ab/wheel")])
            page = b"".join([chunk async for chunk in tree.read("simple/index.json")])
        server.shutdown()
        thread.join()

    assert found == {name: name.encode() for name in found}
    assert (wheel, page) == (b"wheel", b"simple/index.json")
