"""The form of an upload: what our own server, and anybody else's, reads out of it."""

from wheelyard.names import Filename
from wheelyard.wire.upload_fields import parse_upload_fields
from wheelyard.wire.upload_request import FileToSend, render_form, upload_fields

METADATA = """\
Metadata-Version: 2.4
Name: Demo
Version: 1.0
Summary: One line
Author: UNKNOWN
License: first line
        second line
Keywords: a, b
Classifier: Programming Language :: Python :: 3
Classifier: Operating System :: OS Independent
Project-URL: Home, https://demo.example
Requires-Dist: other>=1
Requires-Python: >=3.9
License-File: LICENSE
X-Unknown: x

# Demo

A läng description.
""".encode()


def file(name: str = "demo-1.0-py2.py3-none-any.whl") -> FileToSend:
    """Return a file."""
    kind = "bdist_wheel" if name.endswith(".whl") else "sdist"
    return FileToSend(Filename(name), kind, "1" * 32, "2" * 64, "3" * 64)


def test_form_says_what_the_metadata_say() -> None:
    """Read by our own server, it is the same release."""
    pairs = upload_fields(METADATA, file())

    form = parse_upload_fields((name, value.encode()) for name, value in pairs)

    assert (form.action, form.protocol_version) == ("file_upload", "1")
    assert (form.name, form.version, form.metadata_version) == ("Demo", "1.0", "2.4")
    assert (form.filetype, form.pyversion) == ("bdist_wheel", "py2.py3")
    assert (form.md5_digest, form.sha256_digest, form.blake2_256_digest) == (
        "1" * 32,
        "2" * 64,
        "3" * 64,
    )
    assert form.summary == "One line"
    assert form.license == "first line\nsecond line"
    assert form.author == ""
    assert form.classifiers == (
        "Programming Language :: Python :: 3",
        "Operating System :: OS Independent",
    )
    assert form.project_urls == ("Home, https://demo.example",)
    assert form.requires_dist == ("other>=1",)
    assert form.license_files == ("LICENSE",)
    assert "A läng description." in form.description


def test_source_archive_is_for_source() -> None:
    """As every client says it."""
    fields = dict(upload_fields(METADATA, file("demo-1.0.tar.gz")))

    assert (fields["filetype"], fields["pyversion"]) == ("sdist", "source")


def test_wheel_with_a_build_number_has_its_python_tag() -> None:
    """Tags are counted from the end."""
    fields = dict(upload_fields(METADATA, file("demo-1.0-7-cp311-cp311-win32.whl")))

    assert fields["pyversion"] == "cp311"


def test_field_with_one_value_is_sent_once() -> None:
    """A server refuses several."""
    twice = b"Metadata-Version: 2.1\nName: a\nName: b\nVersion: 1\n"

    pairs = upload_fields(twice, file())

    assert [value for name, value in pairs if name == "name"] == ["a"]


def test_file_stands_last_between_boundaries() -> None:
    """So that it can be streamed."""
    before, after = render_form((("name", "demo"),), 'a"b.whl', "XYZ")

    assert before == (
        b'--XYZ\r\nContent-Disposition: form-data; name="name"\r\n\r\ndemo\r\n'
        b'--XYZ\r\nContent-Disposition: form-data; name="content"; filename="a%22b.whl"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n"
    )
    assert after == b"\r\n--XYZ--\r\n"
