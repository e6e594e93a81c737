"""Credentials are taken out of URLs and never shown."""

from pathlib import Path

import pytest

from wheelyard.settings import Secret
from wheelyard.transport.credentials import (
    Credentials,
    load_netrc,
    parse_credentials,
    split_credentials,
)


@pytest.mark.parametrize(
    ("url", "bare", "username", "password"),
    [
        ("https://u:p@index.example/simple/", "https://index.example/simple/", "u", "p"),
        ("https://u%40x:p%2F@index.example/", "https://index.example/", "u@x", "p/"),
        ("https://token@index.example/", "https://index.example/", "token", ""),
        ("https://u:p@x@index.example/", "https://index.example/", "u", "p@x"),
        ("http://u:p@[::1", "http://[::1", "u", "p"),
    ],
)
def test_user_information_is_split_from_the_url(
    url: str, bare: str, username: str, password: str
) -> None:
    """What is before the last "@" of the authority is a secret; the rest is a URL."""
    found, credentials = split_credentials(url)

    assert found == bare
    assert credentials == Credentials(username, Secret(password))


@pytest.mark.parametrize(
    "url", ["https://index.example/a@b", "https://index.example/?a=b@c", "/srv/a@b", ""]
)
def test_url_without_user_information_stays_as_it_is(url: str) -> None:
    """An "@" elsewhere is just a character."""
    assert split_credentials(url) == (url, None)


def test_empty_user_information_is_none() -> None:
    """A lone "@" is dropped."""
    assert split_credentials("https://@index.example/") == ("https://index.example/", None)


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("user:password", "Basic dXNlcjpwYXNzd29yZA=="),
        ("user:pass:word", "Basic dXNlcjpwYXNzOndvcmQ="),
        ("token:", "Basic dG9rZW46"),
        ("ü:ö", "Basic w7w6w7Y="),
        ("a-token", "Bearer a-token"),
    ],
)
def test_credentials_become_one_header(text: str, header: str) -> None:
    """A pair is Basic in UTF-8, a token alone is Bearer."""
    assert parse_credentials(Secret(text)).header() == header


def test_credentials_do_not_print() -> None:
    """Neither the user name, which is often a token, nor the password shows."""
    credentials = Credentials("name-4711", Secret("word-0815"))

    shown = f"{credentials} {credentials!r} {credentials!s} {[credentials]}"

    assert "4711" not in shown
    assert "0815" not in shown


def test_netrc_has_credentials_for_its_host(tmp_path: Path) -> None:
    """A machine's entry counts for that machine."""
    path = tmp_path / "netrc"
    path.write_text("machine index.example login user password word\n", encoding="utf-8")

    assert load_netrc(path, "index.example") == Credentials("user", Secret("word"))
    assert load_netrc(path, "other.example") is None


def test_netrc_that_is_missing_is_no_netrc(tmp_path: Path) -> None:
    """Most machines have none."""
    assert load_netrc(tmp_path / "netrc", "index.example") is None


def test_netrc_that_is_broken_is_passed_over_without_quoting_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As pip does; the log names the file, and nothing of what is in it."""
    path = tmp_path / "netrc"
    path.write_text("machine index.example password word-0815 nonsense\n", encoding="utf-8")

    assert load_netrc(path, "index.example") is None
    assert str(path) in caplog.text
    assert "0815" not in caplog.text
    assert "nonsense" not in caplog.text
