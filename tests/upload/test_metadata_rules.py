"""What metadata may say: what always refuses, what only strict rules refuse, what is fine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.errors import BadInput
from wheelyard.upload.findings import Findings
from wheelyard.upload.metadata_rules import MAX_TOLD, check_metadata
from wheelyard.wire.metadata_headers import parse_metadata_headers


def judged(*lines: str, version: str = "2.4", strict: bool = False) -> Findings:
    """Return what is found in metadata with these lines."""
    known = [f"Metadata-Version: {version}", "Name: acme", "Version: 1.0", *lines]
    metadata = parse_metadata_headers("\n".join([*known, "", "Acme."]).encode())
    return check_metadata(metadata, frozenset({"LICENSE"}), strict=strict)


@pytest.mark.parametrize(
    "version", ["1.0", "1.1", "1.2", "2.0", "2.1", "2.2", "2.3", "2.4", "2.5", "2.6"]
)
def test_known_version_is_accepted(version: str) -> None:
    """All that were ever written, 2.0 included, which was never agreed on."""
    assert judged(version=version, strict=True) == Findings()


@pytest.mark.parametrize(
    "line",
    [
        "Requires-Dist: other[a]>=2; python_version < '3.12'",
        "Requires-Python: >=3.8, !=3.9.*",
        "Description-Content-Type: text/markdown; charset=UTF-8; variant=GFM",
        "License-Expression: MIT OR Apache-2.0",
        "License-File: LICENSE",
        "Classifier: Typing :: Typed",
        "Classifier: Private :: Do Not Upload",
        "Author-email: A. Cme <a@acme.example>, b@acme.example",
        "Project-URL: Documentation, https://acme.example/docs",
        "Home-page: https://acme.example",
        "Provides-Extra: a.b-c_d",
        "Dynamic: Requires-Dist",
        "Keywords: UNKNOWN",
    ],
)
def test_usual_line_is_accepted(line: str) -> None:
    """By strict rules too."""
    assert judged(line, strict=True) == Findings()


@pytest.mark.parametrize("version", ["3.0", "0.9", "two", "2", ""])
def test_unknown_major_version_is_refused(version: str) -> None:
    """What it means nobody can know."""
    (problem,) = judged(version=version).problems

    assert problem.startswith("Metadata-Version: ")
    assert "is not understood" in problem


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("Name: other", "Name: there are 2 different ones; keep one."),
        ("Version: 2.0", "Version: there are 2 different ones; keep one."),
        ("Requires-Python: >=3\nRequires-Python: >=4", "Requires-Python: there are 2 different"),
        ("Requires-Dist: other >", "Requires-Dist: `other >` is invalid: "),
        ("Requires-Dist: x @ https://x.example/x.whl", "Requires-Dist: Can't have direct depend"),
        ("Obsoletes-Dist: ?", "Obsoletes-Dist: `?` is invalid: "),
        ("Requires-Python: 3.8", "Requires-Python: `3.8` is invalid: "),
        ("Summary: " + "x" * 513, "Summary: field must be 512 characters or less, not 513."),
        ("Summary: a\n  b", "Summary: must be a single line."),
        ("Description-Content-Type: text/html", "Description-Content-Type: `text/html` must be"),
        ("License-Expression: Acme", "License-Expression: `Acme` is invalid: "),
        ("License: MIT\nLicense-Expression: MIT", "License: is deprecated beside License-Expr"),
        ("License-File: COPYING", "License-File: `COPYING` does not exist in the distribution"),
    ],
)
def test_unusable_line_is_refused(line: str, sentence: str) -> None:
    """Installers would stumble over it, or each understand another thing."""
    (problem,) = judged(line).problems

    assert problem.startswith(sentence)


@pytest.mark.parametrize(
    ("line", "version", "sentence"),
    [
        ("", "2.9", "Metadata-Version: `2.9` is newer than 2.6"),
        ("Classifier: Topic :: Acme", "2.4", "Classifier: `Topic :: Acme` is not a valid"),
        ("License-Expression: MIT", "2.1", "License-Expression: introduced in metadata version 2."),
        ("Dynamic: Name", "2.4", "Dynamic: `Name` cannot be dynamic."),
        ("Provides-Extra: -a", "2.4", "Provides-Extra: `-a` is not a name of an extra."),
        ("Author-email: nobody", "2.4", "Author-email: `nobody` is not a valid email address."),
        ("Home-page: javascript:alert(1)", "2.4", "Home-page: `javascript:alert(1)` is not a"),
        ("Project-URL: https://acme.example", "2.4", "Project-URL: `https://acme.example` must"),
        ("Project-URL: " + "a" * 33 + ", https://a.example", "2.4", "Project-URL: `aaaaaaaaaa"),
        ("Project-URL: a, ftp://acme.example", "2.4", "Project-URL: `ftp://acme.example` is not"),
        ("Project-URL: a, https://[", "2.4", "Project-URL: `https://[` is not"),
        ("Requires: a\x07", "2.4", "Requires: `a\\x07` has control characters."),
    ],
)
def test_doubtful_line_is_a_warning_or_refused(line: str, version: str, sentence: str) -> None:
    """The sentence is the same and names the field; strict rules refuse (A-63)."""
    lines = [line] if line else []
    tolerant = judged(*lines, version=version)
    strict = judged(*lines, version=version, strict=True)

    assert tolerant.problems == ()
    assert tolerant.warnings == strict.problems
    assert strict.problems[0].startswith(sentence)


def test_licence_files_of_old_metadata_are_not_looked_for() -> None:
    """Setuptools wrote the field for years before there was a rule for it."""
    assert judged("License-File: COPYING", version="2.1", strict=True) == Findings()


def test_missing_name_and_version_are_told() -> None:
    """Metadata of nothing is metadata of nobody."""
    found = check_metadata(
        parse_metadata_headers(b"Metadata-Version: 2.1\n"), frozenset(), strict=False
    )

    assert [problem.partition(":")[0] for problem in found.problems] == ["Name", "Version"]


def test_sentences_are_not_without_end() -> None:
    """A message is for a person."""
    found = judged(*(f"Requires-Dist: ?{number}" for number in range(500)))

    assert len(found.problems) == MAX_TOLD + 1
    assert found.problems[-1] == "Metadata: 450 more problems."


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=300))
def test_any_metadata_is_judged(text: str) -> None:
    """No text makes the judge fail."""
    try:
        metadata = parse_metadata_headers(f"Metadata-Version: 2.1\nName: {text}".encode())
    except BadInput:
        return
    check_metadata(metadata, frozenset(), strict=True)


FIELDS = [
    "Requires-Dist",
    "Description-Content-Type",
    "Author-email",
    "Project-URL",
    "License-File",
]


@given(st.sampled_from([*FIELDS, "License-Expression", "Requires-Python", "Dynamic"]), st.text())
def test_any_value_is_judged(field: str, value: str) -> None:
    """Every parser behind a field takes every text."""
    metadata = parse_metadata_headers(
        b"Metadata-Version: 2.4\n" + f"{field}: {value}\n".encode("utf-8", "replace")
        if value.isprintable()
        else b"Name: a\n"
    )

    check_metadata(metadata, frozenset(), strict=False)
