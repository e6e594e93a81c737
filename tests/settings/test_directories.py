"""Addresses of directories: one spelling for each, and a sentence for what is none."""

from pathlib import Path

import pytest

from wheelyard.errors import BadInput
from wheelyard.settings import directory_of, is_directory_url
from wheelyard.settings.directories import parse_directory_url


@pytest.mark.parametrize(
    ("written", "url", "path"),
    [
        ("file:///srv/wheels", "file:///srv/wheels", "/srv/wheels"),
        ("file:///srv/wheels/", "file:///srv/wheels", "/srv/wheels"),
        ("file:/srv/wheels", "file:///srv/wheels", "/srv/wheels"),
        ("FILE://LocalHost/srv/wheels", "file:///srv/wheels", "/srv/wheels"),
        ("file:////srv//./x/../wheels", "file:///srv/wheels", "/srv/wheels"),
        ("file:///srv/our wheels", "file:///srv/our%20wheels", "/srv/our wheels"),
        ("file:///srv/our%20wheels%3F", "file:///srv/our%20wheels%3F", "/srv/our wheels?"),
        ("file:///", "file:///", "/"),
    ],
)
def test_directory_has_one_spelling(written: str, url: str, path: str) -> None:
    """However it is written, the address is compared and recorded in one form."""
    parsed = parse_directory_url(written)

    assert parsed == url
    assert directory_of(parsed) == Path(path)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("file:wheels", "names no absolute directory"),
        ("file://wheels/linux", "names no absolute directory"),
        ("file:", "names no absolute directory"),
        ("file:///a%00b", "names no absolute directory"),
        ("file:///a%FF", "is not an address of a directory"),
        ("file://[/a", "is not an address of a directory"),
        ("file:///a?b", "write `%3F` and `%23`"),
        ("file:///a#b", "write `%3F` and `%23`"),
    ],
)
def test_what_is_no_absolute_directory_is_refused(written: str, reason: str) -> None:
    """A relative address would mean something else in every working directory."""
    with pytest.raises(BadInput) as caught:
        parse_directory_url(written)

    assert caught.value.problems[0] == "explained"
    assert reason in caught.value.problems[1]


@pytest.mark.parametrize(
    ("url", "is_one"),
    [
        ("file:///a", True),
        (" FILE:/a", True),
        ("https://file.example/", False),
        ("files.example", False),
    ],
)
def test_scheme_tells_a_directory_from_a_host(url: str, *, is_one: bool) -> None:
    """Only `file:` is one."""
    assert is_directory_url(url) is is_one
