"""Settings as a whole: what counts, and how everything wrong is said at once."""

import contextlib
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wheelyard.errors import ConfigError
from wheelyard.settings import (
    TABLE,
    ConnectionSettings,
    FreshnessSettings,
    LogSettings,
    Secret,
    ServerSettings,
    Settings,
    StoreSettings,
    load_settings,
)


@pytest.fixture(autouse=True)
def own_directories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep this machine's own configuration and data out of the tests."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))


def load(
    folder: Path,
    text: str = "",
    environ: Mapping[str, str] | None = None,
    flags: Mapping[str, object] | None = None,
) -> Settings:
    """Return the settings of a configuration file, an environment and flags."""
    (folder / "wheelyard.toml").write_text(text, "utf-8")
    return load_settings(flags or {}, environ or {}, folder)


def problem_of(
    folder: Path,
    text: str = "",
    environ: Mapping[str, str] | None = None,
    flags: Mapping[str, object] | None = None,
) -> str:
    """Return the sentence about settings that cannot be used."""
    with pytest.raises(ConfigError) as caught:
        load(folder, text, environ, flags)
    return str(caught.value)


def test_settings_without_any_are_the_defaults(tmp_path: Path) -> None:
    """Nothing needs to be configured."""
    assert load_settings({}, {}, tmp_path) == Settings(
        server=ServerSettings(),
        connections=ConnectionSettings(),
        logs=LogSettings(),
        store=StoreSettings(data=tmp_path / "share" / "wheelyard"),
        freshness=FreshnessSettings(),
    )


def test_file_is_overridden_by_environment_and_that_by_flags(tmp_path: Path) -> None:
    """The nearest to the person who starts the program wins."""
    text = "[server]\nport = 1\nworkers = 1\nhost = '10.0.0.1'"
    environ = {"WHEELYARD__SERVER__PORT": "2", "WHEELYARD__SERVER__WORKERS": "2"}

    server = load(tmp_path, text, environ, {"server.port": "3"}).server

    assert (server.port, server.workers, server.host) == (3, 2, "10.0.0.1")


@pytest.mark.parametrize(
    ("flags", "environ", "name"),
    [
        ({"store.data": "f"}, {"WHEELYARD_DATA": "e", "WHEELYARD__STORE__DATA": "s"}, "f"),
        ({}, {"WHEELYARD_DATA": "e", "WHEELYARD__STORE__DATA": "s"}, "e"),
        ({}, {"WHEELYARD__STORE__DATA": "s"}, "s"),
        ({}, {}, "c"),
    ],
)
def test_data_directory_is_that_of_the_strongest(
    tmp_path: Path, flags: Mapping[str, object], environ: Mapping[str, str], name: str
) -> None:
    """`--data`, else `WHEELYARD_DATA`, else the configuration: the same for every command."""
    assert load(tmp_path, "[store]\ndata = 'c'", environ, flags).store.data == tmp_path / name


def test_relative_paths_start_where_they_are_written(tmp_path: Path) -> None:
    """A configuration file means the same whoever reads it from wherever."""
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "ca.pem").touch()
    (folder / "w.toml").write_text("[upstream.a]\nurls = ['http://a']\nca = 'ca.pem'", "utf-8")

    upstream = load_settings({"config": "etc/w.toml"}, {}, tmp_path).upstreams[0]

    assert upstream.ca == folder / "ca.pem"


def test_every_kind_of_value_arrives_in_its_record(tmp_path: Path) -> None:
    """One example of each section, as an operator would write it."""
    text = """
        [server]
        base_url = "https://index.example/pypi/"
        trusted_proxies = ["10.0.0.0/8"]
        header_seconds = 5
        log_format = "json"
        [store]
        max_spool_bytes = "2 GiB"
        [freshness]
        max_seconds = 60
        [upstream.company]
        urls = ["https://a.example/simple/", "https://b.example"]
        credentials = { env = "TOKEN" }
        forbidden_means_absent = true
        max_age = 30
    """

    loaded = load(tmp_path, text, {"TOKEN": "user:password"})

    assert loaded.server.base_url == "https://index.example/pypi"
    assert loaded.server.trusted_proxies == (ip_network("10.0.0.0/8"),)
    assert loaded.connections.header_seconds == 5.0
    assert loaded.logs.log_format == "json"
    assert loaded.store.max_spool_bytes == 2 * 1024**3
    assert loaded.freshness.max_seconds == 60.0
    (upstream,) = loaded.upstreams
    assert upstream.name == "company"
    assert [door.url for door in upstream.doors] == [
        "https://a.example/simple/",
        "https://b.example/simple/",
    ]
    assert upstream.doors[1].plain_url == "https://b.example/"
    assert {door.credentials for door in upstream.doors} == {Secret("user:password")}
    assert upstream.forbidden_means_absent
    assert upstream.max_age == 30.0
    assert loaded.upstreams_from == "configuration"
    assert loaded.config_file == tmp_path / "wheelyard.toml"


def test_upstream_flag_replaces_the_configured_upstreams(tmp_path: Path) -> None:
    """What else is set for it stands in `[upstream.default]`."""
    text = "[upstream.a]\nurls = ['http://a']\n[upstream.default]\nmax_age = 7"

    loaded = load(tmp_path, text, flags={"upstream.urls": ("http://b/simple", "http://c/simple")})

    (upstream,) = loaded.upstreams
    assert [door.url for door in upstream.doors] == ["http://b/simple/", "http://c/simple/"]
    assert upstream.max_age == 7.0
    assert loaded.upstreams_from == "flags"


def test_environment_adds_to_an_upstream_of_the_file(tmp_path: Path) -> None:
    """The file names the address, the platform brings the secret."""
    text = "[upstream.my-company]\nurls = ['http://a/simple/']"
    environ = {"WHEELYARD__UPSTREAM__MY_COMPANY__CREDENTIALS": "user:password"}

    (upstream,) = load(tmp_path, text, environ).upstreams

    assert upstream.credentials == Secret("user:password")


@pytest.mark.parametrize(
    ("text", "environ", "flags", "sentence"),
    [
        (
            "[server]\nport = 'x'",
            {},
            {},
            "`server.port` in `{file}`: expected a whole number from 0 to 65535, got the text `x`.",
        ),
        (
            "[server]\nport = 70000",
            {},
            {},
            (
                "`server.port` in `{file}`: expected a whole number from 0 to 65535, "
                "got the number `70000`."
            ),
        ),
        (
            "",
            {"WHEELYARD__SERVER__PORT": "x"},
            {},
            "`WHEELYARD__SERVER__PORT`: expected a whole number from 0 to 65535, got the text `x`.",
        ),
        (
            "",
            {},
            {"server.port": "x"},
            "`--port`: expected a whole number from 0 to 65535, got the text `x`.",
        ),
        (
            "[server]\nlog_format = 'xml'",
            {},
            {},
            (
                "`server.log_format` in `{file}`: expected one of `auto`, `text`, `json`, "
                "got the text `xml`."
            ),
        ),
        (
            "[upstream.a]\nurls = 'http://a'",
            {},
            {},
            (
                "`upstream.a.urls` in `{file}`: expected a list of addresses starting with "
                "`file:///`, `http://` or `https://`, without query, got the text `http://a`."
            ),
        ),
        (
            "",
            {},
            {"upstream.urls": ("index.example",)},
            (
                "`--upstream`: expected a list of addresses starting with `file:///`, `http://` or "
                "`https://`, without query, got the list `['index.example']`."
            ),
        ),
        (
            "",
            {},
            {"upstream.urls": ("file:wheels",)},
            (
                "`--upstream`: `file:wheels` names no absolute directory of this machine; "
                "write it like `file:///srv/packages`."
            ),
        ),
        (
            "[upstream.a]\nca = 'http://a'",
            {},
            {},
            "`upstream.a.ca` in `{file}`: there is no file `{folder}/http:/a`.",
        ),
        (
            "[server]\nhost = ['ab']",
            {},
            {},
            "`server.host` in `{file}`: expected text, got the list `['ab']`.",
        ),
        (
            "[upstream.a]\nmax_age = 1",
            {},
            {},
            (
                "`[upstream.a]` has no address: give at least one in `upstream.a.urls`, "
                "or start with `--upstream`."
            ),
        ),
        (
            "[server]\ntls_key = 'wheelyard.toml'",
            {},
            {},
            "`server.tls_key` needs `server.tls_cert`: name the certificate of this key.",
        ),
    ],
)
def test_unusable_value_names_key_place_expected_and_got(
    tmp_path: Path,
    text: str,
    environ: Mapping[str, str],
    flags: Mapping[str, object],
    sentence: str,
) -> None:
    """Whoever reads the sentence can mend it without the documents."""
    expected = sentence.format(file=tmp_path / "wheelyard.toml", folder=tmp_path)

    assert problem_of(tmp_path, text, environ, flags) == expected


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    """Nobody mends a file one start at a time."""
    text = "[server]\nprot = 1\nport = 'x'\n[freshness]\nmax_seconds = -1"

    problem = problem_of(tmp_path, text, {"WHEELYARD__SERVER__HOTS": "a"})

    assert problem.startswith("4 settings cannot be used:\n  - ")
    assert problem.count("\n  - ") == 4


def test_long_value_is_cut_in_a_message(tmp_path: Path) -> None:
    """A sentence stays a sentence."""
    assert len(problem_of(tmp_path, f"[server]\nport = '{'x' * 10_000}'")) < 300


@pytest.mark.parametrize(
    "text",
    [
        "[upstream.a]\nurls = ['http://a']\ncredentials = 'user:hunter2'",
        "[upstream.a]\nurls = ['http://a']\ncredentials = ['hunter2']",
        "[upstream.a]\nurls = ['http://user:hunter2@a']",
        "[upstream.a]\nurls = ['ftp://user:hunter2@a']",
        "[upstream.a]\nurls = 'http://user:hunter2@a'",
        "[upstream.a]\nurls = ['http://a?token=hunter2']",
        "[upstream.a]\nurls = ['http://a']\nproxy = 'socks://user:hunter2@a'",
        "[upstream.a]\nurls = ['http://a']\nproxy = {value = 'hunter2'}",
        "[server]\nbase_url = 'http://user:hunter2@a'",
    ],
)
def test_message_about_a_secret_does_not_show_it(tmp_path: Path, text: str) -> None:
    """Not even when it stands where none may stand."""
    assert "hunter2" not in problem_of(tmp_path, text)


def test_settings_in_any_form_of_text_show_no_secret(tmp_path: Path) -> None:
    """Whoever logs the settings as a whole gives nothing away."""
    environ = {
        "WHEELYARD__UPSTREAM__A__URLS": "http://user:hunter2@a/simple/",
        "WHEELYARD__UPSTREAM__A__CREDENTIALS": "user:hunter2",
        "WHEELYARD__UPSTREAM__A__PROXY": "http://user:hunter2@proxy.example",
    }

    assert "hunter2" not in repr(load(tmp_path, "", environ))


NAMES = st.sampled_from([row.name for row in TABLE] + ["x", "use-mirrors"])
VALUES = st.recursive(
    st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(st.tuples(NAMES, VALUES), max_size=4),
    section=st.sampled_from(["server", "store", "freshness", "upstream", "upstream.a", "x"]),
)
def test_any_configuration_is_read_or_refused(
    tmp_path: Path, names: list[tuple[str, object]], section: str
) -> None:
    """Whatever stands in the file: settings, or one error with a sentence."""
    keys = "\n".join(f"{name} = {as_toml(value)}" for name, value in dict(names).items())

    with contextlib.suppress(ConfigError):
        load(tmp_path, f"[{section}]\n{keys}\n")


def as_toml(value: object) -> str:
    """Return a value as TOML writes it."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case list():
            return f"[{', '.join(as_toml(item) for item in value)}]"
        case _:
            escaped = "".join(f"\\U{ord(mark):08x}" for mark in str(value))
            return f'"{escaped}"'
