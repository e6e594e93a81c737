"""pip's configuration is read as pip reads it, from a machine made of a few strings."""

import os
from pathlib import Path

import pytest

from wheelyard.errors import ConfigError
from wheelyard.settings import Secret
from wheelyard.transport.credentials import Credentials
from wheelyard.transport.pip_settings import (
    Machine,
    PipSettings,
    load_pip_settings,
    pip_configuration_files,
)
from wheelyard.transport.proxies import Proxy

HOME = Path("/users-of-this/somebody")
PREFIX = Path("/opt/python")

XDG = "/etc/xdg/pip/pip.conf"
ETC = "/etc/pip.conf"
LEGACY = "/users-of-this/somebody/.pip/pip.conf"
USER = "/users-of-this/somebody/.config/pip/pip.conf"
SITE = "/opt/python/pip.conf"
EVERYWHERE = [XDG, ETC, LEGACY, USER, SITE]


def machine(
    files: dict[str, str] | None = None,
    environment: dict[str, str] | None = None,
    *,
    platform: str = "linux",
    directories: tuple[str, ...] = (),
) -> Machine:
    """Return a machine with just these files and variables."""
    contents = {Path(path): text.encode() for path, text in (files or {}).items()}
    return Machine(
        environment=environment or {},
        home=HOME,
        prefix=PREFIX,
        platform=platform,
        read_bytes=contents.get,
        is_directory=lambda path: str(path) in directories,
    )


def conf(url: str, section: str = "global") -> str:
    """Return a file that names an index."""
    return f"[{section}]\nindex-url = {url}\n"


def test_machine_without_configuration_says_nothing() -> None:
    """Then pip uses PyPI, and so do we."""
    assert load_pip_settings(machine()) == PipSettings()


@pytest.mark.parametrize("weaker", range(len(EVERYWHERE)))
def test_later_file_wins(weaker: int) -> None:
    """Each place overrides all that come before it."""
    files = {
        path: conf(f"https://index.example/{place}/")
        for place, path in enumerate(EVERYWHERE[: weaker + 1])
    }

    settings = load_pip_settings(machine(files))

    assert settings.index_url == f"https://index.example/{weaker}/"


def test_section_of_the_command_wins_over_global_of_a_stronger_file() -> None:
    """Pip merges files first, then sections."""
    files = {
        ETC: conf("https://index.example/install/", "install"),
        SITE: conf("https://index.example/global/"),
    }

    assert load_pip_settings(machine(files)).index_url == "https://index.example/install/"


def test_variable_wins_over_files() -> None:
    """The environment is strongest."""
    files = {SITE: conf("https://index.example/site/", "install")}
    environment = {"PIP_INDEX_URL": "https://index.example/variable/"}

    settings = load_pip_settings(machine(files, environment))

    assert settings.index_url == "https://index.example/variable/"


def test_empty_variable_is_no_variable() -> None:
    """An empty value does not hide the file."""
    files = {SITE: conf("https://index.example/site/")}

    settings = load_pip_settings(machine(files, {"PIP_INDEX_URL": ""}))

    assert settings.index_url == "https://index.example/site/"


def test_other_sections_do_not_count() -> None:
    """What another command of pip uses is not how it installs."""
    files = {SITE: conf("https://index.example/search/", "search")}

    assert load_pip_settings(machine(files)).index_url is None


@pytest.mark.parametrize(
    "line",
    ["index-url", "index_url", "INDEX-URL", "--index-url", "pypi-url"],
)
def test_option_has_many_spellings(line: str) -> None:
    """Pip knows them all as one."""
    files = {SITE: f"[global]\n{line} = https://index.example/\n"}

    assert load_pip_settings(machine(files)).index_url == "https://index.example/"


def test_named_file_replaces_the_files_of_the_user() -> None:
    """PIP_CONFIG_FILE is strongest of all files."""
    files = dict.fromkeys([*EVERYWHERE, "/named.conf"], "")

    found = pip_configuration_files(machine(files, {"PIP_CONFIG_FILE": "/named.conf"}))

    assert [str(path) for path in found] == [XDG, ETC, SITE, "/named.conf"]


def test_named_file_that_is_missing_leaves_the_files_of_the_user() -> None:
    """As pip has it."""
    found = pip_configuration_files(machine({}, {"PIP_CONFIG_FILE": "/named.conf"}))

    assert [str(path) for path in found] == [*EVERYWHERE, "/named.conf"]


def test_null_device_switches_all_files_off() -> None:
    """The variables still count."""
    files = dict.fromkeys(EVERYWHERE, conf("https://index.example/file/"))
    environment = {"PIP_CONFIG_FILE": os.devnull, "PIP_CERT": "/a.pem"}

    settings = load_pip_settings(machine(files, environment))

    assert settings == PipSettings(cert=Path("/a.pem"))


def test_directories_of_the_desktop_standard_are_obeyed() -> None:
    """Both variables move their files."""
    environment = {"XDG_CONFIG_DIRS": "/a:/b", "XDG_CONFIG_HOME": "/c"}

    found = pip_configuration_files(machine({}, environment))

    assert [str(path) for path in found] == [
        "/a/pip/pip.conf",
        "/b/pip/pip.conf",
        ETC,
        LEGACY,
        "/c/pip/pip.conf",
        SITE,
    ]


@pytest.mark.parametrize(
    ("directories", "user"),
    [
        ((), USER),
        (
            (f"{HOME}/Library/Application Support/pip",),
            f"{HOME}/Library/Application Support/pip/pip.conf",
        ),
    ],
)
def test_files_of_a_mac_are_elsewhere(directories: tuple[str, ...], user: str) -> None:
    """The directory of the user counts only if it is there."""
    found = pip_configuration_files(machine(platform="darwin", directories=directories))

    assert [str(path) for path in found] == [
        "/Library/Application Support/pip/pip.conf",
        LEGACY,
        user,
        SITE,
    ]


def test_everything_that_makes_a_door_is_taken_over() -> None:
    """URL, credentials, certificates, proxy, patience."""
    files = {
        USER: "[global]\n"
        "index-url = https://user:word-0815@index.example/simple/\n"
        "cert = ~/authority.pem\n"
        "client-cert = /client.pem\n"
        "proxy = http://us:word-4711@proxy.example:3128\n"
        "timeout = 60\n"
    }

    settings = load_pip_settings(machine(files))

    assert settings == PipSettings(
        index_url="https://index.example/simple/",
        credentials=Credentials("user", Secret("word-0815")),
        cert=HOME / "authority.pem",
        client_cert=Path("/client.pem"),
        proxy=Proxy("http://proxy.example:3128", Credentials("us", Secret("word-4711"))),
        timeout_seconds=60.0,
    )
    assert "0815" not in repr(settings)
    assert "4711" not in repr(settings)


@pytest.mark.parametrize(
    ("environment", "cert"),
    [
        ({"REQUESTS_CA_BUNDLE": "/requests.pem"}, "/requests.pem"),
        ({"CURL_CA_BUNDLE": "/curl.pem"}, "/curl.pem"),
        ({"REQUESTS_CA_BUNDLE": "/requests.pem", "CURL_CA_BUNDLE": "/curl.pem"}, "/requests.pem"),
        ({"REQUESTS_CA_BUNDLE": "/requests.pem", "PIP_CERT": "/pip.pem"}, "/pip.pem"),
    ],
)
def test_authorities_of_the_http_library_count_too(environment: dict[str, str], cert: str) -> None:
    """Pip's own option is the strongest."""
    assert load_pip_settings(machine({}, environment)).cert == Path(cert)


def test_what_is_no_door_is_one_warning_each() -> None:
    """The operator reads what was left out and what to do, and no password."""
    files = {
        ETC: "[global]\n"
        "extra-index-url =\n"
        "    https://user:word-0815@a.example/simple/\n"
        "    https://b.example/simple/?word-0815\n"
        "find-links = /opt/wheels https://c.example/links/\n"
        "trusted-host = index.example\n"
    }

    settings = load_pip_settings(machine(files))

    extra, links, trusted = settings.warnings
    assert "`https://a.example/simple/`, `https://b.example/simple/?...`" in extra
    assert "`--upstream`" in extra
    assert "`/opt/wheels`, `https://c.example/links/`" in links
    assert "is not looked at" in links
    assert "`index.example`" in trusted
    assert "`[upstream.NAME] ca`" in trusted
    assert "0815" not in repr(settings)
    assert settings.extra_index_urls[0] == "https://a.example/simple/"
    assert settings.find_links == ("/opt/wheels", "https://c.example/links/")


@pytest.mark.parametrize("url", ["file:///opt/simple", "/opt/simple", "git+https://index.example/"])
def test_index_that_is_not_http_is_a_warning(url: str) -> None:
    """A directory cannot be asked over HTTP."""
    settings = load_pip_settings(machine({}, {"PIP_INDEX_URL": url}))

    assert settings.index_url is None
    assert len(settings.warnings) == 1
    assert "is not an HTTP URL" in settings.warnings[0]


def test_no_index_is_a_warning() -> None:
    """An index that asks nobody would have nothing to serve."""
    environment = {"PIP_NO_INDEX": "1", "PIP_INDEX_URL": "https://u:word-0815@index.example/"}

    settings = load_pip_settings(machine({}, environment))

    assert settings.index_url is None
    assert settings.credentials is None
    assert settings.no_index
    assert "`--upstream URL`" in settings.warnings[0]


def test_timeout_that_is_no_number_is_passed_over() -> None:
    """It would have been for pip."""
    assert load_pip_settings(machine({}, {"PIP_TIMEOUT": "soon"})).timeout_seconds is None


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ("index-url = https://user:word-0815@index.example/\n", ", line 1"),
        ("[global]\nno equals sign word-0815\n", ", line 2"),
        ("[global]\nproxy = a\nproxy = word-0815\n", ", line 3"),
        ("[global]\n[global]\n", ", line 2"),
    ],
)
def test_file_that_cannot_be_parsed_is_named_and_not_quoted(content: str, place: str) -> None:
    """The line may have a password, so only its number is told."""
    with pytest.raises(ConfigError, match=r"`/etc/pip\.conf`") as caught:
        load_pip_settings(machine({ETC: content}))

    assert place in str(caught.value)
    assert "0815" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_file_that_is_no_text_is_named() -> None:
    """Pip refuses it too."""
    odd = Machine(environment={}, home=HOME, prefix=PREFIX, read_bytes=lambda _: b"\xff\xfe")

    with pytest.raises(ConfigError, match="UnicodeDecodeError"):
        load_pip_settings(odd)


def test_real_machine_can_be_read(tmp_path: Path) -> None:
    """The defaults look at this machine; files that nobody may read are passed over."""
    user = tmp_path / ".config" / "pip"
    user.mkdir(parents=True)
    (user / "pip.conf").write_text(conf("https://index.example/"), encoding="utf-8")
    (tmp_path / "pip.conf").mkdir()

    here = Machine(environment={"XDG_CONFIG_DIRS": str(tmp_path)}, home=tmp_path, prefix=tmp_path)

    assert load_pip_settings(here).index_url == "https://index.example/"
