"""How long a client of the JSON API is kept waiting for what makes a document better."""

import json
from dataclasses import dataclass

import anyio
import pytest

from pages.repository import FakeRepository
from server.asgi import Call, FakeBlob
from server.chain import FakeChain, index_over
from support.fakes import make_file, make_project
from wheelyard.blobs import Blob
from wheelyard.clock import FrozenClock
from wheelyard.model import FileRef
from wheelyard.repository import DocumentWanted
from wheelyard.repository.keepers import KeptDocument
from wheelyard.repository.keeping import Answered
from wheelyard.server.address import Addresses
from wheelyard.server.documents import JsonApi

pytestmark = pytest.mark.anyio

WHEEL = make_file("foo_bar-1.0-py3-none-any.whl", core_metadata=(("sha256", "ab" * 32),))
METADATA = b"Metadata-Version: 2.1\nName: Foo.Bar\nVersion: 1.0\nSummary: a summary\n"


@dataclass(slots=True)
class SilentChain(FakeChain):
    """A chain whose upstream takes the question for a document and says nothing."""

    async def document(self, wanted: DocumentWanted) -> Answered[KeptDocument]:
        """Never return."""
        await anyio.sleep_forever()
        raise AssertionError(wanted)


@dataclass(slots=True)
class SilentRepository(FakeRepository):
    """A repository that has a page, and whose upstream says nothing about metadata."""

    async def metadata(self, ref: FileRef) -> Blob:
        """Never return."""
        await anyio.sleep_forever()
        raise AssertionError(ref)


async def document_of(repository: FakeRepository) -> dict[str, object]:
    """Return the `info` of the document that a client gets."""
    repository.pages["foo-bar"] = make_project("foo-bar", WHEEL)
    repository.blobs[f"{WHEEL.filename}.metadata"] = FakeBlob(METADATA)
    index = index_over(SilentChain(repository))
    api = JsonApi(index, Addresses(""), repository.clock, patience_seconds=0.01)
    call = Call("/pypi/foo-bar/json")
    with anyio.fail_after(180):
        await api(call.exchange, ["foo-bar", "json"])
    info: dict[str, object] = json.loads(call.body)["info"]
    return info


async def test_document_that_does_not_come_is_made_here(clock: FrozenClock) -> None:
    """As if the upstream had none: the page is known, and metadata are held."""
    info = await document_of(FakeRepository(clock))

    assert (info["version"], info["summary"]) == ("1.0", "a summary")


async def test_metadata_that_do_not_come_are_done_without(clock: FrozenClock) -> None:
    """What the page tells is told; a client that waits for ever learns nothing."""
    info = await document_of(SilentRepository(clock))

    assert info["version"] == "1.0"
    assert not info["summary"]
