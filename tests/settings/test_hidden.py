"""Secrets can be used and never seen."""

import copy
import pickle

import pytest

from wheelyard.settings import HiddenUrl, HookUrl, Secret, hide_url


@pytest.mark.parametrize("show", [str, repr, "{}".format, "{!r:>40}".format], ids=range(4))
def test_secret_shown_in_any_way_is_masked(show: object) -> None:
    """Nothing that makes text out of a secret shows a character of it."""
    assert callable(show)
    assert "hunter2" not in show(Secret("hunter2"))


def test_secret_revealed_is_what_was_put_in() -> None:
    """The one verb that gives it out has a telling name."""
    assert Secret("hunter2").reveal() == "hunter2"


def test_secrets_are_equal_by_content_and_kind() -> None:
    """Records with secrets can be compared, and a URL is never taken for a password."""
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != HiddenUrl("a")
    assert hash(Secret("a")) == hash(Secret("a"))


def test_secret_travels_to_another_process() -> None:
    """Settings are handed to spawned workers."""
    travelled = pickle.loads(pickle.dumps(Secret("a")))  # noqa: S301 - our own bytes

    assert travelled == Secret("a")
    assert copy.deepcopy(HiddenUrl("http://a")) == HiddenUrl("http://a")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://index.example/simple/", "https://index.example/simple/"),
        ("https://user:pass@index.example:8443/", "https://***@index.example:8443/"),
        ("https://token@index.example/", "https://***@index.example/"),
        ("https://a@b@index.example/", "https://***@index.example/"),
        ("https://files.example/a?X-Signature=abc", "https://files.example/a?***"),
        ("https://files.example/a#sha256=abc", "https://files.example/a"),
        ("http://[::1/", "***"),
    ],
)
def test_url_is_shown_without_credentials_and_query(url: str, shown: str) -> None:
    """Users, passwords and signatures are masked; what helps to find the server is not."""
    assert hide_url(url) == shown
    assert str(HiddenUrl(url)) == shown
    assert repr(HiddenUrl(url)) == f"HiddenUrl({shown!r})"


@pytest.mark.parametrize("show", [str, repr, "{}".format], ids=range(3))
def test_webhook_shows_its_host_alone(show: object) -> None:
    """Its path is often the only key to it."""
    assert callable(show)
    shown = show(HookUrl("https://user:hunter2@hooks.example:8443/services/T0/hunter2?sig=hunter2"))

    assert "https://hooks.example:8443" in shown
    assert "hunter2" not in shown
    assert "services" not in shown
