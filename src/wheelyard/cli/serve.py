"""``wheelyard serve``: run the server, and tell what to paste once it listens."""

import os
from functools import partial
from urllib.parse import unquote, urlsplit, urlunsplit

import click

from wheelyard import __version__
from wheelyard.cli.options import config_option, given_settings, setting_argument, setting_option
from wheelyard.errors import ConfigError

__all__ = ["command", "start_lines"]

_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - recognised, not bound
_SECURE_ANYWAY = {"127.0.0.1", "::1", "localhost"}
"""Hosts for which pip accepts plain HTTP without being told to."""


@click.pass_context
def _serve(context: click.Context) -> None:
    """Run the server until it is told to stop."""
    settings = given_settings(context)
    directory = settings.server.directory
    if directory is not None and not directory.is_dir():
        raise ConfigError(f"There is no directory `{directory}`: name one that has archives in it.")
    from wheelyard.server.serving import serve

    serve(settings, os.environ, partial(_announce, is_offline=settings.is_offline))


def _announce(url: str, *, is_offline: bool) -> None:
    """Write the start lines; a closed standard output is no reason not to serve."""
    try:
        click.echo(start_lines(url, is_offline=is_offline))
    except OSError:
        return


def start_lines(url: str, *, is_offline: bool = False) -> str:
    """Return what a person reads once the server listens on ``url``, the root of the server."""
    offline = " offline" if is_offline else ""
    if url.startswith("http+unix:"):
        path = unquote(urlsplit(url).path).rstrip("/")
        return (
            f"Wheelyard {__version__} listens on {path}{offline} - stop it with Ctrl+C.\n"
            "Clients reach it through your proxy: set `server.base_url` to the address they use."
        )
    index = f"{_reachable(url).rstrip('/')}/simple/"
    trust = _trust(index)
    return (
        f"Wheelyard {__version__} serves {index}{offline} - stop it with Ctrl+C.\n\n"
        f"  pip install --index-url {index}{trust} PACKAGE\n"
        f"  uv pip install --default-index {index} PACKAGE\n\n"
        "For everything in a shell:\n\n"
        f"  export PIP_INDEX_URL={index} UV_DEFAULT_INDEX={index}\n"
    )


def _reachable(url: str) -> str:
    """Return ``url`` with a host that a client on this machine can use."""
    parts = urlsplit(url)
    host = _WILDCARDS.get(parts.hostname or "")
    if host is None:
        return url
    return urlunsplit(parts._replace(netloc=host if parts.port is None else f"{host}:{parts.port}"))


def _trust(index: str) -> str:
    """Return the flag without which pip ignores an index that speaks plain HTTP."""
    parts = urlsplit(index)
    if parts.scheme == "https" or parts.hostname in _SECURE_ANYWAY:
        return ""
    return f" --trusted-host {parts.hostname}"


command = click.Command(
    "serve",
    callback=_serve,
    help="Run the server in the foreground.\n\nWithout any flag or setting it serves what this "
    "machine's pip installs from, and keeps it. The wheels and source archives in DIR, and in the "
    "directories beneath it, are served too; nobody else is asked for a project that has one.",
    params=[
        setting_argument("server.directory", "DIR"),
        setting_option("server.host"),
        setting_option("server.port"),
        setting_option("server.uds"),
        setting_option("server.workers"),
        setting_option("server.tls_cert"),
        setting_option("server.tls_key"),
        setting_option("server.access_log"),
        setting_option("server.read_only"),
        setting_option("server.offline"),
        setting_option("upstream.urls"),
        setting_option("store.data"),
        config_option(),
    ],
)
