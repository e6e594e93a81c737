"""The directory that knows passwords, as it is configured."""

from pathlib import Path

import pytest

from wheelyard.errors import ConfigError
from wheelyard.settings import LdapSettings, Secret, Settings, load_settings

PATTERN = 'bind_dn_pattern = "uid={user},ou=people,dc=example"'
URL = 'url = "ldaps://directory.example"'


def read(text: str, tmp_path: Path) -> Settings:
    """Return the settings in a file with this section."""
    file = tmp_path / "wheelyard.toml"
    file.write_text(f"[ldap]\n{text}")
    return load_settings({"config": str(file)}, {"SECRET": "hush"}, tmp_path)


def test_no_directory_is_asked_by_default(tmp_path: Path) -> None:
    """And an empty section is none."""
    assert read("", tmp_path).ldap == LdapSettings()


def test_directory_that_is_searched(tmp_path: Path) -> None:
    """With a name of our own, whose password is a reference and is never shown."""
    text = f"""
    {URL}
    base_dn = "ou=people,dc=example"
    bind_dn = "cn=wheelyard,dc=example"
    bind_password = {{ env = "SECRET" }}
    groups = ["release"]
    group_base_dn = "ou=groups,dc=example"
    group_filter = "(member={{dn}})"
    """

    ldap = read(text, tmp_path).ldap

    assert ldap.url == "ldaps://directory.example"
    assert ldap.bind_password == Secret("hush")
    assert ldap.user_filter == "(uid={user})"
    assert ldap.is_tls
    assert "hush" not in repr(ldap)


@pytest.mark.parametrize(
    "url", ["ldap://127.0.0.1:3890", "ldap://[::1]", "ldap://localhost/", "LDAP://localhost"]
)
def test_way_to_this_machine_may_be_plain(url: str, tmp_path: Path) -> None:
    """Nobody is on it."""
    assert not read(f'url = "{url}"\n{PATTERN}', tmp_path).ldap.is_tls


@pytest.mark.parametrize(
    "text",
    [
        'url = "ldap://directory.example"\nstarttls = true',
        'url = "ldaps://10.0.0.7:636"',
        'url = "LDAPS://directory.example"',
    ],
)
def test_way_to_other_machines_is_encrypted(text: str, tmp_path: Path) -> None:
    """From the start, or before anything is said."""
    assert read(f"{text}\n{PATTERN}", tmp_path).ldap.is_tls


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (PATTERN, r"`\[ldap\]` has no address"),
        ('url = "https://directory.example"', "expected an address such as `ldaps://"),
        ('url = "ldaps://me@directory.example"', "expected an address such as `ldaps://"),
        ('url = "ldaps://directory.example/dc=example"', "expected an address such as `ldaps://"),
        ('url = "ldaps://directory.example:x"', "expected an address such as `ldaps://"),
        ("url = 1", "expected an address such as `ldaps://"),
        (f'url = "ldap://directory.example"\n{PATTERN}', "plain LDAP to another machine"),
        (f"{URL}\nstarttls = true\n{PATTERN}", "`ldap.starttls` is for `ldap://`"),
        (URL, "either `ldap.bind_dn_pattern` or `ldap.base_dn`"),
        (f'{URL}\n{PATTERN}\nbase_dn = "dc=example"', "and not both"),
        (f'{URL}\n{PATTERN}\nbind_dn = "cn=x"', "go together"),
        (f'{URL}\n{PATTERN}\nbind_password = {{ env = "SECRET" }}', "go together"),
        (f"{URL}\n{PATTERN}\nseconds = 0", "`ldap.seconds` is 0"),
        (f'{URL}\nbind_dn_pattern = "uid=x"', r"`ldap.bind_dn_pattern` has to have `\{user\}`"),
        (f'{URL}\nbind_dn_pattern = "uid={{user}},{{dn}}"', "and no other"),
        (f'{URL}\nbase_dn = "dc=x"\nuser_filter = "(uid={{name}})"', "`ldap.user_filter` has to"),
        (f'{URL}\nbase_dn = "dc=x"\nuser_filter = "uid={{user}}"', "in parentheses"),
        (f'{URL}\n{PATTERN}\ngroups = ["x"]', "`ldap.groups` needs `ldap.group_base_dn`"),
    ],
)
def test_directory_that_cannot_be_used_stops_the_start(
    text: str, problem: str, tmp_path: Path
) -> None:
    """With what to do about it."""
    with pytest.raises(ConfigError, match=problem):
        read(text, tmp_path)
