"""What took a file: the program, the Python it is for, and the system, told from a ``User-Agent``.

Pure, and in time proportional to what is looked at, which is the beginning of the header. Whatever
a client sends, few different things come out: a family of the list below or ``other``, a Python
as ``3.11``, a system of a short list. So counts can be grouped by them, and nobody fills a table
with names.

Rules for changing the list: a family is told by the product that comes first, in small letters; a
program that copies an index, or fetches for others and keeps what it fetched, is a mirror, because
what it takes is no install. Source: RFC 9110, 10.1.5; the families of PyPI's own counts; pip
(``network/session.py``), uv and Hatch for what stands in braces.
"""

import re
from typing import Final

import msgspec

__all__ = ["FAMILIES", "MIRRORS", "UNKNOWN", "Client", "parse_user_agent"]

MAX_CHARACTERS: Final = 2_048
_MOST_WORDS: Final = 48


_OTHER: Final = "other"
"""A family, or a system, that is none of those below."""


class Client(msgspec.Struct, frozen=True):
    """What a ``User-Agent`` says; empty is what it does not say.

    ``python`` is major and minor, such as ``3.11``; ``system`` as Python's ``platform.system()``
    has it. ``is_mirror``: it fetches for others, so that its own Python and system are left out.
    ``is_ci``: it says that it runs in CI.
    """

    family: str = _OTHER
    python: str = ""
    system: str = ""
    is_mirror: bool = False
    is_ci: bool = False


UNKNOWN: Final = Client()
"""Nothing is known of it."""

MIRRORS: Final = frozenset(
    {
        *("bandersnatch", "z3c.pypimirror", "pep381client", "pulp"),
        *("devpi", "Artifactory", "Nexus", "proxpi", "Wheelyard"),
    }
)
"""The families that fetch for others."""

_PRODUCTS: Final = {
    **{
        name: name
        for name in (
            *("pip", "uv", "poetry", "pdm", "pipenv", "hatch", "pex", "conda", "pixi", "rye"),
            *("distribute", "setuptools", "twine", "flit", "maturin", "unearth", "micropip"),
            *("bandersnatch", "z3c.pypimirror", "pep381client", "proxpi"),
        )
    },
    "pip-tools": "pip",
    "mamba": "conda",
    "micromamba": "conda",
    "bazel": "Bazel",
    "homebrew": "Homebrew",
    "python-urllib": "Python-urllib",
    "python-requests": "requests",
    "python-httpx": "httpx",
    "python-urllib3": "urllib3",
    "aiohttp": "aiohttp",
    "pep381client-proxy": "pep381client",
    "devpi-server": "devpi",
    "devpi": "devpi",
    "artifactory": "Artifactory",
    "nexus": "Nexus",
    "pulp": "pulp",
    "pulpcore": "pulp",
    "pulp_python": "pulp",
    "wheelyard": "Wheelyard",
    **dict.fromkeys(
        (
            *("curl", "wget", "wget2", "aria2", "axel", "libfetch", "fetch", "openbsd", "debian"),
            *("apt", "apt-http", "netbsd-ftp", "macports", "slapt-get", "pypi-install", "ptxdist"),
            *("slackrepo", "garstow", "xbps", "libdnf", "dnf", "portage", "pacman", "nix", "guix"),
        ),
        "OS",
    ),
    **dict.fromkeys(
        (
            *("mozilla", "safari", "opera", "firefox", "chrome", "links", "lynx", "w3m", "elinks"),
            *("ucweb", "androiddownloadmanager", "com.apple.webkit.networking", "fdm"),
        ),
        "Browser",
    ),
}
FAMILIES: Final = tuple(sorted(set(_PRODUCTS.values())))
"""Every family there is, besides ``other``."""

_PRODUCT: Final = re.compile(r"\s*([A-Za-z][A-Za-z0-9._-]{0,40})(?=[/ ]|$)", re.ASCII)
_WORD: Final = re.compile(r"[^\s();,]+")
_PYTHON: Final = re.compile(r"([1-4])\.([0-9]{1,2})(?![0-9])", re.ASCII)
_SHORT_PYTHON: Final = re.compile(r"py([2-4])\.?([0-9]{1,2})", re.ASCII)
# What stands in braces is read piece by piece: it may be cut off, and need not be JSON at all.
_SAID_PYTHON: Final = re.compile(r'"python"\s{0,4}:\s{0,4}"([1-4]\.[0-9]{1,2})(?![0-9])', re.ASCII)
_SAID_SYSTEM: Final = re.compile(
    r'"system"\s{0,4}:\s{0,4}\{[^{}]{0,200}?"name"\s{0,4}:\s{0,4}"([^"\\]{1,40})"'
)
_SAID_CI: Final = re.compile(r'"ci"\s{0,4}:\s{0,4}true\b')

_IMPLEMENTATIONS: Final = frozenset({"cpython", "python", "python-urllib"})
"""What is followed by a version of Python; PyPy's is its own."""

_SYSTEMS: Final = {
    **{
        name.lower(): name
        for name in (
            *("Linux", "Darwin", "Windows", "FreeBSD", "OpenBSD", "NetBSD", "DragonFly"),
            *("SunOS", "AIX", "Android", "iOS", "Emscripten", "Java", "Haiku"),
        )
    },
    "macos": "Darwin",
    "macintosh": "Darwin",
    "osx": "Darwin",
    "win32": "Windows",
    "iphone": "iOS",
    "ipad": "iOS",
    "ipados": "iOS",
    "solaris": "SunOS",
}
_WINDOWS: Final = ("cygwin", "mingw", "msys", "windows")
_CHANGES_NAME: Final = frozenset({"setuptools", "distribute"})
"""What stood behind ``Python-urllib``, and is what took the file."""


def parse_user_agent(text: str) -> Client:
    """Return what ``text``, the value of a ``User-Agent``, says of the client."""
    text = text[:MAX_CHARACTERS]
    found = _PRODUCT.match(text)
    product = found[1].lower() if found else ""
    plain, brace, said = text.partition("{")
    words = _words(plain)
    family = _family(product, words)
    if family in MIRRORS:
        return Client(family, is_mirror=True)
    if brace:
        python, system = _said(_SAID_PYTHON, said), _said_system(said)
    else:
        # A browser's own words say nothing of Python, and its system is the first that it names.
        python, system = "" if family == "Browser" else _python(words), _system(words)
    return Client(family, python, system, is_ci=bool(_SAID_CI.search(said)))


def _words(text: str) -> list[str]:
    """Return the words of ``text`` in small letters, not too many."""
    words: list[str] = []
    for found in _WORD.finditer(text):
        words.append(found[0].lower())
        if len(words) == _MOST_WORDS:
            break
    return words


def _family(product: str, words: list[str]) -> str:
    """Return the family of a product."""
    if product == "python-urllib":
        behind = {word.partition("/")[0] for word in words[1:]} & _CHANGES_NAME
        product = min(behind, default=product)
    elif product == "python" and any(word.startswith("aiohttp/") for word in words):
        product = "aiohttp"
    return _PRODUCTS.get(product, _OTHER)


def _python(words: list[str]) -> str:
    """Return the Python that the words name: ``CPython/3.11.2``, ``cpython 3.11``, ``py3.11``."""
    for number, word in enumerate(words):
        name, slash, version = word.partition("/")
        if name in _IMPLEMENTATIONS:
            after = version if slash else "".join(words[number + 1 : number + 2])
            if found := _PYTHON.match(after):
                return f"{found[1]}.{int(found[2])}"
        elif found := _SHORT_PYTHON.fullmatch(word):
            return f"{found[1]}.{int(found[2])}"
    return ""


def _system(words: list[str]) -> str:
    """Return the first system that the words name."""
    found = ""
    for word in words:
        name = word.partition("/")[0]
        known = _SYSTEMS.get(name) or ("Windows" if name.startswith(_WINDOWS) else "")
        if known == "Android":  # it stands behind the Linux that it is built on
            return known
        found = found or known
    return found


def _said(pattern: re.Pattern[str], text: str) -> str:
    """Return what ``pattern`` finds in braces."""
    found = pattern.search(text)
    return found[1] if found else ""


def _said_system(text: str) -> str:
    """Return the system that stands in braces; one that few have is ``other``."""
    name = _said(_SAID_SYSTEM, text).lower()
    if not name:
        return ""
    return _SYSTEMS.get(name) or ("Windows" if name.startswith(_WINDOWS) else _OTHER)
