"""Fields of forms as clients send them become one record."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.errors import BadInput
from wheelyard.wire.upload_fields import UploadForm, parse_upload_fields


def fields(*pairs: tuple[str, str]) -> UploadForm:
    """Return the record of these fields."""
    return parse_upload_fields((name, value.encode()) for name, value in pairs)


def test_fields_become_a_record_in_any_order() -> None:
    """Single values, and repeated ones whole and in their order."""
    found = fields(
        ("version", "1.0"),
        ("classifiers", "Typing :: Typed"),
        (":action", "file_upload"),
        ("classifiers", "Topic :: Internet"),
        ("name", "Acme"),
        ("sha256_digest", "AB" * 32),
    )

    assert found == UploadForm(
        action="file_upload",
        name="Acme",
        version="1.0",
        classifiers=("Typing :: Typed", "Topic :: Internet"),
        sha256_digest="ab" * 32,
    )


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("classifier", "classifiers"),
        ("classifiers", "classifiers"),
        ("platform", "platforms"),
        ("supported_platform", "supported_platforms"),
        ("project_urls", "project_urls"),
        ("license_file", "license_files"),
        ("license_files", "license_files"),
        ("import_name", "import_names"),
        ("import_names", "import_names"),
        ("import_namespace", "import_namespaces"),
        ("import_namespaces", "import_namespaces"),
        ("requires_dist", "requires_dist"),
        ("provides", "provides"),
    ],
)
def test_both_spellings_of_a_field_are_known(name: str, field: str) -> None:
    """Twine and uv call the newest fields by two names."""
    assert getattr(fields((name, "a"), (name, "b")), field) == ("a", "b")


@pytest.mark.parametrize("value", ["", "  ", "UNKNOWN", " UNKNOWN\n"])
def test_value_that_says_nothing_is_left_out(value: str) -> None:
    """A dozen empty fields come from pdm, UNKNOWN from old tools."""
    assert fields(("summary", value), ("requires_dist", value)) == UploadForm()


def test_description_is_kept_as_it_is() -> None:
    """Indentation at its beginning means something; other fields lose what surrounds them."""
    found = fields(("description", "    code\n\n"), ("summary", " Acme \n"))

    assert (found.description, found.summary) == ("    code\n\n", "Acme")


def test_nul_bytes_are_written_out() -> None:
    """No database takes them."""
    assert fields(("summary", "a\0b")).summary == "a\\x00b"


def test_unknown_fields_are_left_out() -> None:
    """Tools send what they like."""
    assert fields(("sponsor", "nobody"), ("__class__", "x")) == UploadForm()


def test_keywords_are_joined() -> None:
    """Some tools send one field, some one for each."""
    assert fields(("keywords", "a"), ("keywords", "b")).keywords == "a, b"


def test_same_value_twice_is_one() -> None:
    """What is said twice alike is no contradiction."""
    assert fields(("name", "acme"), ("name", "acme")).name == "acme"


def test_every_problem_is_told() -> None:
    """An uploader need not try again for each of them."""
    with pytest.raises(BadInput) as caught:
        parse_upload_fields(
            [
                ("name", b"a"),
                ("name", b"b"),
                ("summary", b"\xff"),
                ("version", b"1"),
                ("version", b"2"),
            ]
        )

    assert caught.value.problems == (
        "summary: send it in UTF-8.",
        "name: sent 2 times with different values; send it once.",
        "version: sent 2 times with different values; send it once.",
    )


@given(
    st.lists(
        st.tuples(st.sampled_from([*UploadForm.__struct_fields__, ":action", "x"]), st.binary())
    )
)
def test_any_fields_become_a_record_or_are_refused(pairs: list[tuple[str, bytes]]) -> None:
    """Nothing but ``BadInput`` leaves the parser."""
    with contextlib.suppress(BadInput):
        assert isinstance(parse_upload_fields(pairs), UploadForm)
