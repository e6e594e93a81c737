"""Real clients with empty caches, in one outage of each class; in a large run, in all of them.

Three of the forty projects that every server knows are installed, and one that nobody has asked
for is not. `WHEELYARD_CAMPAIGN=2` in the environment makes the run a large one.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from hashlib import sha256
from io import BytesIO
from zipfile import ZipFile

import pytest

from chaos.campaign import FACTOR
from scenario.outage.matrix import OUTAGES, Outage
from scenario.outage.site import TREE, Seed, Site, open_site
from scenario.outage.words import Outcome
from support.clients import (
    INSTALLERS,
    PIP_20,
    PIP_26,
    PIPS,
    ClientFailedError,
    Installer,
    Kind,
    Pip,
    Result,
    Sandbox,
)
from support.packages import normalize

IS_LARGE = FACTOR > 1

pytestmark = [
    pytest.mark.scenario,
    pytest.mark.slow,
    pytest.mark.timeout(0 if IS_LARGE else 900),
]

WANTED = "acme18"
EXPECTED = {name: TREE.expected[name] for name in (WANTED, "acme-lib-37", "acme38")}
UNKNOWN = "never-asked-for"

IN_CI = ("black-hole", "silent", "503", "login", "404", "truncated")
"""One outage of each class; in the first, what is unknown is asked for as well."""
CHOSEN = [each for each in OUTAGES if IS_LARGE or each.name in IN_CI]
WITH_UNKNOWN = [
    each
    for each in CHOSEN
    if each.unknown.page is Outcome.RETRY and (IS_LARGE or each.name == IN_CI[0])
]

_MIDDLE = next(edition for edition in PIPS if edition.version.startswith("23.1"))
_OF_PIP: tuple[Kind[Installer], ...] = tuple(
    # Without `-vv` pip does not say why it has found nothing.
    Kind("pip", partial(Pip, edition, options=("-vv",)), edition)
    for edition in (PIP_20, _MIDDLE, PIP_26)
)
KINDS = (*_OF_PIP, *(kind for kind in INSTALLERS if kind.name in ("uv", "poetry", "pdm")))
SAID = {
    "pip": "503",
    "uv": "503 Service Unavailable",
    "poetry": "503 Server Error: Service Unavailable",
    "pdm": "network condition",
}
"""What each client says of a project that cannot be had: that this may pass."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What a client made of a known project, and what it said of an unknown one if asked."""

    known: Result
    unknown: str


@pytest.fixture(scope="session")
def tried(
    seed: Seed, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Outage, Kind[Installer]], Tried]:
    """Return what a client does in an outage; all of them do it at once."""
    folder = tmp_path_factory.mktemp("clients")

    @cache
    def all_of_them(outage: Outage) -> dict[str, Future[Tried]]:
        with open_site(outage, folder / outage.name, seed.data) as site:
            site.break_off()
            with ThreadPoolExecutor(len(KINDS)) as threads:
                return {str(kind): threads.submit(_try, site, kind) for kind in KINDS}

    return lambda outage, kind: all_of_them(outage)[str(kind)].result()


def _try(site: Site, kind: Kind[Installer]) -> Tried:
    """Have a client install what is known, and what is not."""
    client, target = kind.start(Sandbox(site.folder / str(kind))), site.folder / f"{kind}-target"
    known = client.install([WANTED], site.url, target / "known")
    if site.outage not in WITH_UNKNOWN:
        return Tried(known, "")
    try:
        unknown = client.install([UNKNOWN], site.url, target / "unknown")
    except ClientFailedError as error:
        return Tried(known, str(error))
    return Tried(known, unknown.output if unknown.exit_code else "")


@cache
def _files() -> dict[str, str]:
    """Return the SHA-256 of what is in the archives that are to be installed, by path."""
    found: dict[str, str] = {}
    for package in TREE.packages:
        if EXPECTED.get(normalize(package.name)) == package.version:
            with ZipFile(BytesIO(package.content)) as archive:
                names = [name for name in archive.namelist() if not name.endswith("/RECORD")]
                found |= {name: sha256(archive.read(name)).hexdigest() for name in names}
    return found


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("outage", CHOSEN, ids=str)
def test_client_installs_what_is_known(
    outage: Outage, kind: Kind[Installer], tried: Callable[[Outage, Kind[Installer]], Tried]
) -> None:
    """The same bytes as in the archives, and no error."""
    known = tried(outage, kind).known.checked()

    assert known.installed.items() >= EXPECTED.items()
    assert known.files.items() >= _files().items()


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("outage", WITH_UNKNOWN, ids=str)
def test_client_says_that_the_unknown_cannot_be_had(
    outage: Outage, kind: Kind[Installer], tried: Callable[[Outage, Kind[Installer]], Tried]
) -> None:
    """It fails, and who reads what it says learns that this is not about the project."""
    said = tried(outage, kind).unknown

    assert SAID[kind.name] in said
    assert "404 Client Error" not in said
    assert "404 Not Found" not in said
