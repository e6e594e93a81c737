"""Where settings come from, and what is said about keys that do not exist."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from wheelyard.errors import ConfigError
from wheelyard.settings.sources import Given, find_config_file, read_sources

URL = "http://a.example"


def problems_of(folder: Path, text: str = "", environ: Mapping[str, str] | None = None) -> str:
    """Return the problems with the keys of a configuration and an environment, as one text."""
    config = folder / "wheelyard.toml"
    config.write_text(text, "utf-8")
    return "\n".join(read_sources({}, environ or {}, folder, config).problems)


def given(folder: Path, environ: Mapping[str, str]) -> list[Given]:
    """Return what an environment gives."""
    return list(read_sources({}, environ, folder, None).given)


@pytest.fixture(autouse=True)
def user_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep this machine's own configuration out of the tests."""
    folder = tmp_path / "config"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    (folder / "wheelyard").mkdir(parents=True)
    return folder / "wheelyard"


def test_config_file_named_by_flag_wins(tmp_path: Path) -> None:
    """Then the variable, then the working directory, then the user's directory."""
    for name in ("flag.toml", "variable.toml", "wheelyard.toml", "config/wheelyard/wheelyard.toml"):
        (tmp_path / name).touch()
    flags = {"config": "flag.toml"}
    environ = {"WHEELYARD_CONFIG": "variable.toml"}

    assert find_config_file(flags, environ, tmp_path) == tmp_path / "flag.toml"
    assert find_config_file({"config": None}, environ, tmp_path) == tmp_path / "variable.toml"
    assert find_config_file({}, {"WHEELYARD_CONFIG": ""}, tmp_path) == tmp_path / "wheelyard.toml"


def test_config_file_of_the_user_is_the_last(tmp_path: Path, user_directory: Path) -> None:
    """Found when there is none in the working directory, and there need be none at all."""
    assert find_config_file({}, {}, tmp_path) is None

    (user_directory / "wheelyard.toml").touch()

    assert find_config_file({}, {}, tmp_path) == user_directory / "wheelyard.toml"


@pytest.mark.parametrize(
    ("flags", "environ", "origin"),
    [
        ({"config": "missing.toml"}, {}, "--config"),
        ({}, {"WHEELYARD_CONFIG": "missing.toml"}, "WHEELYARD_CONFIG"),
    ],
)
def test_config_file_that_was_named_must_exist(
    tmp_path: Path, flags: Mapping[str, object], environ: Mapping[str, str], origin: str
) -> None:
    """Going on without it would serve something else than was asked for."""
    (tmp_path / "wheelyard.toml").touch()

    with pytest.raises(ConfigError, match=f"missing.toml` \\(from `{origin}`\\)"):
        find_config_file(flags, environ, tmp_path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[server\n", "is not valid TOML: .*line 1"),
        (b"[server]\nport = 1\nport = 2\n", "is not valid TOML"),
        (b"\xff", "is not UTF-8 text"),
    ],
)
def test_config_file_that_is_no_toml_is_named(tmp_path: Path, content: bytes, reason: str) -> None:
    """The file, and where in it."""
    path = tmp_path / "wheelyard.toml"
    path.write_bytes(content)

    with pytest.raises(ConfigError, match=f"`{path}` {reason}"):
        read_sources({}, {}, tmp_path, path)


def test_config_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """A directory stands for anything that cannot be read; the tests may run as root."""
    with pytest.raises(ConfigError, match=f"`{tmp_path}` cannot be read: .*Check"):
        read_sources({}, {}, tmp_path, tmp_path)


def test_config_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    """Some editors write one."""
    path = tmp_path / "wheelyard.toml"
    path.write_bytes(b"\xef\xbb\xbf[server]\nport = 1\n")

    assert [each.value for each in read_sources({}, {}, tmp_path, path).given] == [1]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[server]\nprot = 1", "`server.prot` in `{file}` is unknown; did you mean `port`?"),
        (
            "[server]\nbase-url = 1",
            "`server.base-url` in `{file}` is unknown; did you mean `base_url`?",
        ),
        ("[sever]\nport = 1", "`[sever]` in `{file}` is unknown; did you mean `[server]`?"),
        ("[upstreams]\n", "`[upstreams]` in `{file}` is unknown; did you mean `[upstream.NAME]`?"),
        (
            "port = 1",
            "`port` in `{file}` is unknown there; it belongs to `[server]`.",
        ),
        (
            "[server]\ndata = 'x'",
            "`server.data` in `{file}` is unknown there; it belongs to `[store]`.",
        ),
        (
            "[store]\nxyz = 1",
            (
                "`store.xyz` in `{file}` is unknown; known are "
                "`data`, `max_spool_bytes`, `min_free_bytes`, `max_bytes`, `keep_removed_days`, "
                "`scrub_days`, `scrub_bytes_per_second`."
            ),
        ),
        ("server = 1", "`server` in `{file}` is a section: write `[server]` above its keys."),
        (
            "[upstream]\nurls = []",
            (
                "`upstream.urls` in `{file}` needs a name of its own: "
                "write `[upstream.NAME]` above `urls`."
            ),
        ),
        (
            "[upstream.PyPI]\n",
            (
                "`[upstream.PyPI]` in `{file}`: a name is made of lower-case letters, digits and "
                "dashes. Choose another one."
            ),
        ),
        (
            "[upstream.a]\nurl = 'x'",
            "`upstream.a.url` in `{file}` is unknown; did you mean `urls`?",
        ),
    ],
)
def test_unknown_key_names_file_key_and_nearest_key(
    tmp_path: Path, text: str, sentence: str
) -> None:
    """A mistyped setting must not silently do nothing."""
    assert problems_of(tmp_path, text) == sentence.format(file=tmp_path / "wheelyard.toml")


@pytest.mark.parametrize(
    "text",
    [
        "use-mirrors = true",
        "mirrors = ['http://b.example']",
        "[install]\nuse-mirrors = true",
        "[global]\nmirrors = 'http://b.example'",
        "[server]\nuse_mirrors = true",
        "[upstream]\nmirrors = ['http://b.example']",
        "[upstream.a]\nmirrors = ['http://b.example']",
        "[mirrors]\na = 'http://b.example'",
    ],
)
def test_mirror_settings_of_old_are_refused_with_the_replacement(tmp_path: Path, text: str) -> None:
    """Nothing is contacted that nobody configured for this program (A-29)."""
    assert "list several doors to one index in `[upstream.NAME] urls`" in problems_of(
        tmp_path, text
    )


def test_mirror_setting_in_the_environment_is_refused(tmp_path: Path) -> None:
    """Wherever it is written (A-29)."""
    problems = problems_of(tmp_path, environ={"WHEELYARD__SERVER__USE_MIRRORS": "1"})

    assert "`[upstream.NAME] urls`" in problems


@pytest.mark.parametrize(
    ("key", "replacement"),
    [
        ("index-url", "name it in `[upstream.NAME] urls`"),
        ("extra-index-url", "is not a door"),
        ("find-links", "is not a door"),
    ],
)
def test_settings_of_pip_are_refused_with_the_replacement(
    tmp_path: Path, key: str, replacement: str
) -> None:
    """People bring their configuration along."""
    assert replacement in problems_of(tmp_path, f"[global]\n{key} = '{URL}'")


@pytest.mark.parametrize(
    ("variable", "sentence"),
    [
        (
            "WHEELYARD__SERVER__PROT",
            "`WHEELYARD__SERVER__PROT` in the environment is unknown; did you mean `port`?",
        ),
        (
            "WHEELYARD__SEVER__PORT",
            "`WHEELYARD__SEVER__PORT` in the environment is unknown; did you mean `[server]`?",
        ),
        (
            "WHEELYARD__UPSTREAM__URLS",
            "`WHEELYARD__UPSTREAM__URLS` in the environment is unknown; known are",
        ),
        (
            "WHEELYARD__UPSTREAM",
            "`WHEELYARD__UPSTREAM` names no upstream: write `WHEELYARD__UPSTREAM__NAME__KEY`.",
        ),
        (
            "WHEELYARD__SERVER__PORT__FILE",
            (
                "`WHEELYARD__SERVER__PORT__FILE` goes deeper than the setting `server.port`: "
                "use `WHEELYARD__SERVER__PORT`."
            ),
        ),
    ],
)
def test_unknown_variable_is_named(tmp_path: Path, variable: str, sentence: str) -> None:
    """The environment is held to the same rules as the file."""
    assert problems_of(tmp_path, environ={variable: "1"}).startswith(sentence)


def test_variables_of_others_are_left_alone(tmp_path: Path) -> None:
    """Kubernetes sets these by itself for a service called `wheelyard`."""
    environ = {
        "WHEELYARD_PORT": "tcp://10.0.0.1:8765",
        "WHEELYARD_SERVICE_HOST": "10.0.0.1",
        "WHEELYARD__SERVER__PORT": "",
        "PIP_USE_MIRRORS": "1",
    }

    assert problems_of(tmp_path, environ=environ) == ""
    assert given(tmp_path, environ) == []


def test_variable_means_the_upstream_with_dashes(tmp_path: Path) -> None:
    """Variables can have no dash, names no underscore."""
    (found,) = given(tmp_path, {"WHEELYARD__UPSTREAM__MY_COMPANY__URLS": URL})

    assert (found.row.key, found.instance, found.value) == ("upstream.urls", "my-company", [URL])


@pytest.mark.parametrize("reference", ["file", "env"])
def test_variable_of_a_secret_may_be_a_reference(tmp_path: Path, reference: str) -> None:
    """Container platforms mount secrets as files."""
    name = f"WHEELYARD__UPSTREAM__A__CREDENTIALS__{reference.upper()}"

    (found,) = given(tmp_path, {name: "/run/secrets/a"})

    assert found.value == {reference: "/run/secrets/a"}


def test_flag_that_was_not_given_says_nothing(tmp_path: Path) -> None:
    """None and an empty tuple are how a command line says so."""
    flags = {"server.port": None, "upstream.urls": (), "config": "x", "server.host": "::1"}

    (found,) = read_sources(flags, {}, tmp_path, None).given

    assert (found.row.key, found.value, found.shown) == ("server.host", "::1", "`--host`")
