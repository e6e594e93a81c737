"""The order of the rooms: who may import whom, and which room a library lives in.

A module may import from its own room and from rooms on a lower level. Rooms on one level never
import each other, except the words, which are one vocabulary. Source: DESIGN, section 5.
"""

import ast
import sys
from collections.abc import Iterator

from support.house.sources import Module

__all__ = [
    "COMES_WITH",
    "LEVELS",
    "LIBRARY_ROOMS",
    "SHARED_LIBRARIES",
    "WORDS",
    "imports_of",
    "level_of",
]

WORDS = frozenset(
    {
        *("errors", "names", "model", "clock", "requirements", "settings", "spelling"),
        *("expressions", "late", "markers", "processes", "specifiers", "tags"),
    }
)

LEVELS = (
    WORDS | {""},  # "" is the package itself: the version
    frozenset({"decide", "wire"}),
    frozenset({"transport", "blobs", "catalog"}),
    frozenset({"repository"}),
    frozenset({"closure", "access", "advisories", "pages"}),
    frozenset(
        {
            *("mirror", "hosting", "upload", "publish", "bundle", "client", "stats", "monitor"),
            "backup",
        }
    ),
    frozenset({"jobs"}),
    frozenset({"app"}),
    # The top has an order too: the pages for people are mounted in the server, which a command
    # starts. Never the other way round.
    frozenset({"web"}),
    frozenset({"server"}),
    frozenset({"cli"}),
    frozenset({"__main__"}),
)

LIBRARY_ROOMS = {
    "aiohttp": "transport",
    "alembic": "catalog",
    "argon2": "access",
    "arro3": "stats",
    "click": "cli",
    "cryptography": "access",
    "defusedxml": "wire",
    "distlib": "transport",
    "httptools": "server",
    "isal": "pages",
    "jinja2": "web",
    "jwt": "access",
    "ldap3": "transport",
    "obstore": "blobs",
    "packaging": "names",
    "platformdirs": "settings",
    "prometheus_client": "monitor",
    "pypi_attestations": "upload",
    "python_multipart": "wire",
    "rich": "cli",
    "sigstore": "upload",
    "sqlalchemy": "catalog",
    "structlog": "monitor",
    "trove_classifiers": "upload",
    "uvicorn": "server",
    "uv": "closure",
    "uvloop": "server",
    "watchfiles": "transport",
    "yarl": "transport",
    "zstandard": "pages",
}

# Libraries that are the vocabulary of another one, or are installed under its name.
COMES_WITH = {
    "argon2": "argon2_cffi",
    "arro3": "arro3_io",
    "jwt": "pyjwt",
    "sigstore": "pypi_attestations",
    "yarl": "aiohttp",
}

# Libraries that are part of the language spoken everywhere, like the standard library.
SHARED_LIBRARIES = {
    "anyio": "the vocabulary of everything asynchronous",
    "msgspec": "the records themselves",
}

STANDARD = sys.stdlib_module_names | {"_typeshed"}


def level_of(room: str) -> int | None:
    """Return the level of ``room``, 0 for words; None for a room that DESIGN does not know."""
    return next((level for level, rooms in enumerate(LEVELS) if room in rooms), None)


def imports_of(module: Module) -> Iterator[tuple[ast.stmt, str]]:
    """Yield each import of ``module`` with the dotted name it imports, standard library aside."""
    for node in ast.walk(module.tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            origin = absolute(module, node)
            names = [f"{origin}.{alias.name}" for alias in node.names]
        for name in names:
            if name.partition(".")[0] not in STANDARD:
                assert isinstance(node, ast.stmt)
                yield node, name


def absolute(module: Module, node: ast.ImportFrom) -> str:
    """Return the absolute name that a ``from`` import in ``module`` starts from."""
    if not node.level:
        return node.module or ""
    package = module.name.split(".")
    if module.path.name != "__init__.py":
        package = package[:-1]
    base = package[: len(package) - node.level + 1]
    return ".".join([*base, *filter(None, [node.module])])
