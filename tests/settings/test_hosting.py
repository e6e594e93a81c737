"""Settings of indexes, names and uploads: safe by default, read as they are written."""

from pathlib import Path

import pytest

from wheelyard.errors import ConfigError
from wheelyard.settings import (
    IndexSettings,
    NamePattern,
    NamesSettings,
    Route,
    Settings,
    UploadSettings,
    load_settings,
)

FILE = """
[upstream.main]
urls = ["http://index.example/simple/"]
[upstream.pytorch]
urls = ["http://pytorch.example/whl/"]

[index.prod]
bases = ["staging", "main"]
read = "members"
fill = "granted"
volatile = true
fallback = "none"

[index.staging]

[names]
reserved = ["Acme_*", "secret.project"]
blocked = ["evil*"]
route = { "torch*" = "pytorch" }
merge = ["Flask"]

[upload]
max_file_bytes = "2 GiB"
strict = true
cleartext = true
"""


@pytest.fixture(autouse=True)
def own_directories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep this machine's own configuration and data out of the tests."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))


def load(folder: Path, text: str, environ: dict[str, str] | None = None) -> Settings:
    """Return the settings of a configuration file and an environment."""
    (folder / "wheelyard.toml").write_text(text, "utf-8")
    return load_settings({}, environ or {}, folder)


def test_without_settings_nothing_is_reserved_and_nothing_is_open() -> None:
    """No name is merged, no upload goes over cleartext, no file is replaced."""
    assert NamesSettings() == NamesSettings(reserved=(), blocked=(), route=(), merge=())
    assert not UploadSettings().cleartext
    index = IndexSettings(name="main")
    assert (index.read, index.volatile, index.fallback) == ("anyone", False, "proxy")


def test_file_says_everything(tmp_path: Path) -> None:
    """Names are normalised on the way."""
    settings = load(tmp_path, FILE)

    prod, staging = settings.indexes
    assert prod == IndexSettings(
        name="prod",
        bases=("staging", "main"),
        read="members",
        fill="granted",
        volatile=True,
        fallback="none",
    )
    assert staging == IndexSettings(name="staging")
    assert settings.names == NamesSettings(
        reserved=(NamePattern("acme-*"), NamePattern("secret-project")),
        blocked=(NamePattern("evil*"),),
        route=(Route(NamePattern("torch*"), "pytorch"),),
        merge=settings.names.merge,
    )
    assert settings.names.merge == ("flask",)
    assert settings.upload.max_file_bytes == 2 * 1024**3
    assert (settings.upload.strict, settings.upload.cleartext) == (True, True)


def test_environment_says_it_too(tmp_path: Path) -> None:
    """A container is configured without a file."""
    environ = {
        "WHEELYARD__NAMES__RESERVED": "acme-*,house",
        "WHEELYARD__INDEX__MAIN__FALLBACK": "none",
        "WHEELYARD__UPLOAD__STRICT": "yes",
    }

    settings = load(tmp_path, "", environ)

    assert settings.names.reserved == (NamePattern("acme-*"), NamePattern("house"))
    assert settings.indexes == (IndexSettings(name="main", fallback="none"),)
    assert settings.upload.strict


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "[names]\nmerge = ['acme-*']",
            (
                "`names.merge` in `{file}`: each project is named by itself: a pattern would merge "
                "names nobody thought of."
            ),
        ),
        (
            "[names]\nreserved = 'acme-*'",
            (
                "`names.reserved` in `{file}`: expected a list of project names or patterns such "
                "as "
                "`acme-*`, got the text `acme-*`."
            ),
        ),
        (
            "[names]\nreserve = ['acme-*']",
            "`names.reserve` in `{file}` is unknown; did you mean `reserved`?",
        ),
        (
            "[names.route]\n'torch*' = 'a'\n'Torch*' = 'b'",
            "`names.route` in `{file}`: `torch*` has two upstreams: a name has one owner.",
        ),
        (
            "[index.main]\nfallback = 'pypi'",
            (
                "`index.main.fallback` in `{file}`: expected one of `proxy`, `mirror`, `none`, "
                "got the "
                "text `pypi`."
            ),
        ),
    ],
)
def test_mistake_is_told_with_its_place(tmp_path: Path, text: str, problem: str) -> None:
    """A protection that was misspelled does not start as none."""
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)

    assert str(caught.value) == problem.format(file=tmp_path / "wheelyard.toml")
