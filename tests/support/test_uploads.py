"""The forms that the tests send are what real clients send."""

from support.packages import make_wheel
from support.uploads import DIGESTS, digests_of, form_of

DEMO = make_wheel("demo", "1.0")


def test_form_of_a_wheel_has_what_every_client_sends() -> None:
    """The fields, the three digests and the file, which comes last."""
    names = [part.name for part in form_of(DEMO).parts]

    assert names[0] == ":action"
    assert {"protocol_version", "name", "version", "filetype", *DIGESTS} <= set(names)
    assert names[-1] == "content"


def test_form_with_another_file_has_its_digests() -> None:
    """Only what the test names is wrong with a form."""
    changed = form_of(DEMO).with_file(name="other.whl", content=b"other", media_type=None)

    (file,) = [part for part in changed.parts if part.name == "content"]
    assert (file.filename, file.value, file.content_type) == ("other.whl", b"other", None)
    assert {part.name: part.value.decode() for part in changed.parts[:3]} == {
        name: digests_of(b"other")[name] for name in reversed(DIGESTS)
    }


def test_body_has_every_part_between_boundaries() -> None:
    """A body ends with the closing boundary. Source: RFC 2046, 5.1.1."""
    content_type, body = form_of(DEMO).render()
    boundary = content_type.partition("boundary=")[2].encode()

    pieces = body.split(b"--" + boundary)
    assert pieces[0] == b""
    assert pieces[-1] == b"--\r\n"
    assert len(pieces) == len(form_of(DEMO).parts) + 2
