"""How people and pipelines show who they are, as it is configured."""

from pathlib import Path

import pytest

from wheelyard.errors import ConfigError
from wheelyard.settings import OidcSettings, Secret, Settings, load_settings
from wheelyard.settings.access import default_audience


def read(text: str, tmp_path: Path) -> Settings:
    """Return the settings in a file."""
    file = tmp_path / "wheelyard.toml"
    file.write_text(text)
    return load_settings({"config": str(file)}, {"SECRET": "hush"}, tmp_path)


def test_nobody_vouches_for_anybody_by_default(tmp_path: Path) -> None:
    """Nothing is believed that was not asked for."""
    settings = read("", tmp_path)

    assert settings.oidc == ()
    assert settings.access.user_header == ""


def test_issuers_come_by_name(tmp_path: Path) -> None:
    """One for pipelines, one for people; the secret by reference."""
    text = """
    [oidc.ci]
    issuer = "https://ci.example/"

    [oidc.sso]
    issuer = "https://sso.example/realm"
    client_id = "wheelyard"
    client_secret = { env = "SECRET" }
    user_claim = "email"
    groups = ["devs"]
    """

    ci, sso = read(text, tmp_path).oidc

    assert ci == OidcSettings(name="ci", issuer="https://ci.example")
    assert (sso.client_id, sso.client_secret) == ("wheelyard", Secret("hush"))
    assert (sso.user_claim, sso.groups, sso.add_users) == ("email", ("devs",), False)
    assert "hush" not in repr(sso)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[oidc.ci]\nclient_id = 'x'", r"`\[oidc.ci\]` has no issuer"),
        (
            "[oidc.ci]\nissuer = 'https://ci.example'\nclient_secret = { env = 'SECRET' }",
            "`oidc.ci.client_secret` needs `oidc.ci.client_id`",
        ),
        ("[access]\nuser_header = 'X-User'", "needs `server.trusted_proxies`"),
        (
            "[access]\nuser_header = 'X User'\n[server]\ntrusted_proxies = ['10.0.0.1']",
            "`X User` is not a header",
        ),
        (
            "[access]\nuser_header = 'Cookie'\n[server]\ntrusted_proxies = ['10.0.0.1']",
            "`Cookie` is not a header",
        ),
        (
            "[access]\nuser_header = 'X-Forwarded-For'\n[server]\ntrusted_proxies = ['10.0.0.1']",
            "`X-Forwarded-For` is not a header",
        ),
    ],
    ids=["no-issuer", "secret-alone", "no-proxy", "space", "cookie", "address"],
)
def test_settings_that_do_nothing_or_harm_are_mistakes(
    text: str, problem: str, tmp_path: Path
) -> None:
    """Told at the start, and not found out later."""
    with pytest.raises(ConfigError, match=problem):
        read(text, tmp_path)


def test_header_of_a_trusted_proxy_is_taken(tmp_path: Path) -> None:
    """Both belong together."""
    text = "[access]\nuser_header = 'X-Remote-User'\n[server]\ntrusted_proxies = ['10.0.0.1']"

    assert read(text, tmp_path).access.user_header == "X-Remote-User"


@pytest.mark.parametrize(
    ("audience", "base_url", "expected"),
    [
        ("", "", "wheelyard"),
        ("", "https://packages.example:8443/root", "packages.example"),
        ("own", "https://packages.example", "own"),
    ],
)
def test_audience_is_this_server_alone_if_it_has_a_name(
    audience: str, base_url: str, expected: str
) -> None:
    """A token that was made for another server is of no use here."""
    assert default_audience(audience, base_url) == expected
