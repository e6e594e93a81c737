"""What we rely on in uvicorn beyond what it documents, and the test whether it is there.

Only this module, ``lane.py`` and ``cycle.py`` may know uvicorn's internals.
"""

from types import FunctionType

from uvicorn.protocols.http import httptools_impl
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from wheelyard.server.cycle import Cycle

__all__ = ["RELIED_ON", "missing_internals", "start_request"]

RELIED_ON = {
    HttpToolsProtocol: """
        _should_upgrade _start_asgi_task connection_lost connection_made cycle data_received flow
        headers on_body on_header on_headers_complete on_response_complete parser pipeline
        resume_writing scope server_state shutdown transport
        """,
    RequestResponseCycle: """
        chunked_encoding default_headers disconnected expected_content_length flow keep_alive
        message_event more_body on_response response_complete response_started scope send transport
        waiting_for_100_continue
        """,
    FlowControl: "pause_reading read_paused resume_reading write_paused",
}
"""The methods of each class, and the attributes that its ``__init__`` sets."""


def missing_internals() -> list[str]:
    """Return what this program relies on and the installed uvicorn does not have."""
    missing = [
        f"{owner.__name__}.{name}"
        for owner, names in RELIED_ON.items()
        for name in names.split()
        if name not in vars(owner) and name not in vars(owner)["__init__"].__code__.co_names
    ]
    if RequestResponseCycle.__name__ not in start_request.__code__.co_names:
        missing.append("the class of a request")
    return missing


# uvicorn has no hook for the class of its cycles, so this is its own function with our class in the
# place of the name.  (Changing the class of each cycle afterwards takes a microsecond per request.)
start_request = FunctionType(
    HttpToolsProtocol.on_headers_complete.__code__,
    vars(httptools_impl) | {RequestResponseCycle.__name__: Cycle},
)
"""``HttpToolsProtocol.on_headers_complete`` with our ``Cycle``."""
