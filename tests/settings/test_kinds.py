"""Each kind of value: what it takes, what it makes of it, and what it refuses."""

import contextlib
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.errors import BadInput
from wheelyard.settings import HiddenUrl, HookUrl, HostAddress, Secret, kinds
from wheelyard.settings.kinds import Kind, Place, choice, whole

ELSEWHERE = Place(
    Path("/base"),
    {
        "TOKEN": "user:password\n",
        "EMPTY": "\n",
        "HOOK": "https://u:p@hooks.example/key\n",
    },
)
IN_FILE = Place(Path("/base"), ELSEWHERE.environ, in_file=True)

EVERY_KIND = {
    name: kind for name in sorted(kinds.__all__) if isinstance(kind := getattr(kinds, name), Kind)
} | {"choice": choice("a", "b"), "whole": whole(1, 9)}


@pytest.mark.parametrize(
    ("kind", "value", "result"),
    [
        (kinds.TEXT, "", ""),
        (whole(0), 7, 7),
        (kinds.SECONDS, 7, 7.0),
        (kinds.SECONDS, 0.5, 0.5),
        (kinds.SIZE, 7, 7),
        (kinds.SIZE, "7", 7),
        (kinds.SIZE, "1.5 KiB", 1536),
        (kinds.SIZE, "20GB", 20_000_000_000),
        (kinds.SIZE, "2 m", 2_000_000),
        (kinds.SWITCH, True, True),
        (choice("text", "json"), "json", "json"),
        (
            kinds.NETWORKS,
            ["10.0.0.1", "fd00::/8"],
            (ip_network("10.0.0.1"), ip_network("fd00::/8")),
        ),
        (kinds.NETWORKS, ["10.1.2.3/8"], (ip_network("10.0.0.0/8"),)),
        (
            kinds.HOSTS,
            ["Files.Example", "*.cdn.example:8443"],
            ("files.example", "*.cdn.example:8443"),
        ),
        (
            kinds.ADDRESSES,
            ["Index.Example=203.0.113.7"],
            (HostAddress("index.example", ip_address("203.0.113.7")),),
        ),
        (kinds.URL, "", ""),
        (kinds.URL, "https://index.example/pypi/", "https://index.example/pypi"),
        (kinds.URLS, ["http://[::1]:80/"], (HiddenUrl("http://[::1]:80/"),)),
        (kinds.URLS, ["file:/srv/a b/"], (HiddenUrl("file:///srv/a%20b"),)),
        (kinds.PATH, "data", Path("/base/data")),
        (kinds.PATH, Path("/data"), Path("/data")),
        (kinds.DIRECTORY, "/data", Path("/data")),
        (kinds.ACCESS_LOG, "-", "-"),
        (kinds.ACCESS_LOG, "", ""),
        (kinds.ACCESS_LOG, "access.log", "/base/access.log"),
        (kinds.SECRET, "user:password", Secret("user:password")),
        (kinds.SECRET, {"env": "TOKEN"}, Secret("user:password")),
        (kinds.PROXY, "http://u:p@proxy.example", HiddenUrl("http://u:p@proxy.example")),
        (
            kinds.HOOKS,
            ["https://hooks.example/services/x?sig=y", {"env": "HOOK"}],
            (
                HookUrl("https://hooks.example/services/x?sig=y"),
                HookUrl("https://u:p@hooks.example/key"),
            ),
        ),
    ],
)
def test_value_becomes(kind: Kind, value: object, result: object) -> None:
    """What is usable is turned into the type that the program works with."""
    assert kind.read(value, ELSEWHERE) == result


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (kinds.TEXT, 1),
        (kinds.TEXT, "a\0b"),
        (whole(1, 9), 0),
        (whole(1, 9), 10),
        (whole(1, 9), 1.0),
        (whole(1, 9), True),
        (whole(1, 9), "5"),
        (kinds.SECONDS, -1),
        (kinds.SECONDS, float("inf")),
        (kinds.SECONDS, float("nan")),
        (kinds.SECONDS, True),
        (kinds.SECONDS, "5"),
        (kinds.SIZE, -1),
        (kinds.SIZE, 1.5),
        (kinds.SIZE, True),
        (kinds.SIZE, "much"),
        (kinds.SIZE, "5 XB"),
        (kinds.SWITCH, "true"),
        (kinds.SWITCH, 1),
        (choice("a"), "b"),
        (choice("a"), 1),
        (kinds.NETWORKS, "10.0.0.1"),
        (kinds.NETWORKS, ["everybody"]),
        (kinds.NETWORKS, [1]),
        (kinds.HOSTS, ["ftp://files.example"]),
        (kinds.HOSTS, ["a b"]),
        (kinds.URL, "index.example"),
        (kinds.URL, "ftp://index.example"),
        (kinds.URL, "https://"),
        (kinds.URL, "https://u:p@index.example"),
        (kinds.URL, "https://index.example/?a=b"),
        (kinds.URL, "https://index.example:99999"),
        (kinds.URL, "https://index.example:0"),
        (kinds.URL, "https://index.example/a b"),
        (kinds.URLS, "https://index.example"),
        (kinds.URLS, ["https://index.example/#a"]),
        (kinds.PATH, ""),
        (kinds.PATH, 1),
        (kinds.PATH, "~nobody-has-this-name/data"),
        (kinds.SECRET, 1),
        (kinds.SECRET, {"file": "a", "env": "b"}),
        (kinds.SECRET, {"value": "a"}),
        (kinds.PROXY, 1),
    ],
)
def test_value_is_refused(kind: Kind, value: object) -> None:
    """Nothing is guessed: a value of the wrong type is not converted."""
    with pytest.raises(BadInput) as caught:
        kind.read(value, ELSEWHERE)

    assert caught.value.problems == ("mismatch",)


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        (kinds.FILE, "missing.pem", "there is no file `/base/missing.pem`"),
        (kinds.SECRET, {"file": "missing"}, "the file `/base/missing` cannot be read"),
        (kinds.SECRET, {"env": "MISSING"}, "the environment has no variable `MISSING`"),
        (kinds.SECRET, {"env": "EMPTY"}, "the reference leads to an empty text"),
        (kinds.URLS, ["https://u:hunter2@index.example"], "it has a user or password in it"),
        (kinds.PROXY, "http://u:hunter2@proxy.example", "it has a user or password in it"),
    ],
)
def test_value_is_refused_with_a_reason(kind: Kind, value: object, reason: str) -> None:
    """Where the type is right, the reason is told, and never the secret."""
    with pytest.raises(BadInput) as caught:
        kind.read(value, IN_FILE)

    assert caught.value.problems[0] == "explained"
    assert caught.value.problems[1].startswith(reason)
    assert "hunter2" not in str(caught.value)


def test_secret_spelled_out_in_a_file_is_refused() -> None:
    """Configuration files end up in version control."""
    with pytest.raises(BadInput):
        kinds.SECRET.read("user:password", IN_FILE)


def test_secret_from_a_file_has_no_newline_at_its_end(tmp_path: Path) -> None:
    """Editors add one, and no password has one."""
    (tmp_path / "token").write_text("user:pass word\r\n", "utf-8")

    secret = kinds.SECRET.read({"file": "token"}, Place(tmp_path, {}, in_file=True))

    assert secret == Secret("user:pass word")


def test_secret_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """A key store is not a password."""
    (tmp_path / "token").write_bytes(b"\xff\xfe")

    with pytest.raises(BadInput, match="not UTF-8 text"):
        kinds.SECRET.read({"file": "token"}, Place(tmp_path, {}))


def test_path_of_an_existing_file_is_absolute(tmp_path: Path) -> None:
    """So that it holds wherever the program goes."""
    (tmp_path / "ca.pem").write_text("", "utf-8")

    assert kinds.FILE.read("ca.pem", Place(tmp_path, {})) == tmp_path / "ca.pem"


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (kinds.TEXT, "7", "7"),
        (whole(0), "7", 7),
        (whole(0), "x", "x"),
        (kinds.SECONDS, "0.5", 0.5),
        (kinds.SIZE, "1024", 1024),
        (kinds.SIZE, "1 GiB", "1 GiB"),
        (kinds.SWITCH, "Yes", True),
        (kinds.SWITCH, "off", False),
        (kinds.SWITCH, "maybe", "maybe"),
        (kinds.URLS, "http://a, http://b http://c", ["http://a", "http://b", "http://c"]),
        (kinds.URLS, '["http://a", "http://b,c"]', ["http://a", "http://b,c"]),
        (kinds.URLS, "[broken", "[broken"),
        (kinds.SECRET, "user:password", "user:password"),
        (kinds.SECRET, '{ env = "TOKEN" }', {"env": "TOKEN"}),
        (kinds.SECRET, "{starts-like-a-table", "{starts-like-a-table"),
    ],
)
def test_text_of_flags_and_variables_becomes(kind: Kind, text: str, value: object) -> None:
    """Text is read as TOML would have it; what cannot be is refused later, as it stands."""
    assert kind.from_text(text) == value


@given(
    kind=st.sampled_from([*EVERY_KIND.values()]),
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=5,
    ),
)
def test_any_value_is_read_or_refused(kind: Kind, value: object) -> None:
    """Whatever a file holds: never anything but a value or ``BadInput``."""
    with contextlib.suppress(BadInput):
        kind.read(value, IN_FILE)


@given(
    kind=st.sampled_from([*EVERY_KIND.values()]),
    text=st.text() | st.from_regex(r"https?://[ -~]{0,20}"),
)
def test_any_text_is_read_or_refused(kind: Kind, text: str) -> None:
    """Whatever an environment holds: never anything but a value or ``BadInput``."""
    with contextlib.suppress(BadInput):
        kind.read(kind.from_text(text), ELSEWHERE)
