"""One run: start everything, measure case after case, stop everything, whatever happens."""

import datetime as dt
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from bench.cases import Mode, PageCase, WarmCase
from bench.cold import measure_cold, measure_direct, prepare_files
from bench.errors import BenchError, CannotRunError
from bench.hosted import measure_hosted
from bench.load import find_wrk
from bench.machine import (
    Processors,
    choose_processors,
    describe_machine,
    load_memory,
    load_process_tree,
    load_processor_seconds,
)
from bench.mirroring import measure_mirror
from bench.mirrors import Mirror
from bench.peers import Host, NginxStatic, Peer, Site, Wheelyard
from bench.places import ROOT
from bench.publishers import Publisher
from bench.publishing import measure_publish
from bench.results import Missing, Rest, Results, Setting
from bench.root import measure_root
from bench.servers import Server, find_port, running_server, wait_until_idle
from bench.tree import copy_file, copy_page, copy_root
from bench.uploads import Taker, measure_uploads
from bench.upstream import AddFile, AddNames, AddPage, Upstream, running_upstream
from bench.warm import measure_case

__all__ = ["PARTS", "Plan", "measure"]

REASON_LENGTH = 160
OWN_NAME = Wheelyard.name
PARTS = ("pages", "files", "cold", "root", "uploads", "hosted", "mirror", "publish")

PARTS_OF_HOSTS = frozenset({"uploads", "hosted"})
PARTS_OF_MIRRORS = frozenset({"mirror"})
PARTS_OF_PUBLISHERS = frozenset({"publish"})
PARTS_ALONE = PARTS_OF_MIRRORS | PARTS_OF_PUBLISHERS
"""Programs that are run from start to end, without any load."""

Say = Callable[[str], None]
_Program = Peer | Mirror | Publisher


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to measure, and on whom; `parts` are some of `PARTS`.

    `hosts` take the uploads, `mirrors` are filled, `publishers` write files.
    """

    mode: Mode
    peers: tuple[Peer, ...]
    hosts: tuple[Host, ...] = ()
    mirrors: tuple[Mirror, ...] = ()
    publishers: tuple[Publisher, ...] = ()
    parts: frozenset[str] = frozenset(PARTS)


def measure(plan: Plan, say: Say) -> Results:
    """Measure, and return what was found; `say` gets a line for every step.

    Raises:
        CannotMeasureError: the machine lacks what every figure needs.
    """
    if plan.parts - PARTS_ALONE:
        find_wrk()
    run = _Run(plan, say)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=_scratch_folder()) as folder:
        run.folder = Path(folder)
        run.prepare_peers()
        if plan.parts & {"pages", "files"}:
            run.measure_warm()
        if "cold" in plan.parts:
            run.measure_cold()
        if "root" in plan.parts:
            run.measure_root()
        if "uploads" in plan.parts:
            run.measure_uploads()
        if "hosted" in plan.parts:
            run.measure_hosted()
        if "mirror" in plan.parts:
            run.measure_mirrors()
        if "publish" in plan.parts:
            run.measure_published()
    return run.results


def _scratch_folder() -> Path:
    """Return a folder on the disk of the clone; a temporary one may be in memory."""
    folder = ROOT / ".cache" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _first_setting(mode: Mode, processors: Processors) -> Setting:
    return Setting(
        mode=mode.name,
        day=dt.datetime.now(dt.UTC).date().isoformat(),
        machine=describe_machine(),
        seconds=mode.seconds,
        rounds=mode.rounds,
        pinned=processors.server is not None,
    )


@dataclass(slots=True)
class _Run:
    """The state of a run: what is found so far, and who is able to take part."""

    plan: Plan
    say: Say
    processors: Processors = field(default_factory=choose_processors)
    folder: Path = field(default_factory=Path)
    peers: tuple[Peer, ...] = ()
    hosts: tuple[Host, ...] = ()
    mirrors: tuple[Mirror, ...] = ()
    publishers: tuple[Publisher, ...] = ()
    results: Results = field(init=False)

    def __post_init__(self) -> None:
        self.results = Results(setting=_first_setting(self.plan.mode, self.processors))

    def prepare_peers(self) -> None:
        """Find out who is installed, installing who can be."""
        versions: dict[str, str] = {}
        own = PARTS_OF_HOSTS | PARTS_ALONE
        peers = self.plan.peers if self.plan.parts - own else ()
        hosts = self.plan.hosts if self.plan.parts & PARTS_OF_HOSTS else ()
        mirrors = self.plan.mirrors if self.plan.parts & PARTS_OF_MIRRORS else ()
        publishers = self.plan.publishers if self.plan.parts & PARTS_OF_PUBLISHERS else ()
        everybody: tuple[_Program, ...] = (*peers, *hosts, *mirrors, *publishers)
        for peer in everybody:
            if peer.name not in versions:
                self.say(f"preparing {peer.name}")
                with self.leaving_out(peer, "everything"):
                    versions[peer.name] = peer.prepare()
        self.peers = tuple(peer for peer in peers if peer.name in versions)
        self.hosts = tuple(host for host in hosts if host.name in versions)
        self.mirrors = tuple(mirror for mirror in mirrors if mirror.name in versions)
        self.publishers = tuple(each for each in publishers if each.name in versions)
        self.results.setting = replace(self.results.setting, versions=tuple(versions.items()))

    @contextmanager
    def leaving_out(self, peer: "_Program", what: str) -> Iterator[None]:
        """Go on without a server that cannot do something, and note why."""
        try:
            yield
        except (BenchError, OSError) as error:
            # Where this clone is would be the only thing in the page that is nobody's business.
            reason = str(error).splitlines()[0].replace(f"{ROOT}/", "")[:REASON_LENGTH]
            self.say(f"{peer.name}, {what}: {reason}")
            self.results.missing.append(Missing(server=peer.name, what=what, reason=reason))

    def site(self, peer: Peer, part: str, upstream: Upstream) -> Site:
        """Return where a server runs in one part of the run; the same place each time."""
        return Site(
            port=find_port(),
            folder=self.folder / part / peer.name.replace(" ", "-"),
            upstream_url=upstream.url,
            tree=self.folder / part / "tree",
        )

    # --- warm -------------------------------------------------------------------------------------

    def measure_warm(self) -> None:
        """Measure pages and files on all servers, which run at once and take turns."""
        mode, parts = self.plan.mode, self.plan.parts
        prefix = self.processors.prefix(self.processors.load)
        with ExitStack() as stack:
            upstream = stack.enter_context(running_upstream(prefix))
            for page in mode.pages:
                upstream.tell(AddPage(page.project, page.files))
            for file in mode.files:
                upstream.tell(AddFile(file.project, file.size))
            fleet = self.start_fleet(stack, upstream)
            cases: list[WarmCase] = [*mode.pages] if "pages" in parts else []
            cases += mode.files if "files" in parts else ()
            for case in cases:
                self.say(str(case))
                measure_case(case, fleet, mode, self.processors, self.results)

    def start_fleet(self, stack: ExitStack, upstream: Upstream) -> Sequence[Server]:
        """Start all servers on one processor; the one that only sends files comes last."""
        fleet: list[Server] = []
        prefix = self.processors.prefix(self.processors.server)
        for peer in sorted(self.peers, key=lambda peer: isinstance(peer, NginxStatic)):
            self.say(f"starting {peer.name}")
            site = self.site(peer, "warm", upstream)
            with self.leaving_out(peer, "everything that is held"):
                if isinstance(peer, NginxStatic):
                    self.make_tree(site.tree, fleet, upstream)
                server = stack.enter_context(running_server(peer, site, prefix))
                wait_until_idle(server)
                memory = load_memory(load_process_tree(server.pid))
                rest = Rest(
                    server=peer.name,
                    start_seconds=server.start_seconds,
                    processor_seconds=load_processor_seconds(load_process_tree(server.pid)),
                    memory=memory,
                )
                self.results.rest.append(rest)
                fleet.append(server)
        order = [peer.name for peer in self.peers]
        return sorted(fleet, key=lambda server: order.index(server.name))

    def make_tree(self, tree: Path, fleet: Sequence[Server], upstream: Upstream) -> None:
        """Write the files for nginx, from our own answers if they are to be had."""
        own = [server for server in fleet if server.name == OWN_NAME]
        sources = (*own, _as_server(upstream))
        self.copy_from_first(sources, partial(self.copy_files, tree))
        source = self.copy_from_first(sources, partial(self.copy_pages, tree))
        self.results.setting = replace(self.results.setting, source=source.name)

    def copy_from_first(self, sources: Sequence[Server], copy: Callable[[Server], None]) -> Server:
        """Copy from the first server whose answers are as they should be, and return it."""
        for source in sources:
            try:
                copy(source)
            except (BenchError, OSError) as error:
                self.say(f"{source.name} cannot be copied: {error}")
            else:
                return source
        raise CannotRunError("there is nobody whose answers it could send")

    def copy_files(self, tree: Path, source: Server) -> None:
        """Copy each file, with a page that links to it."""
        for file in self.plan.mode.files:
            copy_file(tree, source, file)

    def copy_pages(self, tree: Path, source: Server) -> None:
        """Copy each page in all of its forms."""
        for files in {case.files for case in self.plan.mode.pages}:
            for form in _all_forms(files):
                copy_page(tree, source, form)

    # --- cold -------------------------------------------------------------------------------------

    def measure_cold(self) -> None:
        """Measure the file that is not held, one server after the other."""
        cases, what = self.plan.mode.cold, "a file that is not held"
        with running_upstream() as upstream:
            for case in cases:
                self.say(f"{what}, {case}: directly")
                self.results.cold.append(measure_direct(case, upstream))
            for peer in self.peers:
                if isinstance(peer, NginxStatic):
                    continue
                files = [prepare_files(case, peer.name, upstream) for case in cases]
                site = self.site(peer, "cold", upstream)
                with self.leaving_out(peer, what), running_server(peer, site) as server:
                    for case, wanted in zip(cases, files, strict=True):
                        self.say(f"{what}, {case}: {peer.name}")
                        self.results.cold.append(measure_cold(case, server, upstream, wanted))

    # --- root -------------------------------------------------------------------------------------

    def measure_root(self) -> None:
        """Measure the list of all projects, one server after the other."""
        case = self.plan.mode.root
        with running_upstream() as upstream:
            upstream.tell(AddNames(case.names))
            for peer in sorted(self.peers, key=lambda peer: isinstance(peer, NginxStatic)):
                self.say(f"{case.names:,} names: {peer.name}")
                site = self.site(peer, "root", upstream)
                with self.leaving_out(peer, f"{case.names:,} names"):
                    if isinstance(peer, NginxStatic):
                        self.make_root_tree(site.tree, upstream)
                    start = partial(running_server, peer, site)
                    self.results.root.extend(measure_root(case, start))

    def make_root_tree(self, tree: Path, upstream: Upstream) -> None:
        """Write the list as files for nginx, from our own answers if they are to be had."""
        for peer in self.peers:
            if peer.name == OWN_NAME:
                site = self.site(peer, "root", upstream)
                with self.leaving_out(peer, "the list to copy"), running_server(peer, site) as own:
                    copy_root(tree, own)
                    return
        copy_root(tree, _as_server(upstream))

    # --- our own ----------------------------------------------------------------------------------

    def measure_uploads(self) -> None:
        """Measure uploads on all servers, which run at once and take turns."""
        case = self.plan.mode.uploads
        with ExitStack() as stack:
            upstream = stack.enter_context(running_upstream())
            takers: list[Taker] = []
            for host in self.hosts:
                site = self.site(host, "uploads", upstream)
                with self.leaving_out(host, str(case)):
                    server = stack.enter_context(running_server(host, site))
                    takers.append(Taker(server, host.target(site)))
            self.say(str(case))
            measure_uploads(case, takers, self.results)

    def measure_hosted(self) -> None:
        """Measure pages of what was uploaded to our own server."""
        case = self.plan.mode.hosted
        with running_upstream() as upstream:
            for host in self.hosts:
                if host.name != OWN_NAME:
                    continue
                self.say(f"{case.projects[-1]:,} own projects: {host.name}")
                site = self.site(host, "hosted", upstream)
                with self.leaving_out(host, "own projects"), running_server(host, site) as server:
                    found = measure_hosted(case, server, host.target(site))
                    self.results.hosted.extend(found)

    # --- mirrors ----------------------------------------------------------------------------------

    def measure_mirrors(self) -> None:
        """Have each program fill a mirror, case by case, in turn."""
        for number, case in enumerate(self.plan.mode.mirror):
            for mirror in self.mirrors:
                if case.simulated and mirror.name != OWN_NAME:
                    continue
                self.say(f"{case}: {mirror.name}")
                folder = self.folder / "mirror" / str(number)
                with self.leaving_out(mirror, str(case)):
                    self.results.mirrored.extend(measure_mirror(case, mirror, folder))

    # --- publishing -------------------------------------------------------------------------------

    def measure_published(self) -> None:
        """Have each program turn the same index into files, in turn."""
        case = self.plan.mode.publish
        for publisher in self.publishers:
            self.say(f"publish {case}: {publisher.name}")
            with self.leaving_out(publisher, f"publish {case}"):
                found = measure_publish(case, publisher, self.folder / "publish")
                self.results.published.extend(found)


def _as_server(upstream: Upstream) -> Server:
    """Return the upstream as something that pages can be asked of."""
    return Server(
        name="the upstream",
        url=upstream.base_url,
        pid=upstream.process.pid,
        page_path=lambda project: f"/simple/{project}/" if project else "/simple/",
    )


def _all_forms(files: int) -> Iterator[PageCase]:
    """Yield each representation of a page of so many files."""
    for compressed in (True, False):
        yield PageCase(files=files, format="json", compressed=compressed)
        yield PageCase(files=files, format="html", compressed=compressed)
