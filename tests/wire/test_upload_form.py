"""Forms as upload clients send them, in pieces of any size, and what must not pass as one."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.errors import BadInput
from wheelyard.wire.upload_form import (
    FieldRead,
    FileBegins,
    FileBytes,
    FileEnds,
    FormEnds,
    FormEvent,
    FormLimits,
    FormParser,
)

BOUNDARY = "3f2504e04f8911d39a0c0305e82c3301"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"
CONTENT = b"PK\x03\x04" + bytes(range(256)) * 4 + b"\r\n--" + BOUNDARY.encode()[:-1] + b"\r\n"


def part(disposition: str, body: bytes, *headers: str) -> bytes:
    """Return one part of a form."""
    lines = [f"--{BOUNDARY}", f"Content-Disposition: form-data; {disposition}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body + b"\r\n"


def form(*parts: bytes) -> bytes:
    """Return a whole form."""
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def upload(*more: bytes) -> bytes:
    """Return a form with two fields, these parts and a file."""
    return form(
        part('name=":action"', b"file_upload"),
        *more,
        part('name="content"; filename="acme-1.0.tar.gz"', CONTENT),
        part('name="name"', b"acme"),
    )


def events(body: bytes, size: int = 65_536, content_type: str = TYPE) -> list[FormEvent]:
    """Return all events of a body that arrives in pieces of ``size``; bytes of files as one."""
    parser = FormParser(content_type)
    found: list[FormEvent] = []
    for at in range(0, len(body), size):
        for event in parser.feed(body[at : at + size]):
            if isinstance(event, FileBytes) and found and isinstance(found[-1], FileBytes):
                found[-1] = FileBytes(found[-1].content + event.content)
            else:
                found.append(event)
    parser.close()
    return found


def refusal(body: bytes, content_type: str = TYPE, limits: FormLimits | None = None) -> str:
    """Return what is said about a body that is refused."""
    with pytest.raises(BadInput) as caught:
        feed_all(body, content_type, limits)
    return str(caught.value)


def feed_all(body: bytes, content_type: str, limits: FormLimits | None) -> None:
    """Read a whole form."""
    parser = FormParser(content_type, limits)
    parser.feed(body)
    parser.close()


WHOLE: list[FormEvent] = [
    FieldRead(":action", b"file_upload"),
    FileBegins("content", "acme-1.0.tar.gz"),
    FileBytes(CONTENT),
    FileEnds(),
    FieldRead("name", b"acme"),
    FormEnds(),
]


@pytest.mark.parametrize("size", [1, 2, 7, 64, 1000, 65_536])
def test_form_in_pieces_gives_the_same_events(size: int) -> None:
    """However the network cuts a form, it says the same; the file need not come last."""
    assert events(upload(), size) == WHOLE


@given(size=st.integers(1, 300), content=st.binary(max_size=600))
def test_content_comes_out_as_it_went_in(size: int, content: bytes) -> None:
    """Every byte of a file arrives, whatever it looks like."""
    if f"\r\n--{BOUNDARY}".encode() in content:
        return
    body = form(part('name="content"; filename="a-1.whl"', content))

    found = events(body, size)

    assert b"".join(e.content for e in found if isinstance(e, FileBytes)) == content


@given(body=st.binary(max_size=400), cut=st.integers(0, 900))
def test_arbitrary_bytes_are_a_form_or_refused(body: bytes, cut: int) -> None:
    """Nothing but ``BadInput`` leaves the parser."""
    damaged = upload()[:cut] + body + upload()[cut + 3 :]
    parser = FormParser(TYPE)
    with contextlib.suppress(BadInput):
        parser.feed(damaged)
        parser.close()


@pytest.mark.parametrize(
    ("disposition", "filename"),
    [
        ('name="content"; filename="a-1.whl"', "a-1.whl"),
        ("name=content; filename=a-1.whl", "a-1.whl"),
        ('filename="a-1.whl"; name="content"', "a-1.whl"),
        ('name="content"; filename="a \\"b\\".whl"', 'a "b".whl'),
        ('name="content"; filename="ü-1.whl"', "ü-1.whl"),
        ("name=\"content\"; filename*=utf-8''%C3%BC-1.whl", "ü-1.whl"),
        ('name="content"; filename="a"; filename*=utf-8\'\'b', "a"),
        ('name="content"; filename="a;b=c.whl"', "a;b=c.whl"),
        ('name="content"; filename="../a.whl"', "../a.whl"),
        ('NAME="content"; FileName="a-1.whl"', "a-1.whl"),
    ],
)
def test_filename_is_found_in_any_spelling(disposition: str, filename: str) -> None:
    """Clients quote names in several ways; whether a name is usable is decided elsewhere."""
    found = events(form(part(disposition, b"x")))

    assert found[0] == FileBegins("content", filename)


@pytest.mark.parametrize(
    "header", ["Content-Type: application/octet-stream", "content-type: text/x"]
)
def test_type_of_the_part_is_not_needed(header: str) -> None:
    """None comes from uv and flit, any from others."""
    typed = form(part('name="content"; filename="a-1.whl"', b"x", header))
    plain = form(part('name="content"; filename="a-1.whl"', b"x"))

    assert events(typed) == events(plain)


def test_what_follows_the_form_is_ignored() -> None:
    """An epilogue belongs to nobody."""
    assert events(upload() + b"\r\nepilogue") == WHOLE


def test_empty_file_has_no_bytes() -> None:
    """A file of nothing begins and ends all the same."""
    found = events(form(part('name="content"; filename="a-1.whl"', b"")))

    assert found == [FileBegins("content", "a-1.whl"), FileEnds(), FormEnds()]


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "multipart/form-data",
        "multipart/mixed; boundary=x",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=" + "x" * 71,
        "multipart/form-data; boundary=ü",
        'multipart/form-data; boundary="a\\b"',
    ],
)
def test_other_content_is_no_form(content_type: str) -> None:
    """What is no form is refused before a byte of it is read."""
    with pytest.raises(BadInput, match="an upload is `multipart/form-data` with a boundary"):
        FormParser(content_type)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (part('name="summary"; filename="x"', b"x"), "summary: send it as a field, not as a file."),
        (part('name="content"', b"x"), "content: Upload payload does not have a file."),
        (
            part('name="content"; filename="b"', b"x"),
            "content: send one file, not several.",
        ),
        (
            part('name="content"; filename="b"', b"x", "Content-Type: image/png"),
            "content: an image is not a distribution file.",
        ),
        (part('name="a"; name="b"', b"x"), "A header of the form says `name` twice."),
        (part('name="a', b"x"), "A header of the form cannot be read"),
        (part("filename=x", b"x"), "A part of the form has no `Content-Disposition: form-data`"),
        (part('name="a\x01"', b"x"), "too long or has control characters"),
        (part(f'name="{"a" * 201}"', b"x"), "too long or has control characters"),
        (part("name*=utf-8''%FF", b"x"), "A header of the form has a name that is not UTF-8."),
        (
            part('name="a"', b"x", "Content-Disposition: form-data; name=b"),
            "A part of the form has two headers `content-disposition`",
        ),
        (
            part('name="a"', b"eA==", "Content-Transfer-Encoding: base64"),
            "a: send it as it is, without a `Content-Transfer-Encoding`.",
        ),
        (part('name="a"', b"x", "nonsense"), "not a well-formed `multipart/form-data` body"),
        (part('name="a"', b"x", "X: " + "y" * 5_000), "not a well-formed `multipart/form-data`"),
        (
            part("name=x", b"x").replace(b"name=x", b'name="\xff"'),
            "A part of the form has a name that is not UTF-8.",
        ),
    ],
)
def test_bad_part_is_refused_with_a_sentence(more: bytes, sentence: str) -> None:
    """Each way to be unclear has its sentence."""
    assert sentence in refusal(upload(more))


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        (FormLimits(max_fields=2), "The form has more than 2 fields."),
        (FormLimits(max_field_bytes=10), ":action: longer than 10 bytes."),
        (FormLimits(max_fields_bytes=30), "The fields of the form are longer than 30 bytes"),
        (FormLimits(max_header_bytes=20), "not a well-formed `multipart/form-data` body"),
    ],
)
def test_form_beyond_a_limit_is_refused(limits: FormLimits, sentence: str) -> None:
    """What would have to be kept in memory is limited; a file is not kept."""
    body = upload(part('name="summary"', b"an acme"))

    assert sentence in refusal(body, limits=limits)


def test_form_that_ends_early_is_refused() -> None:
    """A client that disconnects has sent nothing (F73)."""
    assert "The upload ends before its form does" in refusal(upload()[:-10])


def test_large_file_is_never_kept() -> None:
    """Memory stays the same however large the file is."""
    parser = FormParser(TYPE)
    parser.feed(part('name="content"; filename="a-1.whl"', b"")[:-2])
    piece = b"\r\n-" * 20_000

    for _ in range(50):
        found = parser.feed(piece)

        kept = sum(len(event.content) for event in found if isinstance(event, FileBytes))
        assert abs(kept - len(piece)) <= len(BOUNDARY) + 6
        assert not parser._part.value
