"""What of a server follows from its settings alone: its address, its limits, its certificate."""

from wheelyard.server.lane import LaneLimits
from wheelyard.server.listen import TlsFiles
from wheelyard.server.process import ServeOptions
from wheelyard.server.watch import LOOPBACK
from wheelyard.settings import ServerSettings, Settings

__all__ = ["address_of", "local_address", "options_of"]


def options_of(settings: Settings, workers: int) -> ServeOptions:
    """Return how to serve with so many processes."""
    server = settings.server
    return ServeOptions(
        workers=workers,
        limits=_limits(settings),
        tls=TlsFiles(server.tls_cert, server.tls_key) if server.tls_cert else None,
        drain_seconds=server.drain_seconds,
        notice_seconds=server.notice_seconds,
    )


def address_of(server: ServerSettings, port: int) -> str:
    """Return the address under which clients reach the server, with a slash at the end."""
    return f"{server.base_url}/" if server.base_url else local_address(server, port)


def local_address(server: ServerSettings, port: int) -> str:
    """Return where programs on this machine reach the server, with a slash at the end."""
    if server.uds is not None:
        return f"http+unix://{server.uds}/"
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(server.host, server.host)  # noqa: S104 - shown, not bound
    host = f"[{host}]" if ":" in host and not host.startswith("[") else host
    scheme = "https" if server.tls_cert else "http"
    return f"{scheme}://{host}:{port}/"


def _limits(settings: Settings) -> LaneLimits:
    """Return what one client may cost."""
    connections = settings.connections
    return LaneLimits(
        header_seconds=connections.header_seconds,
        body_seconds=connections.body_seconds,
        idle_seconds=connections.idle_seconds,
        write_stall_seconds=connections.write_stall_seconds,
        max_connections=connections.max_connections,
        max_connections_per_address=connections.max_connections_per_address,
        unlimited_networks=(*LOOPBACK, *settings.server.trusted_proxies),
    )
