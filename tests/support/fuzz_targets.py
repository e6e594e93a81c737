"""What is fuzzed: readers of a stranger's bytes, each of which may refuse and must do nothing else.

A target takes any bytes and returns, or raises `BadInput`. `tools/fuzz.py` looks for bytes with
which one does something else, guided by what code they reach; the bytes that reached something new
are kept as seeds in `tests/data/seeds/`, and every run of the tests replays them.
"""

import contextlib
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from wheelyard.errors import BadInput
from wheelyard.names import Filename
from wheelyard.upload.archives.limits import ArchiveLimits
from wheelyard.upload.checks import check_upload
from wheelyard.upload.claims import Claims
from wheelyard.upload.inspection import InspectionRules, inspect_file
from wheelyard.upload.metadata_rules import check_metadata
from wheelyard.wire.metadata_headers import parse_metadata_headers
from wheelyard.wire.upload_fields import parse_upload_fields
from wheelyard.wire.upload_form import FieldRead, FileBegins, FormParser
from wheelyard.wire.xml_rpc import (
    Fault,
    parse_call,
    parse_response,
    render_call,
    render_response,
)

__all__ = ["TARGETS", "Target", "survive"]

Target = Callable[[bytes], object]

_NAMES = ("demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz", "demo-1.0.zip")
_RULES = InspectionRules(ArchiveLimits(max_unpacked_bytes=2**24, max_members=1_000))
_BOUNDARY = "multipart/form-data; boundary=b"


def inspect_archive(content: bytes) -> object:
    """Look into an archive; its first byte chooses what it is called."""
    kind, archive = content[:1] or b"\0", content[1:]
    with tempfile.NamedTemporaryFile(dir=_in_memory()) as file:
        file.write(archive)
        file.flush()
        name = Filename(_NAMES[kind[0] % len(_NAMES)])
        return inspect_file(Path(file.name), name, Claims(), _RULES)


def read_form(content: bytes) -> object:
    """Read an upload's form, in two pieces, and check what it says."""
    parser, fields, filename = FormParser(_BOUNDARY), [], "demo-1.0.tar.gz"
    half = len(content) // 2
    for piece in (content[:half], content[half:]):
        for event in parser.feed(piece):
            if isinstance(event, FieldRead):
                fields.append((event.name, event.value))
            elif isinstance(event, FileBegins):
                filename = event.filename
    parser.close()
    return check_upload(parse_upload_fields(fields), filename, strict=True)


def read_metadata(content: bytes) -> object:
    """Read core metadata, and check every field."""
    return check_metadata(parse_metadata_headers(content), frozenset(), strict=True)


def read_call(content: bytes) -> object:
    """Read an XML-RPC call, or with another first byte an answer; what is read can be written."""
    if content[:1] == b"=":
        said = parse_response(content[1:])
        return said if isinstance(said, Fault) else parse_response(render_response(said))
    call = parse_call(content)
    again = parse_call(render_call(call.method, *call.arguments))
    if again != call:
        raise AssertionError(f"{call} is written as {again}")
    return call


TARGETS: Mapping[str, Target] = {
    "archive": inspect_archive,
    "call": read_call,
    "form": read_form,
    "metadata": read_metadata,
}


def survive(target: Target, content: bytes) -> None:
    """Call `target`; a refusal is fine, and anything else it raises goes through."""
    with contextlib.suppress(BadInput):
        target(content)


def _in_memory() -> str | None:
    """Return a folder whose files never reach a disk, where there is one."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None
