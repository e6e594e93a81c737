"""Settings of a redirector: addresses that become part of every answer."""

from pathlib import Path

import pytest

from wheelyard.errors import ConfigError
from wheelyard.settings import RedirectSettings, load_settings


def read(folder: Path, text: str) -> RedirectSettings:
    """Return the section of a configuration file."""
    folder.joinpath("wheelyard.toml").write_text(f"[redirect]\n{text}", "utf-8")
    return load_settings({}, {}, folder).redirect


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("https://files.example", "https://files.example"),
        ("https://files.example/", "https://files.example"),
        ("https://files.example/simple", "https://files.example"),
        ("https://files.example/a/b/simple/", "https://files.example/a/b"),
        ("http://127.0.0.1:8080/a", "http://127.0.0.1:8080/a"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_address_may_end_as_people_write_it(tmp_path: Path, written: str, expected: str) -> None:
    """With and without the final slash, and what indexes are mostly called by."""
    assert read(tmp_path, f'static = ["{written}"]').static == (expected,)


@pytest.mark.parametrize(
    "written",
    [
        *("files.example", "ftp://files.example", "file:///srv", "http://", "http://a:0/"),
        *("https://a.example/?x", "https://a.example/#x", "https://a.example/%2e%2e"),
        *("https://a.example/../b", "https://a.example//b", "https://a.example/a b"),
        *("https://a.example/$1", "https://a.example/{x}", "https://a.example/;x"),
        *("https://a_.example\\\\b", "https://a.example:x/", "https://ä.example"),
    ],
)
def test_address_that_could_be_read_in_two_ways_is_refused(tmp_path: Path, written: str) -> None:
    """It is written into answers, and into the configuration of other programs."""
    with pytest.raises(ConfigError, match=r"redirect\.static.*https://files\.example/index"):
        read(tmp_path, f'static = ["{written}"]')


def test_password_in_an_address_is_refused_and_not_repeated(tmp_path: Path) -> None:
    """Every client would be given it."""
    with pytest.raises(ConfigError, match="every client would be given") as caught:
        read(tmp_path, 'dynamic = ["https://ann:hush@index.example"]')

    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        'static = ["https://a.example", "https://a.example/simple/"]',
        "static = [1]",
        'static = "https://a.example"',
        'indexes = ["Acme"]',
        'indexes = ["a", "a"]',
        "check_seconds = 0",
        "check_timeout_seconds = 0.01",
        "rise = 0",
        "fall = 1.5",
    ],
)
def test_other_values_are_refused(tmp_path: Path, text: str) -> None:
    """With the name of the key."""
    with pytest.raises(ConfigError, match=text.partition(" ")[0]):
        read(tmp_path, text)


def test_index_for_members_is_not_redirected(tmp_path: Path) -> None:
    """A-76: clients show their credentials to the host that they were given for, and no other."""
    members = '\n[index.acme]\nread = "members"\n'
    text = f'static = ["https://a.example"]\nindexes = ["acme"]\n{members}'

    with pytest.raises(ConfigError, match="only members may read"):
        read(tmp_path, text)

    assert read(tmp_path, f"{members}").indexes == ()
