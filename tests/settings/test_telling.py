"""Webhooks as they are configured: in a file, by reference, and in the environment."""

from pathlib import Path

import pytest

from wheelyard.errors import ConfigError
from wheelyard.settings import HookUrl, Secret, Settings, load_settings


def read(text: str, environ: dict[str, str], tmp_path: Path) -> Settings:
    """Return the settings in a file and the environment."""
    file = tmp_path / "wheelyard.toml"
    file.write_text(text)
    return load_settings({"config": str(file)}, environ, tmp_path)


def test_webhooks_without_settings_are_none() -> None:
    """Nobody is told anything unless somebody asks for it."""
    settings = load_settings({}, {}, Path("/"))

    assert settings.telling.outage_webhooks == ()
    assert settings.telling.outage_webhook_secret is None


def test_webhooks_come_from_the_file_and_by_reference(tmp_path: Path) -> None:
    """An address that is a secret itself need not stand in the file."""
    text = """
    [server]
    outage_webhooks = ["https://hooks.example/a", { env = "HOOK" }]
    outage_webhook_secret = { env = "KEY" }
    """
    environ = {"HOOK": "https://chat.example/services/key", "KEY": "hunter2"}

    telling = read(text, environ, tmp_path).telling

    assert telling.outage_webhooks == (
        HookUrl("https://hooks.example/a"),
        HookUrl("https://chat.example/services/key"),
    )
    assert telling.outage_webhook_secret == Secret("hunter2")
    assert "hunter2" not in repr(telling)
    assert "services" not in repr(telling)


def test_webhooks_come_from_the_environment(tmp_path: Path) -> None:
    """Between commas, as every list."""
    environ = {"WHEELYARD__SERVER__OUTAGE_WEBHOOKS": "https://a.example/x,http://b.example:8080/"}

    telling = read("", environ, tmp_path).telling

    assert [str(each) for each in telling.outage_webhooks] == [
        "https://a.example",
        "http://b.example:8080",
    ]


@pytest.mark.parametrize(
    "hooks",
    [
        '["ftp://hooks.example/hunter2"]',
        '["https://user:hunter2@hooks.example/"]',
        '["hooks.example/hunter2"]',
        '"https://hooks.example/hunter2"',
        '[{ env = "NOWHERE" }]',
        "[1]",
    ],
)
def test_webhook_that_cannot_be_used_is_refused_unseen(hooks: str, tmp_path: Path) -> None:
    """The sentence names the setting and repeats nothing of the address."""
    with pytest.raises(ConfigError, match="outage_webhooks") as caught:
        read(f"[server]\noutage_webhooks = {hooks}", {}, tmp_path)

    assert "hunter2" not in str(caught.value)


def test_who_hears_of_what_is_published_is_told_apart(tmp_path: Path) -> None:
    """With addresses and a secret of its own."""
    text = """
    [server]
    publish_webhooks = ["https://builds.example/hook"]
    publish_webhook_secret = { env = "KEY" }
    """

    telling = read(text, {"KEY": "hunter2"}, tmp_path).telling

    assert telling.publish_webhooks == (HookUrl("https://builds.example/hook"),)
    assert telling.publish_webhook_secret == Secret("hunter2")
    assert telling.outage_webhooks == ()
