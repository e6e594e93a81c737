"""What the configuration of another program has to say: the settings, checked for it."""

import re
from dataclasses import dataclass
from pathlib import Path

from wheelyard.decide.redirecting import Role, Target, Ways, plan_targets
from wheelyard.errors import ConfigError
from wheelyard.settings import RedirectSettings, ServerSettings

__all__ = ["OWN_PATHS", "UNUSABLE", "Plan", "plan_configuration"]

OWN_PATHS = ("/-/live", "/-/ready", "/-/metrics")
"""What is asked about the redirector itself, and never sent on."""

UNUSABLE = (
    r"^[^?]*/(?:\.|%2e){1,2}(?:[/?]|$)",
    r"^[^?]*(?:\\|%2f|%5c|%[01][0-9a-f]|%7f)",
    r"[^!-~]",
)
"""Paths that are refused, as patterns that know no case: see ``decide.paths``."""

_QUOTABLE = re.compile(r"[A-Za-z0-9/._~@:+-]+")


@dataclass(frozen=True, slots=True)
class Plan:
    """Where to listen, where to send to, and how to check that somebody is there."""

    targets: tuple[Target, ...]
    ways: Ways
    listen: "Listen"
    redirect: RedirectSettings

    @property
    def servers(self) -> tuple[Target, ...]:
        """The servers, the preferred one first."""
        return tuple(target for target in self.targets if target.role is Role.DYNAMIC)

    def trees(self, index: str) -> tuple[Target, ...]:
        """Return the trees of ``index``, the preferred one first."""
        return tuple(t for t in self.targets if t.role is Role.STATIC and t.index == index)

    @property
    def indexes(self) -> tuple[str, ...]:
        """The indexes that have a tree; the default one is empty."""
        return ("", *self.ways.indexes) if self.redirect.static else ()


@dataclass(frozen=True, slots=True)
class Listen:
    """Where the program listens: ``host`` without brackets, or the Unix socket ``uds`` alone."""

    host: str
    port: int
    uds: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None

    @property
    def address(self) -> str:
        """Host and port as most programs write them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def plan_configuration(redirect: RedirectSettings, server: ServerSettings) -> Plan:
    """Return what is to be said.

    Raises:
        ConfigError: there is nowhere to send to or to listen on, or a path that cannot be written.
    """
    if not redirect.static and not redirect.dynamic:
        message = (
            "There is nowhere to send clients: give `--static` the address of a published tree, "
            "`--dynamic` that of a server, or both."
        )
        raise ConfigError(message)
    if server.port == 0 and server.uds is None:
        message = "A configuration needs a port that stays the same: choose one with `--port`."
        raise ConfigError(message)
    for path in (server.uds, server.tls_cert, server.tls_key, redirect.ca):
        if path is not None and not _QUOTABLE.fullmatch(str(path)):
            message = (
                f"`{path}` cannot be written into a configuration for every program: choose a "
                "path of letters, digits and `/._~@:+-`."
            )
            raise ConfigError(message)
    host = {"localhost": "127.0.0.1"}.get(server.host, server.host.strip("[]"))
    return Plan(
        plan_targets(redirect.static, redirect.dynamic, redirect.indexes),
        Ways(redirect.indexes),
        Listen(host, server.port, server.uds, server.tls_cert, server.tls_key),
        redirect,
    )
