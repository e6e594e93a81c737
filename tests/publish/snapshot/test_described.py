"""Metadata of a release: what it requires, and what it is."""

import tracemalloc

import pytest

from publish.snapshot.small_index import FLASK_2, metadata
from wheelyard.errors import BadInput
from wheelyard.publish.snapshot.described import Needed, describe


def test_requirements_come_in_their_parts() -> None:
    """Names in normal form, in the order of the metadata; what is no requirement is left out."""
    found = describe("flask.whl", FLASK_2)

    assert found.needs == (
        (0, Needed("click", None, ">=8.0", None, None, None)),
        (1, Needed("werk-zeug", "watch", "<4,>=2", None, None, None)),
        (2, Needed("asgiref", None, ">=3.2", 'extra == "async"', "async", None)),
    )
    assert found.classifiers == ("Framework :: Flask", "Programming Language :: Python :: 3")
    assert (found.name, found.summary, found.license) == ("Flask", "A framework", "BSD-3-Clause")


@pytest.mark.parametrize(
    ("stated", "url"),
    [
        ("a @ https://ann:secret@host.example/a.whl?key=1#x", "https://host.example/a.whl"),
        ("a @ git+ssh://git@host.example/a.git", "git+ssh://host.example/a.git"),
        ("a @ file:///srv/a.whl", "file:///srv/a.whl"),
    ],
)
def test_address_of_a_requirement_has_no_secrets(stated: str, url: str) -> None:
    """Neither a user nor a password, nor a key behind a question mark."""
    ((_, needed),) = describe("a.whl", metadata("a", f"Requires-Dist: {stated}")).needs

    assert needed.url == url


@pytest.mark.parametrize(
    ("marker", "extra"),
    [
        ('extra == "a"', "a"),
        ('python_version < "3.9" and extra == "Two_Words"', "two-words"),
        ('extra == "b" or "a" == extra', "a,b"),
        ('python_version < "3.9"', None),
    ],
)
def test_extra_is_the_one_that_the_marker_names(marker: str, extra: str | None) -> None:
    """Normalised, and all of them if there are several."""
    ((_, needed),) = describe("a.whl", metadata("a", f"Requires-Dist: x; {marker}")).needs

    assert needed.extra == extra


@pytest.mark.parametrize(
    ("lines", "license"),
    [
        (["License: MIT"], "MIT"),
        (["License-Expression: MIT OR Apache-2.0", "License: other"], "MIT OR Apache-2.0"),
        (["License: Copyright Ann <ann@people.example>"], None),
        (["License: " + "x" * 101], None),
        (["License: MIT License", "        Permission is hereby granted"], None),
        (["License: UNKNOWN"], None),
    ],
)
def test_licence_is_a_few_words(lines: list[str], license: str | None) -> None:  # noqa: A002 - what it is
    """No text of a licence, and nobody's address."""
    assert describe("a.whl", metadata("a", *lines)).license == license


def test_people_are_left_out() -> None:
    """Of the authors nothing is taken over."""
    assert "people.example" not in repr(describe("flask.whl", FLASK_2))


def test_what_would_reach_a_terminal_is_cleaned() -> None:
    """Control characters are no part of a summary, a classifier, a licence or a requirement."""
    found = describe(
        "a.whl",
        metadata(
            "a",
            "Summary: red \x1b[31m alert",
            "Classifier: bad \x1b[2J",
            "License: MIT \x1b[0m",
            "Requires-Dist: x @ https://host.example/\x1b[31m",
        ),
    )

    assert found.summary == "red  [31m alert"
    assert (found.classifiers, found.license, found.needs) == ((), None, ())


def test_what_is_no_metadata_is_refused() -> None:
    """With a sentence."""
    with pytest.raises(BadInput, match="`Name` and `Version` are needed"):
        describe("a.whl", b"nothing")


def test_long_requirements_are_not_kept_in_memory() -> None:
    """Whoever uploads chooses how long they are, and how many there are."""
    describe("x", metadata_with("short"))
    tracemalloc.start()
    try:
        for number in range(20):
            describe(
                "x", metadata_with("p" + f"{number:02}" * 100_000, f"q>={number}" + "0" * 7_000)
            )
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert kept < 200_000


def metadata_with(*requirements: str) -> bytes:
    """Return metadata that require these."""
    lines = "".join(f"Requires-Dist: {each}\n" for each in requirements)
    return f"Metadata-Version: 2.1\nName: demo\nVersion: 1\n{lines}".encode()
