"""Uploads to another index: streamed, to one address, and with the answer as it was given."""

import base64
from collections.abc import AsyncIterator

import pytest

from support.upload_server import Said, other_index
from transport.raw_server import RawServer
from wheelyard.errors import BadInput, Corrupt, Unavailable
from wheelyard.settings import Secret
from wheelyard.transport.base import Fault, fault_of
from wheelyard.transport.uploading import UploadBody, UploadClient, UploadRules, parse_upload_url

pytestmark = pytest.mark.anyio

TOKEN = Secret("pypi-hunter2")
FORM = b'--X\r\nContent-Disposition: form-data; name="content"; filename="f"\r\n\r\n'
END = b"\r\n--X--\r\n"


def rules(url: str, seconds: float = 30.0) -> UploadRules:
    """Return rules for an address."""
    return UploadRules(url, "__token__", TOKEN, stall_seconds=seconds, answer_seconds=seconds)


def body(*pieces: bytes) -> UploadBody:
    """Return a form with these pieces of a file."""

    async def stream() -> AsyncIterator[bytes]:
        for piece in (FORM, *pieces, END):
            yield piece

    length = sum(map(len, (FORM, *pieces, END)))
    return UploadBody("multipart/form-data; boundary=X", length, stream())


async def test_body_is_streamed_with_its_length_and_the_token() -> None:
    """No client of PyPI's sends chunks, so not every server takes them."""
    with other_index() as index:
        async with UploadClient(rules(index.url)) as client:
            answer = await client.send(body(b"a" * 100_000, b"b" * 100_000))

    [upload] = index.uploads
    pair = base64.b64encode(b"__token__:pypi-hunter2").decode()
    assert answer.status == 200
    assert upload.content == b"a" * 100_000 + b"b" * 100_000
    assert upload.fields["Authorization"] == f"Basic {pair}"
    assert "Transfer-Encoding" not in upload.fields
    assert upload.path == "/legacy/"


async def test_answer_has_reason_phrase_and_body() -> None:
    """Indexes say what is wrong in either."""
    with other_index() as index:
        index.answers.append(Said(400, "File already exists", b"see the help"))
        async with UploadClient(rules(index.url)) as client:
            answer = await client.send(body())

    assert (answer.status, answer.reason) == (400, "File already exists")
    assert answer.text == "see the help"


async def test_redirect_is_an_answer() -> None:
    """Neither the file nor the token goes where an answer says."""
    with other_index() as index, other_index() as elsewhere:
        index.answers.append(Said(308, "", b"", {"Location": elsewhere.url}))
        async with UploadClient(rules(index.url)) as client:
            answer = await client.send(body())

    assert (answer.status, answer.location) == (308, elsewhere.url)
    assert not elsewhere.uploads


async def test_long_answer_is_cut() -> None:
    """An index cannot fill our memory."""
    with other_index() as index:
        index.answers.append(Said(400, "", b"x" * 1_000_000))
        async with UploadClient(rules(index.url)) as client:
            answer = await client.send(body())

    assert answer.status == 400
    assert len(answer.text) <= 64 * 1024


async def test_own_failure_is_told_as_it_is() -> None:
    """Damage in our store is no trouble of the network."""

    async def damaged() -> AsyncIterator[bytes]:
        yield FORM
        raise Corrupt("`demo-1.0.tar.gz`", expected="a", actual="b")

    with other_index() as index:
        async with UploadClient(rules(index.url)) as client:
            with pytest.raises(Corrupt):
                await client.send(UploadBody("multipart/form-data; boundary=X", 1_000, damaged()))


async def test_index_that_says_nothing_is_given_up() -> None:
    """After the time that an upload may stand still."""
    async with RawServer.saying([]) as server, UploadClient(rules(server.url, 0.2)) as client:
        with pytest.raises(Unavailable) as caught:
            await client.send(body())

    assert fault_of(caught.value) is not None
    assert TOKEN.reveal() not in str(caught.value)


async def test_nobody_there_is_a_fault_of_its_own() -> None:
    """Nothing was sent, and it may pass."""
    async with UploadClient(rules("http://127.0.0.1:1/legacy/")) as client:
        with pytest.raises(Unavailable) as caught:
            await client.send(body())

    assert fault_of(caught.value) is Fault.REFUSED


@pytest.mark.parametrize(
    "url", ["https://u:p@index.example/", "ftp://index.example/", "http://index.example/legacy/"]
)
def test_address_that_gives_the_token_away_is_refused(url: str) -> None:
    """Before anything is opened, and without repeating a password."""
    with pytest.raises(BadInput) as caught:
        parse_upload_url(url, cleartext=False)

    assert "u:p" not in str(caught.value)


@pytest.mark.parametrize("url", ["https://index.example/legacy/", "http://127.0.0.1:8765/legacy/"])
def test_safe_address_is_taken(url: str) -> None:
    """Cleartext reaches nobody else on this machine."""
    assert parse_upload_url(url, cleartext=False).url == url
