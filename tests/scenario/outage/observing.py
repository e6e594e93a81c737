"""Ask for every cell of one kind of outage, and say in the words of the matrix what came."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from http.client import IncompleteRead
from pathlib import Path

from contract.conformance.asking import JSON, Answer, check_manners
from scenario.outage.matrix import Cell, Outage
from scenario.outage.site import FILES, TREE, UV_OPTIONS, Site, open_site, package_of
from scenario.outage.words import Class, Outcome, Thing
from support.clients import Sandbox, Uv
from support.packages import normalize

__all__ = ["Observed", "observe"]

_ASKED_IN_VAIN = 4

Cells = dict[tuple[Thing, bool], Outcome | str]


@dataclass(frozen=True, slots=True)
class Observed:
    """What came in one kind of outage: for each thing, known or not, an outcome or a surprise.

    `shown` is what the status says of the door when several questions were asked in vain, `files`
    what uv installed meanwhile with empty caches, by path.
    """

    cells: Cells
    shown: str
    files: Mapping[str, str]

    def has_kept(self, cell: Cell) -> bool:
        """Say whether what is promised of a cell is what came."""
        return self.cells[cell.thing, cell.is_known] == cell.promised


@dataclass(frozen=True, slots=True)
class _Sought:
    """A thing to be asked for: where it is, and what its bytes are when all is well.

    Nobody has seen the bytes of a page that is not known.
    """

    thing: Thing
    is_known: bool
    path: str
    right: bytes = b""

    @classmethod
    def file(cls, site: Site, thing: Thing, *, is_known: bool) -> "_Sought":
        """Return a file, or the metadata beside one; the page that lists it is known from now."""
        package = package_of(thing, is_known=is_known)
        path = site.path_of(package)
        if thing != "metadata":
            return cls(thing, is_known, path, package.content)
        assert package.metadata is not None
        return cls(thing, is_known, f"{path}.metadata", package.metadata)

    @property
    def is_page(self) -> bool:
        """Say whether upstream may be asked for it again."""
        return self.thing in ("root", "page")


def observe(outage: Outage, folder: Path, seed: Path) -> Observed:
    """Return what a client sees of every cell, each asked for while the circuit is closed.

    What is unknown comes first: the list of projects, of which there is one, becomes known then.
    """
    with open_site(outage, folder, seed) as site:
        cells = _observe_unknown(site) | _observe_known(site)
        uv = Uv(Sandbox(folder / "sandbox"), UV_OPTIONS)
        files = uv.install([TREE.root], site.url, folder / "target").checked().files
        shown = _observe_status(site)
    return Observed(cells, shown, files)


def _observe_unknown(site: Site) -> Cells:
    """Ask for what nobody has asked for; the pages of files are known, else nobody would ask."""
    sought = [
        _Sought("root", is_known=False, path="/simple/"),
        _Sought("page", is_known=False, path="/simple/page-unknown/"),
        *(_Sought.file(site, thing, is_known=False) for thing in FILES),
    ]
    if not site.outage.is_lasting:
        return _cells(sought, [_observe_one(site, each) for each in sought])
    with site.broken(), ThreadPoolExecutor(len(sought)) as threads:
        return _cells(sought, list(threads.map(partial(_look, site), sought)))


def _observe_known(site: Site) -> Cells:
    """Ask again for what was asked for before; files and metadata must need nobody.

    The upstream stays broken.
    """
    site.until(lambda: _lists_everything(site), "the whole list of projects")
    pages = [
        _known_page(site, "root", "/simple/"),
        _known_page(site, "page", "/simple/page-known/"),
    ]
    files = [_Sought.file(site, thing, is_known=True) for thing in FILES]
    for each in files:
        assert site.client.ask(each.path).body == each.right
    found = [] if site.outage.is_lasting else [_observe_one(site, each) for each in pages]
    site.break_off()
    left = [*pages, *files][len(found) :]
    return _cells([*pages, *files], [*found, *(_look_again(site, each) for each in left)])


def _cells(sought: list[_Sought], found: list[Outcome | str]) -> Cells:
    """Return what was found of each thing."""
    pairs = zip(sought, found, strict=True)
    return {(each.thing, each.is_known): outcome for each, outcome in pairs}


def _observe_one(site: Site, sought: _Sought) -> Outcome | str:
    """Break the upstream, ask for one thing, mend it."""
    with site.broken():
        return _look_again(site, sought) if sought.is_known else _look(site, sought)


def _observe_status(site: Site) -> str:
    """Return what the status says of the door after questions for what nobody has asked for."""
    site.break_off()
    # One at a time, where that is not a matter of deadlines.
    names = [site.new_name("nowhere") for _ in range(_ASKED_IN_VAIN)]
    with ThreadPoolExecutor(_ASKED_IN_VAIN if site.outage.is_lasting else 1) as threads:
        list(threads.map(site.client.ask, [f"/simple/{name}/" for name in names]))
    if site.outage.kind is Class.CORRUPT:
        site.client.ask(site.path_of(package_of("file", is_known=False)))
    if not site.outage.shown:
        # On a machine that has a lot to do even a sound door is late once, and is up again then.
        site.until(partial(_is_up_again, site), f"the door is up: {_last_error(site)}")
    return _last_error(site)


def _is_up_again(site: Site) -> bool:
    """Ask for one more thing that nobody has asked for, and say whether the door is up."""
    site.client.ask(f"/simple/{site.new_name('nowhere')}/")
    return not _last_error(site)


def _last_error(site: Site) -> str:
    """Return what the status says of a door that is not up."""
    (door,) = site.client.ask("/-/status").json()["doors"]
    return str(door["last_error"]) if door["state"] != "up" else ""


def _known_page(site: Site, thing: Thing, path: str) -> _Sought:
    """Return a page whose bytes are known from now on."""
    before = site.client.ask(path, {"Accept": JSON})
    return _Sought(thing, is_known=True, path=path, right=before.body)


def _lists_everything(site: Site) -> bool:
    """Say whether the list of projects is fresh, and has what the upstream has."""
    answer = site.client.ask("/simple/", {"Accept": JSON})
    if answer.status != 200 or answer.get("x-wheelyard-stale") is not None:
        return False
    return _names_in(answer) == set(site.upstream.state.projects)


def _look_again(site: Site, sought: _Sought) -> Outcome | str:
    """Ask for a thing that is known, a page until upstream was asked again or is given up."""
    before = site.upstream.count(sought.path)
    if not sought.is_page:
        outcome = _look(site, sought)
        asked = site.upstream.count(sought.path) - before
        return f"the upstream was asked for {sought.path}" if asked else outcome
    found: list[Outcome | str] = []

    def is_new() -> bool:
        found[:] = [_look(site, sought)]
        return found != [Outcome.FRESH] or site.upstream.count(sought.path) > before

    site.until(is_new, f"news of {sought.path}")
    return found[0]


def _look(site: Site, sought: _Sought) -> Outcome | str:
    """Ask once, and return what came; whatever is not in the words of the matrix is a surprise."""
    answer, is_whole = _ask(site, sought.path)
    if not is_whole:
        # What came first may be wrong; it is for the cut to tell the client so.
        is_part = len(answer.body) < len(sought.right)
        return Outcome.CUT if is_part else f"{len(answer.body)} bytes, then cut"
    check_manners(answer)
    match answer.status:
        case 503:
            is_said = " cannot be had now: " in answer.text or " is corrupt: " in answer.text
            is_right = is_said and answer.get("retry-after") == "1"
            return Outcome.RETRY if is_right else f"503: {answer.headers}, {answer.text}"
        case 404:
            return Outcome.ABSENT
        case 200:
            return _page(site, sought, answer) if sought.is_page else _bytes(sought, answer)
        case _:
            return f"{answer.status}: {answer.text}"


def _ask(site: Site, path: str) -> tuple[Answer, bool]:
    """Return an answer, or what there is of one, and whether it is whole."""
    body, is_whole = bytearray(), True
    with site.client.opened(path, {"Accept": JSON}) as response:
        try:
            while chunk := response.read1(1 << 16):
                body += chunk
        except (ConnectionResetError, IncompleteRead):
            is_whole = False
        headers = tuple((name.lower(), value) for name, value in response.getheaders())
        length = response.headers["Content-Length"]
        is_whole = is_whole and (length is None or int(length) == len(body))
        return Answer(path, response.status, response.reason, headers, bytes(body)), is_whole


def _bytes(sought: _Sought, answer: Answer) -> Outcome | str:
    """Say what a whole answer with bytes is worth; what is held has its digest for a tag."""
    if answer.body != sought.right:
        return f"{len(answer.body)} wrong bytes in a whole answer"
    return Outcome.HELD if sought.is_known else Outcome.FRESH


def _page(site: Site, sought: _Sought, answer: Answer) -> Outcome | str:
    """Say what a page is worth: whole or less, as it was, marked stale or not."""
    if answer.get("x-wheelyard-stale") is not None:
        is_same = answer.body == sought.right
        is_said = answer["cache-status"].endswith("; detail=stale") and answer.get("age") is None
        return Outcome.STALE if is_same and is_said else f"stale: {answer.headers}, {answer.text}"
    if sought.is_known:
        return Outcome.FRESH if answer.body == sought.right else Outcome.TOLD
    return Outcome.FRESH if _is_complete(site, sought.thing, answer) else Outcome.TOLD


def _is_complete(site: Site, thing: Thing, answer: Answer) -> bool:
    """Say whether a page that nobody has seen before has everything that upstream has."""
    if thing == "root":
        return _names_in(answer) == set(site.upstream.state.projects)
    package = package_of("page", is_known=False)
    listed = {each["filename"]: each["hashes"] for each in answer.json()["files"]}
    return len(listed) == 2 and listed[package.filename] == {"sha256": package.sha256}


def _names_in(answer: Answer) -> set[str]:
    """Return the names on a list of projects, normalised."""
    return {normalize(each["name"]) for each in answer.json()["projects"]}
