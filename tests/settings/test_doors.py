"""Addresses as people write them, and the doors they mean."""

import pytest

from wheelyard.settings import DoorSettings, HiddenUrl, Secret, simple_url
from wheelyard.settings.doors import parse_doors


@pytest.mark.parametrize(
    ("written", "likeliest", "plain"),
    [
        ("https://a.example", "https://a.example/simple/", "https://a.example/"),
        ("https://a.example/", "https://a.example/simple/", "https://a.example/"),
        ("https://a.example/simple", "https://a.example/simple/", None),
        ("https://a.example/simple/", "https://a.example/simple/", None),
        ("https://a.example/root/dev/+simple", "https://a.example/root/dev/+simple/", None),
        ("https://a.example/team", "https://a.example/team/simple/", "https://a.example/team/"),
        ("https://simple", "https://simple/simple/", "https://simple/"),
        ("file:///srv/a%20b", "file:///srv/a%20b/simple/", "file:///srv/a%20b/"),
        ("file:///srv/simple", "file:///srv/simple/", None),
    ],
)
def test_address_means_an_index(written: str, likeliest: str, plain: str | None) -> None:
    """With or without `/simple` and the final slash; what is uncertain is kept beside it."""
    assert simple_url(written) == (likeliest, plain)


def test_doors_keep_their_order_and_share_credentials() -> None:
    """The first address is asked first; one secret is for all of them."""
    secret = Secret("user:password")

    doors = parse_doors([HiddenUrl("http://a/simple"), HiddenUrl("http://b/simple/")], secret)

    assert doors == (
        DoorSettings(url="http://a/simple/", credentials=secret),
        DoorSettings(url="http://b/simple/", credentials=secret),
    )


def test_credentials_in_an_address_belong_to_that_door_alone() -> None:
    """They win over the upstream's, leave the address, and go nowhere else."""
    urls = [HiddenUrl("http://us%40er:p%3Aw@a/simple/"), HiddenUrl("http://b/simple/")]

    first, second = parse_doors(urls, None)

    assert first == DoorSettings(url="http://a/simple/", credentials=Secret("us@er:p:w"))
    assert second.credentials is None


def test_user_alone_in_an_address_has_an_empty_password() -> None:
    """As pip has it: an index that takes tokens as user names gets what it gets from pip."""
    (door,) = parse_doors([HiddenUrl("https://token@a.example/simple/")], None)

    assert door.credentials == Secret("token:")
