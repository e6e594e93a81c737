"""The words of the room."""

import pytest

from wheelyard.errors import Unavailable
from wheelyard.transport.base import Document, Fault, Reply, fault_of
from wheelyard.transport.faults import unavailable


@pytest.mark.parametrize("fault", list(Fault))
def test_fault_can_be_read_from_the_error(fault: Fault) -> None:
    """An outage log groups by the first word of the reason."""
    error = unavailable("https://index.example/a?b", fault, "something happened")

    assert fault_of(error) is fault
    assert error.reason == f"{fault}: something happened."
    assert str(error).startswith("`https://index.example/a?...` cannot be had now: ")


@pytest.mark.parametrize("reason", ["", "status 503", "dns", "unheard: of"])
def test_error_of_another_room_has_a_fault_only_if_it_says_so(reason: str) -> None:
    """What no client said is no fault of a connection."""
    expected = Fault.DNS if reason == "dns" else None

    assert fault_of(Unavailable("a page", reason)) is expected


def test_body_does_not_print() -> None:
    """A page of megabytes does not end up in a log line."""
    document = Document(200, "https://index.example/", {}, b"secret body")
    reply = Reply(200, "https://index.example/", {}, chunks=NoChunks())

    assert "secret" not in repr(document)
    assert "NoChunks" not in repr(reply)


class NoChunks:
    """An empty body."""

    def __aiter__(self) -> "NoChunks":
        return self

    async def __anext__(self) -> bytes:
        raise StopAsyncIteration
