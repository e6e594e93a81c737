"""Requirements, specifiers, licences, names of wheels: the standards' grammar, and our limits."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.errors import BadInput
from wheelyard.names import ProjectName
from wheelyard.requirements import (
    RequirementParts,
    WheelName,
    parse_licence,
    parse_requirement,
    parse_specifiers,
    parse_wheel_name,
    split_requirement,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("acme>=1,<2", "Acme <2, >=1"),
        ("acme (>=1)", "acme>=1"),
        ("acme[b,a]", "ACME[a, B]"),
        ("acme ; python_version < '3'", 'acme; python_version<"3"'),
        ("acme @ https://index.example/a.whl", "acme@https://index.example/a.whl"),
    ],
)
def test_requirements_that_mean_the_same_are_equal(one: str, other: str) -> None:
    """Spelling, order and spaces do not matter."""
    assert parse_requirement(one) == parse_requirement(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("acme", "acme>=1"),
        ("acme", "acme[a]"),
        ("acme", "acme; python_version < '3'"),
        ("acme", "acme @ https://index.example/a.whl"),
        ("acme", "acne"),
    ],
)
def test_requirements_that_differ_are_not_equal(one: str, other: str) -> None:
    """Every part of a requirement counts."""
    assert parse_requirement(one) != parse_requirement(other)


def test_direct_requirement_is_told() -> None:
    """A URL instead of a version is something else than a version."""
    assert parse_requirement("acme @ https://index.example/acme.whl").is_direct
    assert not parse_requirement("acme>=1").is_direct


@pytest.mark.parametrize(
    "text", ["", "acme >", "acme; x", "a b", "acme" * 5_000, "acme;" + "(" * 8_000]
)
def test_what_is_no_requirement_is_refused(text: str) -> None:
    """With one line that says why."""
    with pytest.raises(BadInput) as caught:
        parse_requirement(text)

    assert "\n" not in str(caught.value)
    assert str(caught.value)


def test_specifiers_have_one_order() -> None:
    """Equal sets have equal texts."""
    assert parse_specifiers(">=3.8, <4") == parse_specifiers("<4,>=3.8")
    assert parse_specifiers("") == ""


@pytest.mark.parametrize("text", ["3.8", ">=x", ">= 3.8;", ">=3" * 4_000])
def test_what_is_no_specifier_is_refused(text: str) -> None:
    """A number alone is no condition."""
    with pytest.raises(BadInput):
        parse_specifiers(text)


def test_licence_has_one_spelling() -> None:
    """SPDX names are compared without regard to letters, and written in one way."""
    assert parse_licence("mit or apache-2.0") == "MIT OR Apache-2.0"
    assert parse_licence("LicenseRef-Acme") == "LicenseRef-Acme"


@pytest.mark.parametrize("text", ["", "Acme", "MIT OR", "MIT Apache-2.0", "(" * 9_000])
def test_what_is_no_licence_is_refused(text: str) -> None:
    """A name that SPDX does not know needs `LicenseRef-`."""
    with pytest.raises(BadInput):
        parse_licence(text)


def test_wheel_name_is_taken_apart() -> None:
    """Every part of it, sets of tags multiplied out."""
    assert parse_wheel_name("acme_core-1.0.0+local-1a-py2.py3-none-any.whl") == WheelName(
        "acme-core",  # type: ignore[arg-type]  # as the parser makes it
        "1.0.0+local",
        "1a",
        frozenset({"py2-none-any", "py3-none-any"}),
    )


@pytest.mark.parametrize(
    "filename",
    [
        "acme-1.0.whl",
        "acme-1.0-py3-none.whl",
        "acme-1.0-x-py3-none-any.whl",
        "acme-one-py3-none-any.whl",
        "acme-1.0-py3-none-any.zip",
        "acme-1.0-" + ".".join(["py3"] * 100) + "-" + ".".join(["none"] * 100) + "-any.whl",
        "-1.0-py3-none-any.whl",
    ],
)
def test_what_names_no_wheel_is_refused(filename: str) -> None:
    """Five parts, or six with a build tag that begins with a digit."""
    with pytest.raises(BadInput):
        parse_wheel_name(filename)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Acme.Tool", ("acme-tool", (), "", "", "", "")),
        ("acme[B,a_1] ==1.0", ("acme", ("a-1", "b"), "==1.0", "", "", "1.0")),
        ("acme===1.0", ("acme", (), "===1.0", "", "", "1.0")),
        ("acme==1.*", ("acme", (), "==1.*", "", "", "")),
        ("acme>=1 ; os_name=='nt'", ("acme", (), ">=1", "", 'os_name == "nt"', "")),
        (
            "acme @ https://files.example/acme.zip",
            ("acme", (), "", "https://files.example/acme.zip", "", ""),
        ),
    ],
)
def test_requirement_has_parts(
    text: str, parts: tuple[ProjectName, tuple[str, ...], str, str, str, str]
) -> None:
    """Names and extras are normalised; a pin is one version and no pattern."""
    assert split_requirement(text) == RequirementParts(*parts)


@pytest.mark.parametrize("text", ["", "two words", "acme>=", "acme; nonsense", "(" * 9_000])
def test_requirement_without_parts_is_refused(text: str) -> None:
    """The message says where it stops being one."""
    with pytest.raises(BadInput):
        split_requirement(text)


@given(st.text(alphabet="acme-_.<>=!~;[]()@'\" 0123,orandMIT", max_size=60))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    """Nothing but ``BadInput`` leaves a parser."""
    parsers = (parse_requirement, parse_specifiers, parse_licence, parse_wheel_name)
    for parse in (*parsers, split_requirement):
        with contextlib.suppress(BadInput):
            parse(text)
