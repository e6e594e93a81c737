"""Files and their metadata: statements C-44 to C-56 but for ranges, and sections 1.6 and 1.8."""

import hashlib
import io
import zipfile
from urllib.parse import quote, unquote, urlsplit

import pytest

from contract.conformance.asking import JSON, Client
from contract.conformance.contents import LOCAL, PAYLOAD, PROJECTS
from contract.conformance.serving import Site
from support.packages import make_sdist, make_wheel
from support.simulator import JSON as AS_JSON
from support.simulator import Simulator, ask, stall_after

WHEEL = "foo_bar-2.0-py3-none-any.whl"
SDIST = "foo_bar-2.0.tar.gz"
FOREVER = "max-age=365000000, immutable, public"


def url_of(client: Client, filename: str, project: str = "foo-bar") -> str:
    """Return the address of a file that is held: it was asked for once."""
    url: str = client.page(project).file(filename)["url"]
    client.ask(url)
    return url


def metadata_in(wheel: bytes) -> bytes:
    """Return METADATA as it lies in a wheel."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return archive.read(name)


@pytest.mark.parametrize("name", [name for name in PROJECTS if name != "large"])
def test_c44_advertised_metadata_is_the_wheels(client: Client, name: str) -> None:
    """There, with the advertised hash, and byte for byte what lies in the wheel (A-75)."""
    answer = client.page(name)

    for listed in answer.json()["files"]:
        if not (said := listed.get("core-metadata")):
            continue
        url = answer.file(listed["filename"])["url"]
        metadata = client.ask(f"{url}.metadata")
        assert metadata.status == 200
        assert hashlib.sha256(metadata.body).hexdigest() == said["sha256"]
        assert metadata.body == metadata_in(client.ask(url).body)


def test_c44_metadata_without_a_stated_hash_is_advertised_once_it_is_known(troubled: Site) -> None:
    """What upstream promises without a hash is not promised on; a held wheel tells it."""
    package = make_wheel("promised", "1.0")
    troubled.upstream.add(package, core_metadata="true-without-hash")
    before = troubled.client.page("promised").file(package.filename)
    troubled.client.ask(before["url"])

    assert not before.get("core-metadata")
    page = troubled.client.until(
        "/simple/promised/", lambda page: bool(page.file(package.filename).get("core-metadata"))
    )
    after = page.file(package.filename)
    assert after["core-metadata"] == {"sha256": hashlib.sha256(package.metadata or b"").hexdigest()}
    assert troubled.client.ask(f"{after['url']}.metadata").body == package.metadata


def test_c45_file_without_metadata_has_none(troubled: Site) -> None:
    """Nothing is made up: 404, for an sdist and for a wheel that nobody has read yet."""
    wheel, sdist = make_wheel("plain", "1.0"), make_sdist("plain", "1.0")
    troubled.upstream.add(wheel, sdist, core_metadata=False)
    page = troubled.client.page("plain")

    for package in (wheel, sdist):
        assert not page.file(package.filename).get("core-metadata")
        url = page.file(package.filename)["url"]
        assert troubled.client.ask(f"{url}.metadata").status == 404


def test_c45_metadata_of_an_unknown_file_is_404(client: Client) -> None:
    """The suffix makes no file out of nothing."""
    url = url_of(client, WHEEL)

    unknown = url.replace(WHEEL, "foo_bar-9.9-py3-none-any.whl")
    assert client.ask(f"{unknown}.metadata").status == 404
    assert client.ask(f"{url}.metadata.metadata").status == 404


def test_c46_file_has_the_headers_of_an_immutable_file(client: Client) -> None:
    """Exact length, ranges, a strong tag, no coding, kept for ever."""
    url = url_of(client, WHEEL)

    answer = client.ask(url, {"Accept-Encoding": "gzip, deflate, zstd"})

    assert int(answer["content-length"]) == len(answer.body)
    assert answer["accept-ranges"] == "bytes"
    assert answer["etag"] == f'"{hashlib.sha256(answer.body).hexdigest()}"'
    assert answer.get("content-encoding") is None
    assert answer.get("transfer-encoding") is None
    assert answer["cache-control"] == FOREVER
    assert answer["content-type"] == "application/octet-stream"
    assert answer.get("content-disposition") is None
    assert answer.get("vary") is None


def test_c46_metadata_has_the_headers_of_an_immutable_file(client: Client) -> None:
    """Metadata never change either: their address contains the digest of the wheel."""
    answer = client.ask(f"{url_of(client, WHEEL)}.metadata")

    assert answer["cache-control"] == FOREVER
    assert answer["etag"] == f'"{hashlib.sha256(answer.body).hexdigest()}"'
    assert answer["accept-ranges"] == "bytes"
    assert answer.media_type in {"application/octet-stream", "text/plain"}
    assert answer.get("content-encoding") is None


def test_c46_file_on_its_way_has_its_length_and_no_lasting_tag(troubled: Site) -> None:
    """The length comes from the page; a tag that lasts only from bytes that were proven.

    A client that loses the connection now starts over instead of joining bytes nobody checked.
    """
    package = make_wheel("cold", "1.0", payload_bytes=2_000_000)
    troubled.upstream.add(package)
    url = troubled.client.page("cold").file(package.filename)["url"]
    held_up = troubled.upstream.fault(f"*/{package.filename}", stall_after(1_000_000))

    with troubled.client.opened(url) as response:
        headers = {name.lower(): value for name, value in response.getheaders()}
        held_up.clear()
        content = response.read()

    warm = troubled.client.ask(url)
    assert content == warm.body == package.content
    assert int(headers["content-length"]) == package.size
    assert headers["etag"] != warm["etag"] == f'"{package.sha256}"'
    assert troubled.upstream.count(f"*/{package.filename}") == 1


@pytest.mark.parametrize("conditional", ['"{tag}"', 'W/"{tag}"', '"a", "{tag}"', "*"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("suffix", ["", ".metadata"])
def test_c51_file_that_is_held_by_the_client_is_304(
    client: Client, method: str, conditional: str, suffix: str
) -> None:
    """Conditional HEADs are sent by uv. Weak comparison: RFC 9110, 13.1.2."""
    url = url_of(client, WHEEL) + suffix
    tag = client.ask(url)["etag"].strip('"')

    answer = client.ask(url, {"If-None-Match": conditional.format(tag=tag)}, method=method)

    assert answer.status == 304
    assert answer["etag"] == f'"{tag}"'
    assert answer["cache-control"] == FOREVER
    assert answer.get("content-type") is None


@pytest.mark.parametrize("header", ['"other"', 'W/"other"', '""', "other", "", ",,", '"' * 50])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_c51_other_tag_gets_the_file(client: Client, method: str, header: str) -> None:
    """Never 412, never an error."""
    answer = client.ask(url_of(client, WHEEL), {"If-None-Match": header}, method=method)

    assert answer.status == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("If-Modified-Since", "Wed, 21 Oct 2026 07:28:00 GMT"),
        ("If-Modified-Since", "yesterday"),
        ("If-Unmodified-Since", "Wed, 21 Oct 2015 07:28:00 GMT"),
        ("If-Match", "*"),
    ],
)
def test_c51_condition_that_we_have_no_answer_to_gets_the_file(
    client: Client, name: str, value: str
) -> None:
    """Files have no date here, and whoever asks about one gets the whole."""
    assert client.ask(url_of(client, WHEEL), {name: value}).status == 200


@pytest.mark.parametrize("coding", ["gzip", "gzip, deflate", "*", "identity", "br;q=1.0"])
def test_c52_tar_gz_is_never_touched(client: Client, coding: str) -> None:
    """A browser and old proxies say that they take gzip; the file is no gzip of anything."""
    answer = client.ask(url_of(client, SDIST), {"Accept-Encoding": coding})

    assert answer.body[:2] == b"\x1f\x8b"
    assert answer.get("content-encoding") is None
    assert answer["content-type"] == "application/octet-stream"
    assert hashlib.sha256(answer.body).hexdigest() == answer["etag"].strip('"')


@pytest.mark.parametrize("name", PROJECTS)
def test_c55_path_is_as_at_pypi(client: Client, upstream: Simulator, name: str) -> None:
    """`/packages/`, three parts of a digest, the name; and the very path that upstream has."""
    theirs = ask(f"{upstream.url}{name}/", AS_JSON).files()
    page = client.page(name)

    for file, other in zip(page.json()["files"], theirs, strict=True):
        path = urlsplit(page.file(file["filename"])["url"]).path
        root, packages, *digest, filename = path.split("/")
        assert (root, packages) == ("", "packages")
        assert [len(part) for part in digest] == [2, 2, 60]
        assert unquote(filename) == file["filename"]
        assert path == urlsplit(str(other["url"])).path


@pytest.mark.parametrize(
    "path",
    [
        "/packages/../../etc/passwd",
        "/packages/%2e%2e/%2e%2e/etc/passwd",
        "/packages/..%2f..%2fetc%2fpasswd",
        "/packages/..%5c..%5cetc%5cpasswd",
        "/packages/%252e%252e/etc/passwd",
        "/packages/%2fetc%2fpasswd",
        "/packages//etc/passwd",
        "/packages/./x-1.0.tar.gz",
        "/packages/x-1.0.tar.gz%00.whl",
        "/packages/x-1.0.tar.gz%0a",
        "/packages/%c0%ae%c0%ae/x-1.0.tar.gz",
        "/packages/x-1.0.tar.gz%ff",
        "/packages/",
        "/packages",
        "/packages/../packages/",
        "/packages/~root/x-1.0.tar.gz",
        "/packages/C:%5Cx-1.0.tar.gz",
        "/packages/" + "../" * 500 + "etc/passwd",
        "/packages/" + "a" * 5_000,
        "/packages/" + "a/" * 2_000,
        "/packages/.metadata",
        "/packages/..metadata",
        "/packages/...metadata",
        "/packages/%2e.metadata",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_c56_traversal_is_refused(client: Client, path: str, method: str) -> None:
    """Nothing outside the store has an address, in whatever spelling."""
    answer = client.ask(path, method=method)

    assert answer.status in {400, 404}
    assert b"root:" not in answer.body


def test_c56_file_is_found_at_its_own_path_only(client: Client) -> None:
    """A digest that is not the file's, another case, another project: 404."""
    url = url_of(client, WHEEL)
    digest = urlsplit(url).path.split("/")[4]

    for wrong in (
        url.replace(digest, digest[::-1]),
        url.replace(digest, digest.upper()),
        url.replace("/packages/", "/packages/packages/"),
        url.replace(WHEEL, WHEEL.upper()),
        url.replace(WHEEL, SDIST),
        f"{url}/",
        f"{url}.",
        url.replace(f"/{WHEEL}", ""),
    ):
        assert client.ask(wrong).status == 404, wrong


@pytest.mark.parametrize("suffix", [".asc", ".provenance", ".sig", ".sha256", ".metadata.json"])
def test_companion_that_does_not_exist_is_404(client: Client, suffix: str) -> None:
    """Unknown suffixes are no secret other names of the file (1.8.8)."""
    assert client.ask(f"{url_of(client, WHEEL)}{suffix}").status == 404


@pytest.mark.parametrize("safe", ["", "+", "+!~*'()"])
def test_name_with_a_plus_is_found_however_it_is_escaped(client: Client, safe: str) -> None:
    """The plus of a local version is escaped by pip in every link that it follows, not by uv."""
    url: str = client.page("local").file(LOCAL.filename)["url"]
    folder = url.rpartition("/")[0]

    answer = client.ask(f"{folder}/{quote(LOCAL.filename, safe=safe)}")

    assert (answer.status, answer.body) == (200, LOCAL.content)
    metadata = client.ask(f"{folder}/{quote(LOCAL.filename, safe=safe)}.metadata")
    assert metadata.body == LOCAL.metadata


@pytest.mark.parametrize("tail", ["?x=1", "?", "#sha256=00", "%23sha256=00"])
def test_query_and_fragment_change_nothing(client: Client, tail: str) -> None:
    """A link is often copied with its hash."""
    url = url_of(client, WHEEL)

    assert client.ask(urlsplit(url).path + tail).body == client.ask(url).body


def test_file_of_several_blocks_is_whole(client: Client) -> None:
    """Twice: while it comes in, and from the disk."""
    url = client.page("payload").file(PAYLOAD.filename)["url"]

    assert client.ask(url).body == client.ask(url).body == PAYLOAD.content


def test_head_of_a_file_that_is_not_held_fetches_nothing(troubled: Site) -> None:
    """Nobody downloads a file to tell its length."""
    package = make_wheel("looked-at", "1.0")
    troubled.upstream.add(package)
    url = troubled.client.page("looked-at").file(package.filename)["url"]

    answer = troubled.client.ask(url, method="HEAD")

    assert (answer.status, int(answer["content-length"])) == (200, package.size)
    assert answer["accept-ranges"] == "bytes"
    assert troubled.upstream.count(f"*/{package.filename}") == 0


@pytest.mark.parametrize("header", ["bytes=0-9", "bytes=99999999-", "nonsense"])
def test_head_knows_no_ranges(client: Client, header: str) -> None:
    """A range has a meaning for GET only. Source: RFC 9110, 14.2."""
    url = url_of(client, WHEEL)
    plain = client.ask(url, method="HEAD")

    answer = client.ask(url, {"Range": header}, method="HEAD")

    assert (answer.status, answer["content-length"]) == (200, plain["content-length"])


def test_sdist_and_wheel_of_a_page_are_not_mixed_up(troubled: Site) -> None:
    """Two files that arrive for the first time at once are each themselves."""
    wheel, sdist = make_wheel("twins", "1.0"), make_sdist("twins", "1.0")
    troubled.upstream.add(wheel, sdist)
    page = troubled.client.ask("/simple/twins/", {"Accept": JSON})

    for package in (wheel, sdist):
        assert troubled.client.ask(page.file(package.filename)["url"]).body == package.content
