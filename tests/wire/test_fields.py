"""Single values: kept if they are some, absent if not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.errors import BadInput
from wheelyard.model import File, Project, ProjectStatus
from wheelyard.names import Filename, ProjectName
from wheelyard.wire.fields import (
    MAX_TEXT,
    advertised_metadata,
    check_api_version,
    listed_files,
    listed_versions,
    parse_metadata_claim,
    parse_requires_python,
    parse_serial,
    parse_status,
    parse_text,
    parse_upload_time,
)

NAME = ProjectName("foo")


def file(name: str) -> File:
    """Return a file of that name."""
    return File(Filename(name), f"https://files.example/{name}")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("why", "why"),
        ("é \u00a0 ☃", "é \u00a0 ☃"),
        ("a\nb\x1b[31m\x85\u2028\ud800\ufffe\ufdd0c", "a b [31m     c"),
        ("x" * 5_000, "x" * 4_096),
    ],
)
def test_text_for_people_has_no_controls(text: str, kept: str) -> None:
    """A reason is printed on terminals and into logs."""
    assert parse_text(text) == kept


@given(st.text())
def test_any_text_is_fit_for_a_page(text: str) -> None:
    """It can be encoded, is short, and has no line breaks."""
    kept = parse_text(text)

    assert len(kept.encode()) <= 4 * MAX_TEXT
    assert kept.splitlines() in ([], [kept])


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (">=3.8", ">=3.8"),
        (">=3.6,,<4 ; odd", ">=3.6,,<4 ; odd"),
        (">=3\n.8", ">=3 .8"),
        ("", None),
        (None, None),
        ("x" * 5_000, None),
    ],
)
def test_requires_python_is_passed_through(text: str | None, kept: str | None) -> None:
    """Clients have lenient parsers; an index does not correct anybody."""
    assert parse_requires_python(text) == kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("2024-02-03T04:05:06Z", "2024-02-03T04:05:06Z"),
        ("2024-02-03T04:05:06.123456Z", "2024-02-03T04:05:06.123456Z"),
        ("2024-02-03T04:05:06+00:00", "2024-02-03T04:05:06Z"),
        ("2024-02-03T04:05:06.5-01:30", "2024-02-03T05:35:06.500000Z"),
        ("2024-02-03 04:05:06Z", "2024-02-03T04:05:06Z"),
        ("20240203T040506Z", "2024-02-03T04:05:06Z"),
        ("0001-01-01T00:00:00+23:00", None),
        ("2024-02-03T04:05:60Z", None),
        ("2024-13-03T04:05:06Z", None),
        ("2024-02-03T04:05:06", None),
        ("2024-02-03", None),
        ("", None),
        (None, None),
        ("9" * 1_000, None),
    ],
)
def test_c25_upload_time_is_utc_or_unknown(text: str | None, kept: str | None) -> None:
    """Other offsets are converted; a time without an offset could mean anything."""
    assert parse_upload_time(text) == kept


@pytest.mark.parametrize(
    ("value", "claim"),
    [
        (None, None),
        (True, ()),
        (False, False),
        ({}, False),
        ({"sha256": "ab" * 32}, (("sha256", "ab" * 32),)),
        ({"sha256": "short"}, ()),
    ],
)
def test_metadata_claim_keeps_unknown_yes_and_no_apart(
    value: bool | dict[str, str] | None,  # noqa: FBT001 - the wire's own type
    claim: object,
) -> None:
    """Truthy without a usable digest is "yes"; falsy is "no"; missing is "unknown"."""
    assert parse_metadata_claim(value) == claim


def test_c27_metadata_is_advertised_with_its_sha256_only() -> None:
    """Anything weaker is not advertised at all."""
    proven = File(Filename("a"), "u", core_metadata=(("md5", "0" * 32), ("sha256", "ab" * 32)))
    weak = File(Filename("a"), "u", core_metadata=(("md5", "0" * 32),))
    bare = File(Filename("a"), "u", core_metadata=())

    assert advertised_metadata(proven) == proven.core_metadata
    assert advertised_metadata(weak) == advertised_metadata(bare) == ()


@pytest.mark.parametrize(
    ("value", "serial"),
    [
        (0, 0),
        (123, 123),
        ("123", 123),
        (-1, None),
        (True, None),
        (1.5, None),
        ("1.5", None),
        ("-1", None),
        ("", None),
        ("\u0661", None),
        ("9" * 19, None),
        ("9" * 5_000, None),
        (1 << 63, None),
        (None, None),
        ([], None),
    ],
    ids=repr,
)
def test_serial_is_a_number_that_fits(value: object, serial: int | None) -> None:
    """From JSON, from a header, from a comment."""
    assert parse_serial(value) == serial


@pytest.mark.parametrize(
    ("status", "reason", "parsed"),
    [
        ("archived", None, ProjectStatus("archived")),
        ("deprecated", "use b\n", ProjectStatus("deprecated", "use b ")),
        ("quarantined", "", ProjectStatus("quarantined")),
        ("quarantined", 5, ProjectStatus("quarantined")),
        ("haunted", "x", ProjectStatus()),
        (None, "x", ProjectStatus()),
        (["archived"], None, ProjectStatus()),
    ],
)
def test_status_is_one_of_four(status: object, reason: object, parsed: ProjectStatus) -> None:
    """An unknown marker promises nothing, and neither does its reason."""
    assert parse_status(status, reason) == parsed


@pytest.mark.parametrize("version", ["1.0", "1.4", "1.10"])
def test_c33_version_1_is_read(version: str) -> None:
    """Every minor."""
    check_api_version(version)


@pytest.mark.parametrize("version", ["2.0", "0.1", "1", "1.", "v1.0", 1.0, None, "1" * 5_000])
def test_c33_other_versions_are_refused(version: object) -> None:
    """The sentence says what is read."""
    with pytest.raises(BadInput, match="api-version"):
        check_api_version(version)


def test_quarantined_project_has_no_files_to_list() -> None:
    """The record may have them; a page may not."""
    project = Project(NAME, (file("foo-1.0.zip"),))
    gone = Project(NAME, project.files, status=ProjectStatus("quarantined"))

    assert listed_files(project) == project.files
    assert listed_files(gone) == ()


def test_c23_versions_of_files_are_added_once() -> None:
    """In the order of the files, behind what the owner said."""
    files = [file(f"foo-{version}.zip") for version in ("2.0", "1.0.0", "2", "3.0", "3.0.post1")]

    versions = listed_versions(Project(NAME, versions=("1.0", "0.5", "1.0")), files)

    assert versions == ["1.0", "0.5", "2.0", "3.0", "3.0.post1"]
