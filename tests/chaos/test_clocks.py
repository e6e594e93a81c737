"""Clocks that jump, and outages that last for days: F47, G20; F01 to F17, G4."""

import re
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path

import pytest

from chaos.campaign import FACTOR, Campaign
from chaos.nursery import Fledgling, Nursery
from chaos.sundial import Sundial
from contract.conformance.asking import JSON, Answer, Client
from faults.yard import eventually
from scenario.outage.matrix import OUTAGES
from scenario.outage.words import Class
from support.packages import Package, make_wheel
from support.simulator import Simulator, dead_name_url

pytestmark = pytest.mark.slow

YEAR = 365 * 24 * 3600
HOUR = 3600
DAYS = 3
KNOWN = tuple(make_wheel(f"known-{number}", "1.0", payload_bytes=10_000) for number in range(4))
HASTY: Mapping[str, object] = {
    "upstream.default.connect_seconds": 0.3,
    "upstream.default.read_seconds": 0.5,
    "freshness.patience_seconds": 0.5,
}
LONG = [
    outage
    for outage in OUTAGES
    if outage.kind is not Class.LIES or outage.name in {"404", "410", "empty", "wiped"}
]
"""F01 to F17: nothing can be had upstream. What looks right and is wrong is another matter."""


@dataclass(frozen=True, slots=True)
class Tower:
    """Where servers start whose clock is ours, and a data directory that knows four projects."""

    nursery: Nursery
    upstream: Simulator
    sundial: Sundial
    home: Path

    def start(self, url: str, settings: Mapping[str, object] | None = None) -> Fledgling:
        """Start a server on a copy of the data directory."""
        data = self.home / "data"
        shutil.rmtree(data, ignore_errors=True)
        if (self.home / "template").exists():
            shutil.copytree(self.home / "template", data)
        settings = {**(settings or {}), "upstream.default.ca": self.home / "authority.pem"}
        return self.nursery.start(data, upstreams=[url], settings=settings, sundial=self.sundial)


@pytest.fixture(scope="module")
def tower(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tower]:
    """What the tests share."""
    home = tmp_path_factory.mktemp("clocks")
    sundial = Sundial(home / "offset")
    sundial.set(0)
    with ExitStack() as stack:
        upstream = stack.enter_context(Simulator(tls="good"))
        nursery = stack.enter_context(Nursery(home / "nursery"))
        (home / "authority.pem").write_bytes(upstream.authority_pem)
        upstream.add(*KNOWN)
        tower = Tower(nursery, upstream, sundial, home)
        server = tower.start(upstream.url)
        ask_everything(server.client)
        server.stop()
        shutil.copytree(home / "data", home / "template")
        yield tower


def ask_everything(client: Client, paths: Mapping[str, str] | None = None) -> dict[str, str]:
    """Ask for page, metadata and file of every known project; return the paths of the files.

    Raises:
        AssertionError: one is not what it should be.
    """
    found = {}
    for package in KNOWN:
        page = client.ask(f"/simple/{package.name}/", {"Accept": JSON})
        check(page, package)
        found[package.filename] = client.path_of(str(page.file(package.filename)["url"]))
        file = client.ask(found[package.filename])
        assert (file.status, file.body) == (200, package.content), (package.name, file)
        metadata = client.ask(f"{found[package.filename]}.metadata")
        assert (metadata.status, metadata.body) == (200, package.metadata), (package.name, metadata)
    assert paths in (None, found)
    return found


def check(page: Answer, package: Package) -> None:
    """Check that a page is whole, and of an age that there is."""
    assert page.status == 200, page
    assert page.json()["versions"] == [package.version]
    assert page.file(package.filename)["hashes"]["sha256"] == package.sha256
    assert int(page.get("age") or 0) >= 0


def test_clock_jumps_neither_purge_nor_refetch(campaign: Campaign, tower: Tower) -> None:
    """F47, G20: ten years ahead, ten back, an hour back; nothing goes, and no file is asked for.

    A page is asked for again once per jump, as it would be when it is out of date, and that is
    all; with the upstream gone at the same time, what is known stays known.
    """
    server = tower.start(tower.upstream.url)
    client = server.client
    most = files = 0
    for each in campaign.rounds(1):
        with each:
            jumps = [10 * YEAR, -10 * YEAR, -HOUR, each.random.uniform(-10, 10) * YEAR, 0]
            for jump in jumps:
                tower.upstream.forget()
                tower.sundial.set(jump)
                eventually(partial(is_ahead, client, jump), "the clock has jumped")
                for _ in range(2):
                    ask_everything(client)
                check_ages(client)
                tower.upstream.wait_until_settled()
                most = max(most, tower.upstream.count("page"))
                files += tower.upstream.count("file")
            tower.upstream.down()
            for jump in (10 * YEAR, -10 * YEAR, 0):
                tower.sundial.set(jump)
                ask_everything(client)
            tower.upstream.up()

            assert most <= len(KNOWN)
            assert files == 0
    log = server.log()
    server.stop()
    campaign.note(most_page_requests_per_jump=most, pages=len(KNOWN), file_requests=files)
    assert "Traceback" not in log


def is_ahead(client: Client, seconds: float) -> bool:
    """Say whether the clock of the server is ahead of ours by this much."""
    told = parsedate_to_datetime(client.ask("/-/live")["date"]).timestamp()
    return abs(told - time.time() - seconds) < HOUR / 2


def check_ages(client: Client) -> None:
    """Check that nothing is said to be younger than new-born, or to last for less than no time."""
    report = client.ask("/-/status").text
    metrics = client.ask("/-/metrics").text
    assert not re.findall(r'"\w*(?:age|seconds)\w*": -\d.*', report)
    assert not re.findall(r"^\w*(?:age|seconds)\w*(?:{.*})? -\d.*", metrics, re.MULTILINE)


def test_known_packages_install_for_three_days_of_any_outage(
    campaign: Campaign, tower: Tower
) -> None:
    """G4: page, metadata and file of what is known, right and at once, for 72 hours of outage.

    In a large campaign every outage is looked at in each hour; here some of them, now and then.
    """
    outages = sorted(LONG, key=lambda outage: outage.name)
    campaign.random().shuffle(outages)
    # Always there: a server that starts in the middle of it has to remember what is held.
    outages.sort(key=lambda outage: outage.name != "404")
    hours = range(0, DAYS * 24 + 1, 1 if FACTOR > 1 else 12)
    asked = 0
    for each in campaign.rounds(6, most=len(outages)):
        with each:
            outage = outages[each.number]
            tower.sundial.set(0)
            outage.breaks(tower.upstream)
            url = dead_name_url() if outage.is_nameless else tower.upstream.url
            server = tower.start(url, HASTY)
            try:
                for hour in hours:
                    tower.sundial.set(hour * HOUR)
                    ask_everything(server.client)
                    asked += 3 * len(KNOWN)
            finally:
                server.kill()
                tower.upstream.clear_faults()
                tower.upstream.show("good")
                tower.upstream.up()
    campaign.note(outages=len(outages), hours=len(hours), asked=asked)
