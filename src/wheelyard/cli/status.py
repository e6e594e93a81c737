"""``wheelyard status``: the state of the server, its doors and its store."""

from dataclasses import dataclass
from pathlib import Path

import click
import msgspec

from wheelyard.cli.asking import ask_status, configured_address, parse_address
from wheelyard.cli.commands import Verdict
from wheelyard.cli.holding import Holding, load_holding
from wheelyard.cli.options import config_option, given_settings, json_option, setting_option
from wheelyard.errors import ConfigError, Unavailable
from wheelyard.monitor import Address, StatusReport, load_address
from wheelyard.settings import Settings, hide_url

__all__ = ["command"]


@dataclass(frozen=True, slots=True)
class Answered:
    """What a server said, and where it was asked."""

    address: Address
    report: StatusReport


@click.pass_context
def _status(context: click.Context, url: str | None, *, as_json: bool) -> Verdict:
    """Show what the server says of itself, else what the data directory holds."""
    settings = given_settings(context)
    asked = _addresses(settings, url)
    if (answered := _ask(asked)) is not None:
        _show_server(answered, as_json=as_json)
        return Verdict.FINE if answered.report.ready else Verdict.FOUND_WRONG
    where = _name(asked[-1])
    if url is not None:
        raise Unavailable(
            f"The server at `{where}`", "nobody listens there; start it, or correct `--url`"
        )
    data = settings.store.data
    holding = load_holding(settings)
    if holding is None:
        message = (
            f"No server is running on `{where}`, and `{data}` holds no data. Start one with "
            "`wheelyard serve`, or name another directory with `--data` or a server with `--url`."
        )
        raise ConfigError(message)
    _show_directory(data, where, holding, as_json=as_json)
    return Verdict.FINE


def _addresses(settings: Settings, url: str | None) -> tuple[Address, ...]:
    """Return where to ask, in order.

    The server of the data directory wrote down where it listens, which may differ from what
    the settings of this command say.
    """
    if url is not None:
        return (parse_address(url),)
    from wheelyard.catalog.layout import RUN_NAME

    recorded = load_address(settings.store.data / RUN_NAME)
    configured = configured_address(settings.server)
    return (configured,) if recorded is None else (recorded, configured)


def _ask(addresses: tuple[Address, ...]) -> Answered | None:
    """Return what the first server that listens says, or None if nobody does.

    Raises:
        Unavailable: somebody listens at the last address, but is not of use.
    """
    for address in addresses:
        try:
            report = ask_status(address)
        except Unavailable:
            if address is addresses[-1]:
                raise
            continue
        if report is not None:
            return Answered(address, report)
    return None


def _name(address: Address) -> str:
    """Return how people call the address."""
    return address.uds or hide_url(address.url)


def _show_server(answered: Answered, *, as_json: bool) -> None:
    """Write what a server said."""
    where = _name(answered.address)
    if as_json:
        _write_json({"running": True, "url": where, **_builtins(answered.report)})
        return
    from wheelyard.cli.showing import show_report

    show_report(where, answered.report)


def _show_directory(data: Path, where: str, holding: Holding, *, as_json: bool) -> None:
    """Write what a data directory holds that no server uses."""
    if as_json:
        told = {
            "held": holding.held,
            "doors": holding.doors,
            "syncs": holding.syncs,
            "readiness": holding.readiness,
        }
        _write_json({"running": False, "data": str(data), **msgspec.to_builtins(told)})
        return
    from wheelyard.cli.showing import show_holding

    show_holding(data, where, holding)


def _builtins(record: msgspec.Struct) -> dict[str, object]:
    """Return the fields of a record, and of those inside it, as JSON has them."""
    fields: dict[str, object] = msgspec.to_builtins(record)
    return fields


def _write_json(document: dict[str, object]) -> None:
    """Write a document as JSON that people can read too."""
    click.echo(msgspec.json.format(msgspec.json.encode(document), indent=2).decode())


command = click.Command(
    "status",
    callback=_status,
    help="Show the state of the server, its doors and its store.\n\nWithout a running server: "
    "what the data directory holds.",
    params=[
        click.Option(["--url"], metavar="URL", help="Address of the server to ask."),
        setting_option("store.data"),
        config_option(),
        json_option(),
    ],
)
