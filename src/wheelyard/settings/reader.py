"""Read every setting once, from file, environment and flags, into frozen records.

Everything that is wrong is said at once: a person who corrects a file should not meet its
mistakes one start after the other.
"""

import reprlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Literal, TypeVar

import platformdirs

from wheelyard.errors import BadInput, ConfigError
from wheelyard.settings.access import access_contradictions
from wheelyard.settings.consistency import inconsistencies, named_upstreams
from wheelyard.settings.doors import parse_doors
from wheelyard.settings.hidden import HiddenUrl, Secret, hide_url
from wheelyard.settings.kinds import HOOKS, PROXY, SECRET, URL, URLS
from wheelyard.settings.ldap import ldap_contradictions
from wheelyard.settings.records import (
    AccessSettings,
    ConnectionSettings,
    FreshnessSettings,
    IndexSettings,
    LdapSettings,
    LogSettings,
    NamesSettings,
    OidcSettings,
    PublishSettings,
    RedirectSettings,
    ServerSettings,
    Settings,
    StatsSettings,
    StoreSettings,
    SyncSettings,
    TellingSettings,
    UploadSettings,
    UpstreamSettings,
)
from wheelyard.settings.sources import DEFAULT_UPSTREAM, Given, find_config_file, read_sources

__all__ = ["load_settings"]

Record = TypeVar("Record")
MAX_SHOWN = 80
"""Characters of a value that a message repeats."""

Values = dict[tuple[str, str], dict[str, object]]
"""Values by section and name of the section (empty for most), then by key."""


def load_settings(flags: Mapping[str, object], environ: Mapping[str, str], cwd: Path) -> Settings:
    """Return the settings of this start.

    ``flags`` maps keys of the table (``server.port``) to what the command line says, and
    ``config`` to the file it names; a flag that was not given is None or an empty tuple.

    Raises:
        ConfigError: with every problem found, each with its key, its place and a next step.
    """
    config = find_config_file(flags, environ, cwd)
    sources = read_sources(flags, environ, cwd, config)
    values: Values = {(named.section, named.instance): {} for named in sources.named}
    problems = list(sources.problems)
    for given in sources.given:
        try:
            read = given.row.kind.read(given.value, given.place)
        except BadInput as error:
            problems.append(_problem(given, error))
        else:
            values.setdefault((given.row.section, given.instance), {})[given.row.name] = read
    from_flags = bool(flags.get("upstream.urls"))
    if from_flags:
        values = _with_flagged_upstream(values)
    if not problems:
        problems += _contradictions(values)
    if problems:
        raise ConfigError(_sentence(problems))
    settings = _settings(values, config, from_flags=from_flags)
    if problems := [*inconsistencies(settings)]:
        raise ConfigError(_sentence(problems))
    return settings


def _problem(given: Given, error: BadInput) -> str:
    """Return the sentence about a value that cannot be used."""
    if error.problems[0] == "explained":
        return f"{given.shown}: {error.problems[1]}."
    return f"{given.shown}: expected {given.row.kind.expected}, got {_show(given)}."


def _show(given: Given) -> str:
    """Return the value for a message: short, on one line, and nothing of a secret."""
    value = given.value
    if given.row.kind in {SECRET, HOOKS} or (given.row.kind is PROXY and isinstance(value, dict)):
        return f"{_type_name(value)} that is not shown"
    if given.row.kind in {URL, URLS, PROXY}:
        urls = value if isinstance(value, list | tuple) else [value]
        value = [hide_url(str(url)) for url in urls]
        value = value if isinstance(given.value, list | tuple) else value[0]
    text = value if isinstance(value, str) and value.isprintable() else reprlib.repr(value)
    shown = text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."
    return f"{_type_name(given.value)} `{shown}`"


def _type_name(value: object) -> str:
    """Return what TOML calls this type."""
    names = {
        str: "the text",
        bool: "the switch",
        int: "the number",
        float: "the number",
        list: "the list",
        tuple: "the list",
        dict: "the table",
    }
    return names.get(type(value), "the value")


def _with_flagged_upstream(values: Values) -> Values:
    """Return ``values`` with the upstream of ``--upstream`` before, and instead of, the others.

    Those that a route or a base names are other indexes and no doors to this one: they stay.
    """
    names = _record(NamesSettings, values.get(("names", ""), {}))
    named = named_upstreams(names, _named(IndexSettings, "index", values))
    flagged = ("upstream", DEFAULT_UPSTREAM)
    others = {
        (section, name): given
        for (section, name), given in values.items()
        if (section, name) != flagged and (section != "upstream" or name in named)
    }
    return {flagged: values[flagged], **others} if flagged in values else others


def _contradictions(values: Values) -> Iterator[str]:
    """Yield a sentence for each combination of usable values that is not usable."""
    server = values.get(("server", ""), {})
    if "tls_key" in server and "tls_cert" not in server:
        yield "`server.tls_key` needs `server.tls_cert`: name the certificate of this key."
    for (section, name), upstream in values.items():
        if section == "upstream" and not upstream.get("urls"):
            yield (
                f"`[upstream.{name}]` has no address: give at least one in "
                f"`upstream.{name}.urls`, or start with `--upstream`."
            )
    yield from access_contradictions(values)
    yield from ldap_contradictions(values)


def _sentence(problems: list[str]) -> str:
    """Return the one message of an error with every problem."""
    if len(problems) == 1:
        return problems[0]
    lines = "".join(f"\n  - {problem}" for problem in problems)
    return f"{len(problems)} settings cannot be used:{lines}"


def _settings(values: Values, config: Path | None, *, from_flags: bool) -> Settings:
    """Return the records made of ``values`` and, where nothing was given, of the defaults."""
    values.setdefault(("store", ""), {}).setdefault(
        "data", platformdirs.user_data_path("wheelyard").absolute()
    )
    upstreams = tuple(
        _upstream(name, given) for (section, name), given in values.items() if section == "upstream"
    )
    origin: Literal["flags", "configuration", "nothing"] = "nothing"
    if upstreams:
        origin = "flags" if from_flags else "configuration"
    return Settings(
        server=_record(ServerSettings, values.get(("server", ""), {})),
        connections=_record(ConnectionSettings, values.get(("server", ""), {})),
        logs=_record(LogSettings, values.get(("server", ""), {})),
        store=_record(StoreSettings, values[("store", "")]),
        freshness=_record(FreshnessSettings, values.get(("freshness", ""), {})),
        telling=_record(TellingSettings, values.get(("server", ""), {})),
        names=_record(NamesSettings, values.get(("names", ""), {})),
        upload=_record(UploadSettings, values.get(("upload", ""), {})),
        access=_record(AccessSettings, values.get(("access", ""), {})),
        indexes=_named(IndexSettings, "index", values),
        oidc=_named(OidcSettings, "oidc", values),
        syncs=_named(SyncSettings, "sync", values),
        publishes=_named(PublishSettings, "publish", values),
        redirect=_record(RedirectSettings, values.get(("redirect", ""), {})),
        stats=_record(StatsSettings, values.get(("stats", ""), {})),
        ldap=_record(LdapSettings, values.get(("ldap", ""), {})),
        upstreams=upstreams,
        upstreams_from=origin,
        config_file=config,
    )


def _upstream(name: str, given: Mapping[str, object]) -> UpstreamSettings:
    """Return one upstream with its doors."""
    urls, credentials = given["urls"], given.get("credentials")
    assert isinstance(urls, tuple)  # noqa: S101 - what its kind reads
    assert credentials is None or isinstance(credentials, Secret)  # noqa: S101 - the same
    hidden = [url for url in urls if isinstance(url, HiddenUrl)]
    doors = parse_doors(hidden, credentials)
    return _record(UpstreamSettings, {"name": name, "doors": doors, **given})


def _named(make: Callable[..., Record], wanted: str, values: Values) -> tuple[Record, ...]:
    """Return one record for each section ``[wanted.NAME]``."""
    return tuple(
        _record(make, {"name": name, **given})
        for (section, name), given in values.items()
        if section == wanted
    )


def _record(make: Callable[..., Record], given: Mapping[str, object]) -> Record:
    """Return a record out of those of the given values that it has fields for."""
    wanted = getattr(make, "__dataclass_fields__", {})
    return make(**{name: value for name, value in given.items() if name in wanted})
