"""Regular expressions over file names: what `re` finds, in a time that is bounded beforehand."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from wheelyard.errors import BadInput
from wheelyard.expressions import Expression, parse_expression

PIECES = (
    *("a", "b", "1", "-", ".", r"\.", r"\d", r"\W", "A", "^", "$", "|", "(", "(?:", ")", "?"),
    *("[ab]", "[^a]", "[]a]", "[^]a]", "[a-]", r"[\d.]", r"[\]x]", "*", "+", "{2}", "{1,3}", "[("),
)


@given(
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
    st.lists(st.text("abcABC123-._x]", max_size=8), min_size=1, max_size=8),
)
def test_expression_finds_what_the_standard_library_finds(text: str, names: list[str]) -> None:
    """In upper and lower case, anywhere in a name; or it is refused."""
    try:
        expression = parse_expression(text)
    except BadInput:
        assume(False)  # noqa: FBT003  # hypothesis' own spelling
    standard = re.compile(text, re.IGNORECASE | re.ASCII | re.DOTALL)

    assert [expression.matches(name) for name in names] == [
        standard.search(name) is not None for name in names
    ]


@pytest.mark.parametrize(
    "text",
    [
        r"\.whl$",
        r"^demo-\d+\.\d+.*\.tar\.gz$",
        "-(cp39|cp310|cp311|cp312|cp313)-.*(manylinux|musllinux)",
        "[([*+]{2}x",
        "a+?b",
        "manylinux(_2_28)?_x86_64",
        r"\(\?\*{2}",
    ],
)
def test_expression_of_everyday_is_taken(text: str) -> None:
    """What people write to choose file names."""
    assert parse_expression(text) == Expression(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("^[a-z]*[a-z]*[a-z]*=", "a" * 255),
        ("-.*-.*=", "-" * 255),
        ("a?a?a?a?a?a?a?a?aaaaaaaa=", "a" * 255),
        ("(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)=", "a" * 255),
    ],
)
def test_expression_that_is_taken_answers(text: str, name: str) -> None:
    """The longest work that is allowed ends; the time limit of a test sees it."""
    assert not parse_expression(text).matches(name)


REPEATED = "only one character, or a class such as `[0-9]`, can be repeated"
MANY = "it has too many `*`, `+` and `{2,4}`: two may be in it, or three if it begins with `^`"
WAYS = "its `|` and `?` allow more than 256 ways: write several"
AROUND = "groups that look around or refer back are not supported"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is empty, and would match every name"),
        (".*", "it matches every name, or none"),
        ("^", "it matches every name, or none"),
        ("a|", "it matches every name, or none"),
        ("a" * 201, "it is longer than 200 characters"),
        ("(a", "it is no regular expression: missing ), unterminated subpattern at position 0"),
        ("*a", "it is no regular expression: nothing to repeat at position 0"),
        ("a**", "it is no regular expression: multiple repeat at position 2"),
        ("(a+)+$", f"a group is followed by `+`: {REPEATED}"),
        ("(?:a|a)*b", f"a group is followed by `*`: {REPEATED}"),
        ("(a?){50}a", f"a group is followed by `{{50}}`: {REPEATED}"),
        ("a{2,3}b+c*d", MANY),
        ("^a+|b+c+d", MANY),
        ("a?" * 9 + "b", WAYS),
        ("(a|a)" * 9, WAYS),
        (r"(a)\1", AROUND),
        ("(?=a)", AROUND),
        ("(?P<n>a)", AROUND),
    ],
)
def test_expression_that_cannot_be_used_is_refused(text: str, why: str) -> None:
    """With what is wrong, and what is allowed."""
    with pytest.raises(BadInput) as caught:
        parse_expression(text)

    assert str(caught.value) == why


@pytest.mark.parametrize("text", ["[[a]", "a{99999999999}", "[a--b]"])
def test_expression_that_python_is_unsure_of_is_refused(text: str) -> None:
    """Also what only a later version would read otherwise."""
    with pytest.raises(BadInput, match="it is no regular expression"):
        parse_expression(text)


@given(st.text(max_size=30))
def test_any_text_is_an_expression_or_bad_input(text: str) -> None:
    """Nothing else comes out of it."""
    try:
        parse_expression(text).matches("demo-1.0-py3-none-any.whl")
    except BadInput:
        return


def test_expressions_are_told_apart_by_their_text() -> None:
    """As values of a record are."""
    assert parse_expression("a") == Expression("a")
    assert len({Expression("a"), Expression("a"), Expression("b")}) == 2
