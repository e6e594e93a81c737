"""T38: who may say in a header who the user is."""

from ipaddress import IPv4Network, IPv6Network

import pytest

from wheelyard.access.proxy import proxy_user

TRUSTED = (IPv4Network("10.0.0.0/24"), IPv6Network("::1/128"))
PROXY = "10.0.0.7"


def user_of(*headers: tuple[bytes, bytes], peer: str = PROXY, method: str = "GET") -> str | None:
    """Return the user of a request, where `X-Remote-User` is the header."""
    return proxy_user(method, headers, peer, "X-Remote-User", TRUSTED)


def test_trusted_proxy_names_the_user() -> None:
    """As it spells the name; white space round it is none of it."""
    assert user_of((b"x-remote-user", b" Alice ")) == "Alice"
    assert user_of((b"x-remote-user", b"alice"), peer="::1") == "alice"


@pytest.mark.parametrize("peer", ["10.0.1.7", "127.0.0.1", "192.0.2.1", "", "unix", "::2"])
def test_t38_nobody_else_does(peer: str) -> None:
    """The header of a client that comes directly is ignored, not believed."""
    assert user_of((b"x-remote-user", b"root"), peer=peer) is None


@pytest.mark.parametrize(
    "header", [b"x-forwarded-for", b"x-real-ip", b"forwarded", b"client-ip", b"x-forwarded-user"]
)
def test_t38_no_other_header_makes_a_proxy_or_a_user(header: bytes) -> None:
    """The address of the connection is the only one that counts."""
    headers = ((header, b"10.0.0.7"), (b"x-remote-user", b"root"))

    assert user_of(*headers, peer="192.0.2.1") is None
    assert user_of((header, b"root")) is None


@pytest.mark.parametrize(
    "headers",
    [
        (),
        ((b"x-remote-user", b""),),
        ((b"x-remote-user", b"  "),),
        ((b"x-remote-user", b"alice"), (b"x-remote-user", b"root")),
        ((b"x-remote-user", b"alice"), (b"x-remote-user", b"alice")),
        ((b"x_remote_user", b"root"),),
    ],
    ids=["none", "empty", "blank", "two", "the-same-twice", "underscores"],
)
def test_header_that_names_nobody_for_sure_is_nobody(headers: tuple[tuple[bytes, bytes]]) -> None:
    """A proxy that appends instead of replacing lets the client's own through."""
    assert user_of(*headers) is None


def test_without_the_setting_no_header_counts() -> None:
    """Nothing is believed by default, of whoever."""
    headers = [(b"", b"root"), (b"x-remote-user", b"root"), (b"remote-user", b"root")]

    assert proxy_user("GET", headers, PROXY, "", TRUSTED) is None
    assert proxy_user("GET", headers, PROXY, "X-Remote-User", ()) is None


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        (None, True),
        ((b"sec-fetch-site", b"same-origin"), True),
        ((b"sec-fetch-site", b"none"), True),
        ((b"sec-fetch-site", b"same-site"), False),
        ((b"sec-fetch-site", b"cross-site"), False),
        ((b"origin", b"https://evil.example"), False),
        ((b"origin", b"null"), False),
    ],
    ids=str,
)
def test_page_of_another_site_changes_nothing_in_the_name_of_a_user(
    header: tuple[bytes, bytes] | None, *, taken: bool
) -> None:
    """A browser that is signed in at the proxy can be made to send an upload."""
    headers = [(b"x-remote-user", b"alice"), *([header] if header else [])]

    assert (user_of(*headers, method="POST") == "alice") is taken
    assert user_of(*headers, method="GET") == "alice"
