"""What is our own: the time of its pages must not grow with the number of projects."""

from statistics import median

from bench.cases import HostedCase, PageCase
from bench.downloads import Download, download
from bench.errors import CannotMeasureError
from bench.forms import make_upload
from bench.machine import Meter
from bench.posting import Target, post_all
from bench.results import Hosted
from bench.servers import Server, wait_until_idle

__all__ = ["LINKS", "LIST", "PAGE", "measure_hosted"]

LIST, PAGE, LINKS = "list of projects", "page of a project", "flat list of files"
LINKS_PATH = "/+links/"
ONE = "bench-hosted-0"
OK = 200

JSON = PageCase(files=0, connections=1).headers
HTML = PageCase(files=0, format="html", connections=1).headers


def measure_hosted(case: HostedCase, server: Server, target: Target) -> list[Hosted]:
    """Return how a server answers with each number of projects; every upload goes through it.

    Raises:
        CannotMeasureError: it does not take the projects, or does not answer.
    """
    asked = {
        LIST: (server.page_url(""), JSON),
        PAGE: (server.page_url(ONE), JSON),
        LINKS: (server.url + LINKS_PATH, HTML),
    }
    found: list[Hosted] = []
    held = 0
    for number, projects in enumerate(case.projects):
        uploads = [
            make_upload(f"bench-hosted-{at}", "1.0", case.size) for at in range(held, projects)
        ]
        posted = post_all(target, uploads, case.clients)
        if posted.failed:
            raise CannotMeasureError(posted.complaint)
        held = projects
        for what, (url, headers) in asked.items():
            _fetch(url, headers)
            wait_until_idle(server)
            meter = Meter(server.pid)
            again: list[Download] = []
            for at in range(case.rounds):
                more = make_upload(ONE, f"{number + 2}.{at}.{len(found)}", case.size)
                post_all(target, [more], 1)
                again.append(_fetch(url, headers))
            wait_until_idle(server)
            warm = [_fetch(url, headers) for _ in range(case.rounds * 4)]
            found.append(
                Hosted(
                    server=server.name,
                    projects=projects,
                    what=what,
                    size=warm[-1].received_bytes,
                    after_upload_seconds=median(each.seconds for each in again),
                    warm_seconds=median(each.seconds for each in warm),
                    foreign=meter.stop().foreign,
                )
            )
    return found


def _fetch(url: str, headers: dict[str, str]) -> Download:
    found = download(url, headers)
    if found.status != OK:
        raise CannotMeasureError(f"answers {found.status or 'nothing'}")
    return found
