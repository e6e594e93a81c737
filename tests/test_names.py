"""Names: parsed once, with what is odd about the old ones."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.errors import BadInput
from wheelyard.names import (
    ProjectName,
    canonical_version,
    filename_version,
    is_archive,
    is_file_of,
    is_source_archive,
    is_version,
    is_wheel,
    likely_project,
    newest_version,
    normalise,
    parse_filename,
    parse_project_name,
    parse_sha256,
    project_candidates,
    reads_as_version,
    release_kind,
    sort_versions,
    stated_version,
    version_key,
)

FOO = ProjectName("foo")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("foo", "foo"),
        ("Foo", "foo"),
        ("foo.bar", "foo-bar"),
        ("Foo__Bar", "foo-bar"),
        ("foo-_.bar", "foo-bar"),
        ("f", "f"),
        ("1", "1"),
        ("a" * 200, "a" * 200),
    ],
)
def test_c3_name_is_normalised(text: str, name: str) -> None:
    """Runs of separators as one dash, in lower case."""
    assert parse_project_name(text) == name


@pytest.mark.parametrize(
    "text",
    [
        *("", "-foo", "foo-", ".", "..", "_", "foo\n", "foo bar", "foo/bar", "foo\x00", "foo%0A"),
        *("fo\u00f6", "\u0661", "\uff41", "a" * 201),
    ],
)
def test_c6_name_of_other_characters_is_refused(text: str) -> None:
    """A trailing newline, paths and other alphabets are no names."""
    with pytest.raises(BadInput, match="is not a project name"):
        parse_project_name(text)


@given(st.text(max_size=40))
def test_parsing_twice_changes_nothing(text: str) -> None:
    """A normalised name is its own normal form."""
    try:
        name = parse_project_name(text)
    except BadInput:
        return

    assert parse_project_name(name) == name == normalise(name)


@pytest.mark.parametrize("text", ["ab" * 32, "AB" * 32])
def test_digest_is_lower_case(text: str) -> None:
    """However it was written."""
    assert parse_sha256(text) == "ab" * 32


@pytest.mark.parametrize("text", ["", "ab", "ab" * 32 + "\n", "g" * 64, "ab" * 33])
def test_text_that_is_no_digest_is_refused(text: str) -> None:
    """64 hex digits and nothing else."""
    with pytest.raises(BadInput, match="64 hex digits"):
        parse_sha256(text)


@pytest.mark.parametrize(
    "text", ["foo-1.0.zip", "a", "foo-1.0+x.zip", "fo\u00f6 (1).zip", "x" * 255, "[foo].zip"]
)
def test_usable_filename_is_kept_as_it_is(text: str) -> None:
    """Safe in a URL path and on a disk."""
    assert parse_filename(text) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", ".", "..", ".hidden", "a/b", "a\\b", "a\x00", "a\n", "\u202eabc", "x" * 256),
        *("o\u0308", "\u00e9" * 128, "a\ud800"),
    ],
)
def test_c56_filename_that_is_none_is_refused(text: str) -> None:
    """Paths, controls, turned text, other normal forms, too many bytes."""
    with pytest.raises(BadInput, match="is not a usable file name"):
        parse_filename(text)


@pytest.mark.parametrize(
    ("filename", "archive"),
    [
        ("foo-1.0-py3-none-any.whl", True),
        ("foo-1.0.tar.gz", True),
        ("foo-1.0.TAR.GZ", True),
        ("foo-1.0.zip", True),
        ("foo-1.0.tgz", True),
        ("foo-1.0.tar.bz2", True),
        ("foo-1.0.egg", True),
        ("foo-1.0.exe", True),
        ("foo-1.0.whl.metadata", False),
        ("foo-1.0.zip.asc", False),
        ("foo-1.0.WHL", False),
        ("foo", False),
        ("foo-1.0-variants.json", False),
    ],
)
def test_archive_is_known_by_its_suffix(filename: str, archive: bool) -> None:  # noqa: FBT001 - the answer
    """Today's formats, and those of twenty years ago."""
    assert is_archive(filename) is archive
    assert is_wheel(filename) is filename.endswith(".whl")


@pytest.mark.parametrize(
    ("filename", "project", "version"),
    [
        ("foo-1.0-py3-none-any.whl", "foo", "1.0"),
        ("foo-1.0-1-py3-none-any.whl", "foo", "1.0"),
        ("Foo_Bar-1.0-py3-none-any.whl", "foo-bar", "1.0"),
        ("Foo.Bar-1.0-py3-none-any.whl", "foo-bar", "1.0"),
        ("foo__bar-1.0-py3-none-any.whl", "foo-bar", "1.0"),
        ("foo-bar-1.0-py3-none-any.whl", "foo-bar", "1.0"),
        ("foo-1.0+local_1-py3-none-any.whl", "foo", "1.0+local.1"),
        ("foo-1.0.whl", "foo", "1.0"),
        ("foo_bar-1.0.tar.gz", "foo-bar", "1.0"),
        ("foo-bar-1.0.tar.gz", "foo-bar", "1.0"),
        ("foo-1.0RC1.tar.bz2", "foo", "1.0rc1"),
        ("foo-1.0-1.zip", "foo", "1.0.post1"),
        ("foo-01.0.tgz", "foo", "1.0"),
        ("foo-1.0-py2.7.egg", "foo", "1.0"),
        ("foo-1.0-py2.7-linux-x86_64.egg", "foo", "1.0"),
        ("foo-1.0.win32-py2.7.exe", "foo", "1.0"),
        ("foo-1.0.win-amd64-py3.4.exe", "foo", "1.0"),
        ("foo-1.0.win32.exe", "foo", "1.0"),
        ("foo-1.0.win-amd64-py2.7.msi", "foo", "1.0"),
        ("foo-1.0.linux-x86_64.tar.gz", "foo", "1.0"),
        ("foo-1.0.macosx-10.9-x86_64.tar.gz", "foo", "1.0"),
        ("foo-1.0.macosx-10.9-intel-py2.7.zip", "foo", "1.0"),
        ("foo-1.0-1.noarch.rpm", "foo", "1.0"),
        ("foo-1.0-1.src.rpm", "foo", "1.0"),
        ("foo-1.0dev-r123.zip", "foo", "1.0dev-r123"),
        ("foo-latest.zip", "foo", "latest"),
        ("foo-bar-1.0.zip", "foo", "bar-1.0"),
        ("foo-1.0.zip", "bar", None),
        ("foo-.zip", "foo", None),
        ("foo.zip", "foo", None),
        ("", "foo", None),
    ],
)
def test_version_of_a_file_follows_the_name_of_its_project(
    filename: str, project: str, version: str | None
) -> None:
    """In canonical spelling if it is one; else what stands there."""
    assert filename_version(filename, ProjectName(project)) == version


def test_stated_version_is_spelled_as_in_the_name() -> None:
    """For comparing with what else is spelled there."""
    assert stated_version("foo-1.0-RC1.zip", FOO) == "1.0-RC1"


@pytest.mark.parametrize(
    ("filename", "candidates"),
    [
        ("foo-1.0-py3-none-any.whl", ["foo"]),
        ("foo_bar-1.0.tar.gz", ["foo-bar"]),
        ("foo-bar-1.0.tar.gz", ["foo-bar", "foo"]),
        ("foo-2-bar-1.0.tar.gz", ["foo-2-bar", "foo", "foo-2"]),
        ("foo-bar.zip", ["foo"]),
        ("foo_.-1.0-py3-none-any.whl", ["foo"]),
        ("foo--1.0.tar.gz", ["foo"]),
        ("foo.zip", []),
        ("-1.0.zip", []),
        ("", []),
    ],
)
def test_candidates_start_with_the_likeliest(filename: str, candidates: list[str]) -> None:
    """Historic names are ambiguous, so every cut is one."""
    assert list(project_candidates(filename))[: len(candidates)] == candidates


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("1.0", "1.0"),
        ("v1.0", "1.0"),
        ("1.0-RC.1", "1.0rc1"),
        ("1!2.0", "1!2.0"),
        ("1.0+A-b", "1.0+a.b"),
        ("", None),
        ("latest", None),
        ("1.0-", None),
        ("1" * 300, None),
    ],
)
def test_version_has_one_canonical_spelling(text: str, canonical: str | None) -> None:
    """None for what is no version; very long ones are none."""
    assert canonical_version(text) == canonical
    assert is_version(text) is (canonical is not None)


def test_equal_versions_share_their_key() -> None:
    """Trailing zeros and spelling do not matter; what is no version is its own key."""
    assert version_key("1.0") == version_key("1.0.0") == version_key("v1")
    assert version_key("1.0") != version_key("1.0.post1")
    assert version_key("odd") == "odd"
    assert version_key("1" * 300) == "1" * 300


@pytest.mark.parametrize(
    ("versions", "newest"),
    [
        ([], None),
        (["1.9", "1.10"], "1.10"),
        (["1.0", "2.0rc1"], "1.0"),
        (["1.0a1", "2.0rc1"], "2.0rc1"),
        (["odd", "0.1.dev1"], "0.1.dev1"),
        (["odd", "even"], "odd"),
        (["1!0.1", "9.9"], "1!0.1"),
        (["1.0", "1.0.post1"], "1.0.post1"),
    ],
)
def test_newest_is_final_if_one_is(versions: list[str], newest: str | None) -> None:
    """Pre-releases come before finals only where there is no final."""
    assert newest_version(versions) == newest


def test_versions_are_sorted_by_age() -> None:
    """What is no version comes first."""
    versions = ["2.0", "odd", "1.10", "1.9", "2.0rc1", "even"]

    assert sort_versions(versions) == ["even", "odd", "1.9", "1.10", "2.0rc1", "2.0"]


@pytest.mark.parametrize("piece", ["-", "1.", "-1", "a-", "-py2.7", ".win32", "1.0.linux-", "_.-"])
def test_t27_no_name_takes_long(piece: str) -> None:
    """Patterns are linear, and what is longer than any name is not looked at."""
    text = "foo-" + piece * (200 // len(piece))
    started = time.process_time()

    for suffix in (".zip", ".egg", ".exe", ".rpm", ".whl", ""):
        filename_version(text + suffix, FOO)
        project_candidates(text + suffix)
    canonical_version(piece * 100_000)
    is_version(piece * 100_000)

    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    ("filename", "project"),
    [
        ("foo-1.0.tar.gz", "foo"),
        ("Foo.Bar-1.0-py3-none-any.whl", "foo-bar"),
        ("foo-bar-1.0.zip", "foo-bar"),
        ("foo-2004a.zip", "foo"),
        ("foo-1.0.txt", None),
        ("foo.tar.gz", None),
        ("foo-bar.tar.gz", None),
    ],
)
def test_archive_in_a_heap_has_its_likeliest_project(filename: str, project: str | None) -> None:
    """Where files lie side by side, the name alone tells; what is no archive is of none."""
    assert likely_project(filename) == project
    if project is not None:
        assert is_file_of(filename, ProjectName(project))
    assert not is_file_of(filename, ProjectName("fo"))


@pytest.mark.parametrize(
    ("text", "reads"), [("1.0", True), ("2004-x-y", False), ("2004a.x", True), ("bar-1.0", False)]
)
def test_version_may_be_historic_and_not_anything(text: str, *, reads: bool) -> None:
    """Else `foo-bar-1.0.zip` would be a file of `foo`."""
    assert reads_as_version(text) is reads


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        ("1.0", "final"),
        ("1.0.post1", "final"),
        ("1.0+local", "final"),
        ("1.0a1", "prerelease"),
        ("1.0rc1", "prerelease"),
        ("1.0.dev1", "development"),
        ("1.0rc1.dev1", "development"),
        ("1.0.post1.dev1", "development"),
        ("no version", "final"),
    ],
)
def test_kind_of_a_release_is_that_of_its_version(version: str, kind: str) -> None:
    """What is no version is never taken for something that may go. Source: PEP 440."""
    assert release_kind(version) == kind


@pytest.mark.parametrize(
    ("filename", "is_source"),
    [
        ("demo-1.0.tar.gz", True),
        ("demo-1.0.ZIP", True),
        ("demo-1.0.tar.Z", True),
        ("win32-1.0.zip", True),
        ("demo-1.0-py3-none-any.whl", False),
        ("demo-1.0-py2.7.egg", False),
        ("demo-1.0.win32-py2.7.exe", False),
        ("demo-1.0.linux-x86_64.tar.gz", False),
        ("demo-1.0.macosx-10.9-x86_64.zip", False),
        ("demo-1.0.win-amd64.zip", False),
        ("demo", False),
    ],
)
def test_source_archive_is_neither_wheel_nor_built_for_a_machine(
    filename: str, *, is_source: bool
) -> None:
    """What `bdist_dumb` wrote looks like one and is none."""
    assert is_source_archive(filename) is is_source
