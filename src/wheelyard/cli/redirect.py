"""``wheelyard redirect``: send clients on to a published tree and to servers, and keep nothing."""

import os
from urllib.parse import unquote, urlsplit

import click

from wheelyard import __version__
from wheelyard.cli.acting import place_options
from wheelyard.cli.options import given_settings, is_given, setting_option
from wheelyard.settings import Settings

__all__ = ["command", "start_lines"]

TOOLS = ("nginx", "haproxy", "lighttpd")


@click.pass_context
def _redirect(context: click.Context, tool: str | None) -> None:
    """Run the redirector until it is told to stop, or write what another program needs for it."""
    settings = given_settings(context)
    if tool is not None:
        if is_given(context, "server.access_log"):
            message = "--access-log is for a redirector that runs: leave it out with --config-for."
            raise click.UsageError(message, context)
        click.echo(_configuration(tool, settings), nl=False)
        return
    from wheelyard.server.redirecting import redirect

    redirect(settings, os.environ, _announce)


def _configuration(tool: str, settings: Settings) -> str:
    """Return what another program needs to redirect as we would."""
    from wheelyard.publish.redirecting import Tool, plan_configuration, render_configuration

    plan = plan_configuration(settings.redirect, settings.server)
    return render_configuration(Tool(tool), plan)


def _announce(url: str) -> None:
    """Write the start line; a closed standard output is no reason not to serve."""
    try:
        click.echo(start_lines(url))
    except OSError:
        return


def start_lines(url: str) -> str:
    """Return what a person reads once the redirector listens on ``url``."""
    if url.startswith("http+unix:"):
        path = unquote(urlsplit(url).path).rstrip("/")
        return f"Wheelyard {__version__} redirects what comes to {path} - stop it with Ctrl+C."
    return (
        f"Wheelyard {__version__} redirects what comes to {url} - stop it with Ctrl+C.\n\n"
        f"  pip install --index-url {url}simple/ PACKAGE\n"
    )


command = click.Command(
    "redirect",
    callback=_redirect,
    help="Send clients on to a published tree and to servers.\n\nFor pages and files to a tree, "
    "for everything else to a server, each time to the first address that is healthy. Needs no "
    "data directory and keeps nothing, so any number of these can stand side by side. With "
    "--config-for it runs nothing, and writes the same rules as the configuration of another "
    "program.",
    params=[
        setting_option("redirect.static"),
        setting_option("redirect.dynamic"),
        setting_option("server.host"),
        setting_option("server.port"),
        setting_option("server.uds"),
        setting_option("server.tls_cert"),
        setting_option("server.tls_key"),
        setting_option("server.access_log"),
        click.Option(
            ["--config-for", "tool"],
            type=click.Choice(TOOLS),
            help="Write the configuration of this program instead.",
        ),
        *place_options(),
    ],
)
