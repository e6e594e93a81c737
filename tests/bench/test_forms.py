"""The bench's own uploads: what a real client would send, so that nobody refuses them."""

from hashlib import sha256
from pathlib import Path

from bench.forms import make_upload

from wheelyard.names import Filename
from wheelyard.upload.checks import check_upload
from wheelyard.upload.claims import claims_of
from wheelyard.upload.inspection import InspectionRules, inspect_file
from wheelyard.wire.upload_fields import parse_upload_fields
from wheelyard.wire.upload_form import FieldRead, FileBytes, FormParser

SIZE = 50 * 1024


def test_upload_is_accepted_without_a_warning(tmp_path: Path) -> None:
    """The form is well-formed, the wheel agrees with it, and its record with the wheel."""
    upload = make_upload("bench-demo-7", "1.2", SIZE)
    parser = FormParser(upload.content_type)
    events = parser.feed(upload.body)
    parser.close()
    form = parse_upload_fields(
        (each.name, each.value) for each in events if isinstance(each, FieldRead)
    )
    content = b"".join(each.content for each in events if isinstance(each, FileBytes))
    wheel = tmp_path / upload.filename
    wheel.write_bytes(content)

    found = inspect_file(
        wheel, Filename(upload.filename), claims_of(form), InspectionRules(strict=True)
    )

    assert (found.name, found.version, found.warnings) == ("bench-demo-7", "1.2", ())
    assert check_upload(form, upload.filename, strict=True).warnings == ()
    assert form.sha256_digest == sha256(content).hexdigest()
    assert abs(len(content) - SIZE) < 200


def test_no_two_uploads_have_the_same_bytes() -> None:
    """A server that holds some bytes already must not be faster for it."""
    places = [("one", "1.0"), ("one", "1.1"), ("two", "1.0")]

    assert len({make_upload(name, version, SIZE).body for name, version in places}) == len(places)


def test_upload_is_the_same_again() -> None:
    """So that two runs send the same."""
    assert make_upload("one", "1.0", SIZE) == make_upload("one", "1.0", SIZE)
