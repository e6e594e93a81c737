"""XML-RPC over HTTP: what is a call, what is answered, and what the address is for besides."""

import xmlrpc.client
from dataclasses import dataclass, field

import pytest

from pages.repository import FakeRepository
from server.asgi import Call as Asked
from server.chain import FakeChain, index_over
from server.test_mirror_calls import FakeFeed
from support.fakes import make_file, make_project
from wheelyard.clock import FrozenClock
from wheelyard.errors import BadInput
from wheelyard.server.address import Addresses
from wheelyard.server.documents import JsonApi
from wheelyard.server.exchange import Message
from wheelyard.server.mirror_calls import MirrorCalls
from wheelyard.server.xml_rpc import Pypi, XmlRpc

pytestmark = pytest.mark.anyio


@dataclass(slots=True)
class Sent(Asked):
    """A request with a body."""

    content: bytes = b""
    sent: bool = field(default=False)

    async def receive(self) -> Message:
        """Return the body, once."""
        self.sent = True
        return {"type": "http.request", "body": self.content, "more_body": False}


@pytest.fixture
def pypi(clock: FrozenClock) -> Pypi:
    """What answers at ``/pypi``, over one project."""
    page = make_project("foo", make_file("foo-1.0.tar.gz"))
    index = index_over(FakeChain(FakeRepository(clock, {"foo": page})))
    documents = JsonApi(index, Addresses(""), clock)
    return Pypi(documents, XmlRpc(MirrorCalls(index, documents, FakeFeed())))


async def answered(pypi: Pypi, call: Asked) -> Asked:
    """Return ``call`` once it was answered."""
    exchange = call.exchange
    await pypi(exchange, exchange.path.split("/")[1:])
    return call


def posted(content: bytes, target: str = "/pypi", **fields: str) -> Sent:
    """Return a call."""
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    return Sent(target, named, "POST", content=content)


@pytest.mark.parametrize("target", ["/pypi", "/pypi/"])
async def test_call_is_answered_with_xml(pypi: Pypi, target: str) -> None:
    """In a form that the standard library reads, and that nobody keeps."""
    call = await answered(pypi, posted(xmlrpc.client.dumps((), "list_packages").encode(), target))

    assert call.status == 200
    assert xmlrpc.client.loads(call.body) == ((["foo"],), None)
    assert call.headers["content-type"] == "text/xml; charset=utf-8"
    assert call.headers["content-length"] == str(len(call.body))
    assert call.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"not xml", -32700),
        (b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", -32700),
        (xmlrpc.client.dumps((), "launch").encode(), -32601),
        (xmlrpc.client.dumps((1,), "list_packages").encode(), -32602),
        (xmlrpc.client.dumps(("foo",), "search").encode(), -32500),
    ],
)
async def test_c95_what_cannot_be_answered_is_a_fault(
    pypi: Pypi, content: bytes, code: int
) -> None:
    """With status 200, so that a program reads why."""
    call = await answered(pypi, posted(content))

    with pytest.raises(xmlrpc.client.Fault) as caught:
        xmlrpc.client.loads(call.body)
    assert (call.status, caught.value.faultCode) == (200, code)


async def test_long_call_is_refused(pypi: Pypi) -> None:
    """No method takes that much."""
    with pytest.raises(BadInput, match="more than 65536 bytes"):
        await answered(pypi, posted(b"x" * 65_537))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("target", ["/pypi", "/pypi/"])
async def test_address_of_calls_says_what_it_is_for(pypi: Pypi, method: str, target: str) -> None:
    """To whoever looks at it with a browser."""
    call = await answered(pypi, Asked(target, method=method))

    assert (call.status, call.headers["allow"]) == (405, "POST")
    assert method == "HEAD" or b"XML-RPC is at `POST /pypi`" in call.body


async def test_json_api_is_below(pypi: Pypi) -> None:
    """As before."""
    call = await answered(pypi, Asked("/pypi/foo/json"))

    assert call.status == 200


async def test_upload_to_an_address_of_long_ago_is_sent_on(pypi: Pypi) -> None:
    """A form is no call: clients of before 2016 uploaded here."""
    call = await answered(pypi, posted(b"", content_type="multipart/form-data; boundary=x"))

    assert call.status == 405
    assert b"/legacy/" in call.body


async def test_post_below_is_no_call(pypi: Pypi) -> None:
    """The JSON API is only read."""
    call = await answered(pypi, posted(b"", "/pypi/foo/json"))

    assert (call.status, call.headers["allow"]) == (405, "GET, HEAD")


async def test_nothing_is_below_the_other_address(pypi: Pypi) -> None:
    """``/RPC2`` has no parts."""
    with pytest.raises(BadInput, match="nothing follows"):
        await pypi.rpc(posted(b"").exchange, ["x"])
