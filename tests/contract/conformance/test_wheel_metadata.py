"""Metadata out of wheels: what it costs, and that it costs it once. Sections 1.6 and 5.3, F17."""

from typing import Literal

import pytest

from contract.conformance.serving import Site
from support.packages import make_wheel
from support.simulator import silent, status

LENGTH = 3_000_000


@pytest.mark.parametrize("upstream_has", ["missing-but-advertised", "wrong"])
def test_metadata_of_a_wheel_cost_its_end_only(
    troubled: Site, upstream_has: Literal["missing-but-advertised", "wrong"]
) -> None:
    """Ranges of a few kilobytes: nobody fetches a whole wheel to read one file in it."""
    package = make_wheel(f"ends-{upstream_has}", "1.0", payload_bytes=LENGTH)
    troubled.upstream.add(package, core_metadata=upstream_has)
    url = troubled.client.page(package.name).file(package.filename)["url"]

    answer = troubled.client.ask(f"{url}.metadata")

    asked = troubled.upstream.asked(f"*/{package.filename}")
    assert (answer.status, answer.body) == (200, package.metadata)
    assert asked
    assert all("range" in request.headers for request in asked)
    assert sum(request.sent_bytes for request in asked) < LENGTH / 10


def test_metadata_of_a_wheel_are_kept(troubled: Site) -> None:
    """They were proven by the advertised digest; nobody is asked for them again."""
    package = make_wheel("ends-kept", "1.0", payload_bytes=LENGTH)
    troubled.upstream.add(package, core_metadata="missing-but-advertised")
    url = troubled.client.page(package.name).file(package.filename)["url"]
    first = troubled.client.ask(f"{url}.metadata")
    asked = troubled.upstream.count(f"*{package.filename}*")

    again = troubled.client.ask(f"{url}.metadata")

    assert first.body == again.body == package.metadata
    assert troubled.upstream.count(f"*{package.filename}*") == asked


def test_metadata_of_a_held_wheel_cost_nothing(troubled: Site) -> None:
    """The wheel is here already; its end is read from the disk."""
    package = make_wheel("ends-held", "1.0", payload_bytes=LENGTH)
    troubled.upstream.add(package, core_metadata="missing-but-advertised")
    url = troubled.client.page(package.name).file(package.filename)["url"]
    troubled.client.ask(url)

    answer = troubled.client.ask(f"{url}.metadata")

    assert (answer.status, answer.body) == (200, package.metadata)
    assert troubled.upstream.count(f"*/{package.filename}") == 1


def test_metadata_of_a_held_wheel_need_no_upstream(troubled: Site) -> None:
    """An installer that took the wheel before the outage locks in the middle of it."""
    package = make_wheel("ends-alone", "1.0", payload_bytes=LENGTH)
    troubled.upstream.add(package)
    url = troubled.client.page(package.name).file(package.filename)["url"]
    troubled.client.ask(url)
    troubled.upstream.fault(f"*{package.filename}*", silent())

    answer = troubled.client.ask(f"{url}.metadata")

    assert (answer.status, answer.body) == (200, package.metadata)
    assert troubled.upstream.count(f"*{package.filename}.metadata") == 0


def test_f18_old_page_leads_to_503_and_not_to_404(troubled: Site) -> None:
    """What was advertised an hour ago is asked for from an installer's cache: 404 ends its run.

    As soon as it can be had it is given, and it is on the page again.
    """
    package = make_wheel("ends-later", "1.0")
    troubled.upstream.add(package)
    url = troubled.client.page(package.name).file(package.filename)["url"]
    path = f"/simple/{package.name}/"
    lost = troubled.upstream.fault(f"*/{package.filename}*", status(500))
    first = troubled.client.ask(f"{url}.metadata")
    troubled.client.until(path, lambda page: not page.file(package.filename).get("core-metadata"))
    again = troubled.client.ask(f"{url}.metadata")
    lost.clear()

    healed = troubled.client.ask(f"{url}.metadata")

    assert (first.status, again.status) == (503, 503)
    assert (healed.status, healed.body) == (200, package.metadata)
    troubled.client.until(path, lambda page: bool(page.file(package.filename).get("core-metadata")))
