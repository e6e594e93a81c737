"""A file that says other things inside than outside is refused (T15)."""

import pytest

from wheelyard.names import Filename
from wheelyard.upload.agreement import disagreements
from wheelyard.upload.claims import Claims
from wheelyard.wire.metadata_headers import parse_metadata_headers

METADATA = parse_metadata_headers(
    b"Metadata-Version: 2.1\nName: Acme.Core\nVersion: 1.0\nRequires-Python: >=3.8,<4\n"
    b"Requires-Dist: other>=2\nRequires-Dist: more; extra == 'all'\n"
)
WHEEL = Filename("acme_core-1.0-py3-none-any.whl")
REQUIRES = ("more ; extra == 'all'", "Other >=2")


def test_silent_form_agrees() -> None:
    """Where the form says nothing, the file counts."""
    assert disagreements(METADATA, Claims(), WHEEL) == ()


def test_same_things_in_other_words_agree() -> None:
    """Order, spelling and spaces are the tools' own."""
    claims = Claims(
        name="acme-core",
        version="1.0.0",
        metadata_version="2.3",
        requires_python="<4, >=3.8",
        requires_dist=REQUIRES,
    )

    assert disagreements(METADATA, claims, WHEEL) == ()


@pytest.mark.parametrize(
    ("claims", "sentence"),
    [
        (Claims(name="evil"), "name: the form says `evil`, the metadata in the file `Acme.Core`."),
        (Claims(version="2.0"), "version: the form says `2.0`, the metadata in the file `1.0`."),
        (Claims(version="one"), "version: the form says `one`"),
        (Claims(metadata_version="1.2"), "metadata_version: the form says `1.2`"),
        (Claims(requires_python=">=3"), "requires_python: the form says `>=3`"),
        (Claims(requires_python="3"), "requires_python: the form says `3`"),
        (
            Claims(requires_dist=REQUIRES[:1]),
            "requires_dist: the metadata in the file has `other>=2`, the form does not.",
        ),
        (
            Claims(requires_dist=(*REQUIRES, "evil")),
            "requires_dist: the form has `evil`, the metadata in the file does not.",
        ),
        (
            Claims(requires_dist=(*REQUIRES, "not a requirement")),
            "requires_dist: the form has `not a requirement`",
        ),
    ],
)
def test_difference_is_told(claims: Claims, sentence: str) -> None:
    """A dependency that only the file has would be installed and never be seen."""
    (problem,) = disagreements(METADATA, claims, WHEEL)

    assert problem.startswith(sentence)


@pytest.mark.parametrize(
    ("filename", "sentence"),
    [
        ("evil-1.0-py3-none-any.whl", "Name: the metadata in the file says `Acme.Core`"),
        ("acme_core-1.1-py3-none-any.whl", "Version: the metadata in the file says `1.0`"),
        ("acme-core-1.1.tar.gz", "Version: the metadata in the file says `1.0`"),
    ],
)
def test_file_name_of_something_else_is_told(filename: str, sentence: str) -> None:
    """Without a form, as in the inbox, the name is what the file is compared with."""
    (problem,) = disagreements(METADATA, Claims(), Filename(filename))

    assert problem.startswith(sentence)


@pytest.mark.parametrize(
    ("filename", "version"),
    [
        ("acme-1.0.post1-py3-none-any.whl", "1.0-1"),
        ("acme-1.0_1-py3-none-any.whl", "1.0-1"),
        ("acme-1.0+a.b-py3-none-any.whl", "1.0+A-B"),
        ("acme-1.0.0.tar.gz", "1.0"),
        ("acme-1.0.zip", "1.0"),
    ],
)
def test_versions_are_compared_by_what_they_mean(filename: str, version: str) -> None:
    """File names have some versions in another spelling than metadata."""
    metadata = parse_metadata_headers(
        f"Metadata-Version: 2.1\nName: acme\nVersion: {version}\n".encode()
    )

    assert disagreements(metadata, Claims(), Filename(filename)) == ()


def test_metadata_without_a_name_is_of_no_file() -> None:
    """There is nothing to compare with."""
    metadata = parse_metadata_headers(b"Metadata-Version: 2.1\n")

    assert disagreements(metadata, Claims(), WHEEL)[0].startswith("Name: ")


CLAIMS = Claims(requires_python=">=3.8", requires_dist=("other", "more"))
SDIST = Filename("acme-1.0.tar.gz")


@pytest.mark.parametrize(
    ("lines", "filename", "fields"),
    [
        ("2.1", SDIST, []),
        ("2.2\nDynamic: Requires-Dist\nDynamic: requires-python", SDIST, []),
        ("2.2", SDIST, ["requires_python", "requires_dist", "requires_dist"]),
        ("2.1\nRequires-Dist: evil", SDIST, ["requires_dist"]),
        ("2.1\nRequires-Python: >=3", SDIST, ["requires_python"]),
        (
            "2.1",
            Filename("acme-1.0-py3-none-any.whl"),
            ["requires_python", "requires_dist", "requires_dist"],
        ),
    ],
)
def test_form_may_know_more_than_an_unfinished_source_archive(
    lines: str, filename: Filename, fields: list[str]
) -> None:
    """Before it is built its needs may not be known; what it hides is refused there too."""
    metadata = parse_metadata_headers(
        f"Metadata-Version: {lines}\nName: acme\nVersion: 1.0\n".encode()
    )

    found = disagreements(metadata, CLAIMS, filename)

    assert [problem.partition(":")[0] for problem in found] == fields
