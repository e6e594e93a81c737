"""What a ``User-Agent`` says: of each program that takes files, and of nobody in particular."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard import __version__
from wheelyard.wire.user_agents import FAMILIES, MIRRORS, UNKNOWN, Client, parse_user_agent

PIP = (
    'pip/24.0 {"ci":true,"cpu":"x86_64","distro":{"id":"bookworm","libc":{"lib":"glibc",'
    '"version":"2.36"},"name":"Debian GNU/Linux","version":"12"},"implementation":{"name":'
    '"CPython","version":"3.11.2"},"installer":{"name":"pip","version":"24.0"},"openssl_version":'
    '"OpenSSL 3.0.11 19 Sep 2023","python":"3.11.2","setuptools_version":"66.1.1","system":{"name":'
    '"Linux","release":"6.1.0-18-amd64"}}'
)
UV = (
    'uv/0.8.3 {"installer":{"name":"uv","version":"0.8.3","subcommand":["pip","install"]},'
    '"python":"3.12.4","implementation":{"name":"CPython","version":"3.12.4"},"distro":null,'
    '"system":{"name":"Darwin","release":"23.5.0"},"cpu":"arm64","ci":null}'
)
HATCH = (
    'Hatch/1.15.0 {"ci":null,"implementation":{"name":"PyPy","version":"7.3.15"},"installer":'
    '{"name":"hatch","version":"1.15.0"},"python":"3.10.14","system":{"name":"Windows",'
    '"release":"2022Server"}} HTTPX/0.27.0'
)


@pytest.mark.parametrize(
    ("text", "family", "python", "system"),
    [
        (PIP, "pip", "3.11", "Linux"),
        (UV, "uv", "3.12", "Darwin"),
        (HATCH, "hatch", "3.10", "Windows"),
        ("pip/1.5.6 CPython/2.7.6 Linux/3.13.0-24-generic", "pip", "2.7", "Linux"),
        ("pip/1.5.6 PyPy/2.3.1 Darwin/13.3.0", "pip", "", "Darwin"),
        ("pip/1.5.6 Unknown/Unknown Unknown/Unknown", "pip", "", ""),
        ("pip/24.0", "pip", "", ""),
        ("uv", "uv", "", ""),
        ("poetry/1.8.2 CPython/3.10.12 Linux/5.15.0", "poetry", "3.10", "Linux"),
        ("pdm/2.15.0 CPython/3.12.3", "pdm", "3.12", ""),
        ("pipenv/2023.1 CPython/3.8.1", "pipenv", "3.8", ""),
        ("pex/2.1.148", "pex", "", ""),
        (
            "conda/24.1.2 requests/2.31.0 CPython/3.11.8 Linux/6.5.0 ubuntu/22.04",
            *("conda", "3.11", "Linux"),
        ),
        ("Bazel/release 7.1.0", "Bazel", "", ""),
        ("Python-urllib/2.7 distribute/0.6.49", "distribute", "2.7", ""),
        ("Python-urllib/2.7 setuptools/0.6c11", "setuptools", "2.7", ""),
        ("setuptools/68.2.2 Python-urllib/3.11", "setuptools", "3.11", ""),
        ("Python-urllib/3.8", "Python-urllib", "3.8", ""),
        ("python-requests/2.31.0", "requests", "", ""),
        ("python-httpx/0.27.0", "httpx", "", ""),
        ("Python/3.12 aiohttp/3.9.5", "aiohttp", "3.12", ""),
        ("twine/5.1.0 importlib-metadata/7.1.0 CPython/3.11.2", "twine", "3.11", ""),
        ("maturin/1.5.1", "maturin", "", ""),
        ("Homebrew/4.2.17 (Macintosh; Intel Mac OS X 14.4) curl/8.4.0", "Homebrew", "", "Darwin"),
        ("curl/8.5.0", "OS", "", ""),
        ("Wget/1.21.3", "OS", "", ""),
        ("Debian APT-HTTP/1.3 (2.6.1)", "OS", "", ""),
        ("fetch libfetch/2.0", "OS", "", ""),
        ("OpenBSD ftp", "OS", "", "OpenBSD"),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
            *("Browser", "", "Linux"),
        ),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/124.0", "Browser", "", "Windows"),
        ("Mozilla/5.0 (Linux; Android 14; Nexus 5) Chrome/124.0", "Browser", "", "Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X)", "Browser", "", "iOS"),
        ("Go-http-client/2.0", "other", "", ""),
        ("notpip/24.0", "other", "", ""),
        ("pip-audit-of-mine/1.0", "other", "", ""),
        ('café "quoted"', "other", "", ""),
        ("", "other", "", ""),
        ("-", "other", "", ""),
    ],
)
def test_program_is_told_with_its_python_and_system(
    text: str, family: str, python: str, system: str
) -> None:
    """F-15: every family of PyPI's own counts; what a program does not say is not made up."""
    found = parse_user_agent(text)

    assert (found.family, found.python, found.system) == (family, python, system)
    assert not found.is_mirror


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("bandersnatch/6.5.0 (cpython 3.12.1-final0, Linux x86_64)", "bandersnatch"),
        ("bandersnatch/8.0.0", "bandersnatch"),
        ("z3c.pypimirror/1.0.16", "z3c.pypimirror"),
        ("pep381client/1.5", "pep381client"),
        ("pep381client-proxy/1.5", "pep381client"),
        ("devpi-server/6.10.0 (py3.11.2; linux)", "devpi"),
        ("Artifactory/7.77.5 77705900", "Artifactory"),
        ("Nexus/3.68.1-02 (OSS; Linux; 5.15.0; amd64; 1.8.0_402)", "Nexus"),
        ("proxpi/1.2.0", "proxpi"),
        ("pulpcore/3.49.6 (cpython 3.9.18-final0, Linux x86_64)", "pulp"),
        (f"wheelyard/{__version__} (+https://packages.example)", "Wheelyard"),
    ],
)
def test_mirror_is_told_from_installs(text: str, family: str) -> None:
    """What it runs on says nothing of those who install."""
    assert parse_user_agent(text) == Client(family, is_mirror=True)
    assert family in MIRRORS


def test_ci_is_what_says_so() -> None:
    """By `true`; elsewhere it is `null`."""
    assert parse_user_agent(PIP).is_ci
    assert not parse_user_agent(UV).is_ci


def test_text_that_was_cut_off_says_what_is_left() -> None:
    """Of what was kept in earlier versions: 512 characters, or the first word."""
    assert parse_user_agent(PIP[:360]) == Client("pip", "3.11", "", is_ci=True)
    assert parse_user_agent(PIP.partition(" ")[0]) == Client("pip")


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        ("Linux", "Linux"),
        ("CYGWIN_NT-10.0", "Windows"),
        ("MINGW64_NT-10.0-19045", "Windows"),
        ("FreeBSD", "FreeBSD"),
        ("TempleOS", "other"),
        ("x" * 500, ""),
    ],
)
def test_systems_are_few(system: str, expected: str) -> None:
    """One that few have is `other`; the name itself is not kept."""
    text = f'pip/24.0 {{"system":{{"name":"{system}"}}}}'

    assert parse_user_agent(text).system == expected


@pytest.mark.parametrize("said", ["0.1", "9.9", "3.1234", "three", "../../etc", "3"])
def test_python_that_is_none_is_left_out(said: str) -> None:
    """Only what can be a version of Python comes out."""
    assert parse_user_agent(f'pip/24.0 {{"python":"{said}"}}').python == ""
    assert parse_user_agent(f"pip/1.5 CPython/{said}").python == ""


def test_what_is_inside_a_text_is_not_taken_for_what_is_said() -> None:
    """`PIP_USER_AGENT_USER_DATA` is a text of the user's own."""
    text = r'pip/24.0 {"user_data":"{\"python\":\"2.7\"}","python":"3.13.0"}'

    assert parse_user_agent(text).python == "3.13"


@given(st.text() | st.from_regex(r"pip/[0-9.]+ \{.*\}") | st.text("{}\"':,/ ()python3.system"))
def test_whatever_is_sent_few_things_come_out(text: str) -> None:
    """Nobody fills a table with names."""
    found = parse_user_agent(text)

    assert found.family in {*FAMILIES, UNKNOWN.family}
    assert re.fullmatch(r"(?:[1-4]\.[0-9]{1,2})?", found.python)
    assert len(found.system) <= 10


@pytest.mark.parametrize(
    "text",
    [
        "pip/24.0 " + "{" * 1_000_000,
        "pip/24.0 {" + '"system":{' * 100_000,
        "pip/24.0 {" + '"python" : ' * 100_000,
        "a/" * 500_000,
        " " * 1_000_000,
        "(" * 1_000_000,
    ],
)
def test_hostile_text_takes_no_time(text: str) -> None:
    """T27: in proportion to what is looked at, which is little."""
    start = time.process_time()

    parse_user_agent(text)

    assert time.process_time() - start < 10
