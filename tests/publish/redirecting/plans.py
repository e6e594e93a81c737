"""Plans for the tests of each program."""

from pathlib import Path

from wheelyard.publish.redirecting import Plan, plan_configuration
from wheelyard.settings import RedirectSettings, ServerSettings

__all__ = ["FULL", "SERVER_ONLY", "TREE_ONLY", "plan_for"]


def plan_for(redirect: RedirectSettings, **server: object) -> Plan:
    """Return the plan for these settings; it listens at 127.0.0.1:8765 unless told otherwise."""
    return plan_configuration(redirect, ServerSettings(**server))  # type: ignore[arg-type]  # words


FULL = RedirectSettings(
    static=("https://files.example/t", "https://spare.example"),
    dynamic=("https://index.example", "http://10.0.0.7:8765"),
    indexes=("acme",),
    ca=Path("/etc/ssl/own.pem"),
)
TREE_ONLY = RedirectSettings(static=("https://files.example",))
SERVER_ONLY = RedirectSettings(dynamic=("http://[::1]:8765",))
