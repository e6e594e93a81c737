"""Refusal: whose files are given out, and what is said if they are not."""

import pytest

from wheelyard.decide.refusal import why_refused
from wheelyard.model import ProjectStatus
from wheelyard.names import ProjectName

DEMO = ProjectName("demo")


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (ProjectStatus(), ""),
        (ProjectStatus("archived", "moved"), ""),
        (ProjectStatus("deprecated", "old"), ""),
        (ProjectStatus("quarantined", "malware"), "malware"),
        (ProjectStatus("quarantined"), "`demo` is quarantined by its index"),
    ],
)
def test_quarantine_alone_refuses_and_says_why(status: ProjectStatus, reason: str) -> None:
    """F29: a project that rests goes on to install. Source: PEP 792."""
    assert why_refused(DEMO, status) == reason
