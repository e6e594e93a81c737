"""One door: what it gives beside pages: JSON documents, metadata files, files."""

import pytest

from blobs.fakes import read_all, read_error
from support.fakes import FakeClient, make_file
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent, Refused, Unavailable
from wheelyard.model import FileRef
from wheelyard.names import ProjectName
from wheelyard.repository.base import DocumentWanted, Loaded, Unchanged, Validators
from wheelyard.repository.upstream import Upstream, UpstreamRules
from wheelyard.transport import Document, Request

pytestmark = pytest.mark.anyio

ROOT = "https://index.example/simple/"
FLASK = ProjectName("flask")
WANTED = DocumentWanted("json", "flask")
JSON_URL = "https://index.example/pypi/flask/json"
BODY = b'{"info": {"name": "Flask"}, "urls": []}'
FILE = "https://files.example/flask-1.0-py3-none-any.whl"


def upstream(client: FakeClient, url: str = ROOT, unhashed: str = "record") -> Upstream:
    """Return the door behind ``client``."""
    return Upstream(client, UpstreamRules("main", url, unhashed), FrozenClock())


def ref(url: str = FILE) -> FileRef:
    """Return a file of the page that is at ``url``."""
    return FileRef(FLASK, make_file("flask-1.0-py3-none-any.whl", url=url))


def unhashed_ref() -> FileRef:
    """Return a file for which the page states a digest that proves nothing."""
    file = make_file("flask-1.0-py3-none-any.whl", url=FILE, hashes=(("md5", "0" * 32),))
    return FileRef(FLASK, file)


@pytest.mark.parametrize(
    ("index", "name", "url"),
    [
        (ROOT, "flask", JSON_URL),
        (ROOT, "flask/1.0", "https://index.example/pypi/flask/1.0/json"),
        (ROOT, "flask/1.0+a b", "https://index.example/pypi/flask/1.0%2Ba%20b/json"),
        (
            "https://index.example/root/simple/",
            "flask",
            "https://index.example/root/pypi/flask/json",
        ),
        ("https://index.example/root/", "flask", "https://index.example/root/pypi/flask/json"),
        ("https://index.example/", "flask", JSON_URL),
        (
            "https://index.example:8443/simple/",
            "flask",
            "https://index.example:8443/pypi/flask/json",
        ),
    ],
)
async def test_json_document_is_beside_the_index(index: str, name: str, url: str) -> None:
    """Where PyPI has it, seen from its index URL."""
    client = FakeClient().answer(url, BODY)

    answer = await upstream(client, index).refresh_document(DocumentWanted("json", name), None)

    assert isinstance(answer, Loaded)
    assert [asked.url for asked in client.asked] == [url]


async def test_json_document_is_given_as_it_came() -> None:
    """With its type, serial, lifetime, and what is needed to ask again."""
    client = FakeClient().answer(
        JSON_URL,
        BODY,
        content_type="application/json",
        etag='"one"',
        cache_control="max-age=900",
        x_pypi_last_serial="42",
    )

    answer = await upstream(client).refresh_document(WANTED, None)

    assert answer == Loaded(
        BODY, Validators(ROOT, '"one"'), 900, JSON_URL, "application/json", serial=42
    )
    assert client.asked[0].accept == "application/json, */*;q=0.1"


async def test_document_with_an_address_of_its_own_is_asked_for_there() -> None:
    """The page says where the provenance of a file is."""
    url = "https://index.example/integrity/flask/1.0/flask-1.0.tar.gz/provenance"
    client = FakeClient().answer(url, b'{"version": 1}')
    wanted = DocumentWanted("provenance", "flask/flask-1.0.tar.gz", url)

    answer = await upstream(client).refresh_document(wanted, None)

    assert isinstance(answer, Loaded)
    assert answer.value == b'{"version": 1}'
    assert client.asked[0].url == url


async def test_document_is_asked_for_on_a_condition() -> None:
    """A document that did not change is not sent again."""
    client = FakeClient().answer(JSON_URL, status=304)

    answer = await upstream(client).refresh_document(WANTED, Validators(ROOT, '"one"'))

    assert answer == Unchanged(ROOT)
    assert client.asked[0].etag == '"one"'


async def test_document_that_is_not_there_is_absent() -> None:
    """Many indexes have no JSON API."""
    with pytest.raises(Absent) as caught:
        await upstream(FakeClient()).refresh_document(WANTED, None)

    assert (caught.value.what, caught.value.where) == ("`flask`", "main")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<html>Please log in</html>", id="login"),
        pytest.param(b"", id="empty"),
        pytest.param(BODY[:-1], id="cut-short"),
        pytest.param(b"[1, 2]", id="list"),
        pytest.param(b'{"a":' + b"[" * 100_000, id="deep"),
    ],
)
@pytest.mark.parametrize("kind", ["json", "provenance"])
async def test_document_that_is_no_json_object_is_unavailable(kind: str, body: bytes) -> None:
    """A login page never takes the place of a document that is held."""
    client = FakeClient().answer(JSON_URL, body, content_type="application/json")
    wanted = DocumentWanted("json" if kind == "json" else "provenance", "flask", JSON_URL)

    with pytest.raises(Unavailable, match="not what was asked for"):
        await upstream(client).refresh_document(wanted, None)


@pytest.mark.parametrize("status", [401, 403, 429, 503])
async def test_document_that_cannot_be_had_is_unavailable(status: int) -> None:
    """The same classification as for pages."""
    client = FakeClient().answer(JSON_URL, BODY, status)

    with pytest.raises(Unavailable, match=str(status)):
        await upstream(client).refresh_document(WANTED, None)


@pytest.mark.parametrize(
    ("url", "metadata_url"),
    [
        (FILE, f"{FILE}.metadata"),
        (f"{FILE}?key=1", f"{FILE}.metadata?key=1"),
        (f"{FILE}#sha256=ab", f"{FILE}.metadata"),
    ],
)
async def test_metadata_is_beside_the_file(url: str, metadata_url: str) -> None:
    """The suffix belongs to the path. Source: PEP 658."""
    client = FakeClient().answer(metadata_url, b"Metadata-Version: 2.1\n")

    assert await upstream(client).metadata(ref(url)) == b"Metadata-Version: 2.1\n"
    assert client.asked == [Request(metadata_url, max_bytes=16 * 1024**2)]


async def test_metadata_that_is_not_there_is_absent() -> None:
    """And is called by the name of the file that it belongs to."""
    with pytest.raises(Absent) as caught:
        await upstream(FakeClient()).metadata(ref())

    assert caught.value.what == "`flask-1.0-py3-none-any.whl.metadata`"


@pytest.mark.parametrize("status", [206, 304, 403, 500])
async def test_metadata_that_cannot_be_had_is_unavailable(status: int) -> None:
    """Nothing was held, so nothing can be unchanged; and a part is not the whole."""
    client = FakeClient().answer(f"{FILE}.metadata", b"Metadata-Version: 2.1\n", status)

    with pytest.raises(Unavailable, match=str(status)):
        await upstream(client).metadata(ref())


async def test_file_is_read_from_where_the_page_says() -> None:
    """On whatever host that is; nothing is asked before somebody reads."""
    client = FakeClient().answer(FILE, b"0123456789")
    blob = await upstream(client).file(ref())
    asked = list(client.asked)

    content = await read_all(blob)

    assert (asked, content) == ([], b"0123456789")


async def test_file_without_a_digest_is_given_where_policy_records_it() -> None:
    """Its digest is recorded on first use."""
    client = FakeClient().answer(FILE, b"0123456789")

    blob = await upstream(client).file(unhashed_ref())

    assert await read_all(blob) == b"0123456789"


@pytest.mark.parametrize(
    ("hashes", "is_unstated"), [((), True), ((("md5", "0" * 32),), False)], ids=["none", "md5"]
)
async def test_page_in_place_of_a_file_is_noticed_where_no_digest_would(
    hashes: tuple[tuple[str, str], ...], *, is_unstated: bool
) -> None:
    """Any stated digest proves the bytes; without one the type is all there is to look at."""
    client = FakeClient().answer(FILE, b"<form>", content_type="text/html")
    file = make_file("flask-1.0-py3-none-any.whl", url=FILE, hashes=hashes)

    blob = await upstream(client).file(FileRef(FLASK, file))

    assert (await read_error(blob))[1] == ("Unavailable" if is_unstated else "no error")


async def test_file_without_a_sha256_is_refused_where_policy_says_so() -> None:
    """An old page, or a ledger, may still name it. The sentence names the setting."""
    door = upstream(FakeClient(), unhashed="refuse")

    with pytest.raises(Refused, match=r"`\[upstream.main\] unhashed`"):
        await door.file(unhashed_ref())


async def test_file_with_a_digest_is_given_whatever_the_policy() -> None:
    """The policy is about what nobody vouches for."""
    client = FakeClient().answer(FILE, b"0123456789")

    blob = await upstream(client, unhashed="refuse").file(ref())

    assert await read_all(blob) == b"0123456789"


async def test_place_that_a_page_names_and_that_is_not_admitted_is_refused() -> None:
    """A page must not send this server about in the network: that is policy, not an outage."""

    class Guarded(FakeClient):
        async def load(self, request: Request) -> Document:
            """Refuse the place."""
            raise Refused("`https://inside.example/`", "it is not one of the hosts")

    with pytest.raises(Refused):
        await upstream(Guarded()).metadata(ref())
