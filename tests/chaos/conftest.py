"""The campaign of a test, and a line about each campaign at the end of pytest's output."""

from collections.abc import Iterator

import pytest

from chaos.campaign import FACTOR, Campaign
from support.simulator import Simulator

_PROPERTY = "campaign"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let a large campaign take its time."""
    for item in items:
        if FACTOR > 1 and "chaos" in item.path.parts:
            item.add_marker(pytest.mark.timeout(0))


@pytest.fixture
def campaign(request: pytest.FixtureRequest) -> Iterator[Campaign]:
    """Count the rounds of this test, and tell of them at the end."""
    campaign = Campaign(request.node.nodeid)
    yield campaign
    first_lines = [failure.splitlines()[0] for failure in campaign.failures]
    # Texts alone: it may have to travel from another process.
    request.node.user_properties.append((_PROPERTY, [campaign.line(), *first_lines]))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell of each campaign, with the commands that repeat what failed."""
    reports = [report for kind in terminalreporter.stats.values() for report in kind]
    properties = [pair for each in reports for pair in getattr(each, "user_properties", ())]
    campaigns = {said[0]: said[1:] for name, said in properties if name == _PROPERTY}
    if not campaigns:
        return
    terminalreporter.section("campaigns")
    for line, failures in campaigns.items():
        terminalreporter.line(line)
        for failure in failures:
            terminalreporter.line(f"  {failure}")


@pytest.fixture
def upstream() -> Iterator[Simulator]:
    """An upstream of the test's own."""
    with Simulator() as simulator:
        yield simulator
