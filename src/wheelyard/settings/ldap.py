"""The directory that knows passwords: the settings of signing in with LDAP."""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from wheelyard.errors import BadInput
from wheelyard.settings import kinds
from wheelyard.settings.hidden import Secret
from wheelyard.settings.kinds import Kind, Place
from wheelyard.settings.patterns import WORDS
from wheelyard.settings.words import Words

__all__ = ["LdapSettings", "ldap_contradictions"]

_PLACEHOLDER = re.compile(r"\{\w*\}")


def _read_ldap_url(value: object, _place: Place) -> str:
    """Return the address of a directory: scheme, host, perhaps a port, and nothing else."""
    if not isinstance(value, str):
        raise BadInput("mismatch")
    text = value.strip().rstrip("/")
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise BadInput("mismatch") from error
    extra = parts.path or parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in {"ldap", "ldaps"} or not parts.hostname or port == 0 or extra:
        raise BadInput("mismatch")
    return text


_LDAP_URL = Kind(
    "an address such as `ldaps://directory.example`, without path and without user",
    _read_ldap_url,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LdapSettings:
    """A directory that knows the passwords of users who have none here."""

    url: Annotated[
        str,
        _LDAP_URL,
        Words(
            "Address of the directory: `ldaps://`, or `ldap://` with `starttls`; without either "
            "only on this machine. Needs the extra `wheelyard[ldap]`.",
            shown_default="no directory is asked",
        ),
    ] = ""
    starttls: Annotated[
        bool,
        kinds.SWITCH,
        Words("Turn a connection to `ldap://` into TLS before anything is said."),
    ] = False
    ca: Annotated[
        Path | None,
        kinds.FILE,
        Words(
            "Certificates in PEM form that are trusted for the directory, and no others.",
            shown_default="the system's",
        ),
    ] = None
    bind_dn_pattern: Annotated[
        str,
        kinds.TEXT,
        Words(
            "Distinguished name of a user, such as `uid={user},ou=people,dc=example`. Either this, "
            "or `base_dn` to search in.",
            shown_default="none",
        ),
    ] = ""
    base_dn: Annotated[
        str,
        kinds.TEXT,
        Words("Where users are searched, with everything below.", shown_default="none"),
    ] = ""
    user_filter: Annotated[
        str,
        kinds.TEXT,
        Words(
            "Filter that finds the one entry of a user below `base_dn`; `{user}` is the name that "
            "was typed."
        ),
    ] = "(uid={user})"
    bind_dn: Annotated[
        str,
        kinds.TEXT,
        Words(
            "Distinguished name with which the server itself signs in to search.",
            shown_default="none: it searches without a name",
        ),
    ] = ""
    bind_password: Annotated[
        Secret | None,
        kinds.SECRET,
        Words("Password that goes with `bind_dn`."),
    ] = None
    add_users: Annotated[
        bool,
        kinds.SWITCH,
        Words(
            "Add whoever signs in for the first time as a user without any role; otherwise users "
            "are added with `wheelyard user add`."
        ),
    ] = False
    groups: Annotated[
        tuple[str, ...],
        WORDS,
        Words(
            "Groups in which a user is, from each login on, if and only if the directory says so; "
            "other groups are left as they are. Needs `group_base_dn`."
        ),
    ] = ()
    group_base_dn: Annotated[
        str,
        kinds.TEXT,
        Words(
            "Where the entries of groups are; the `cn` of an entry below is its name here.",
            shown_default="none",
        ),
    ] = ""
    group_filter: Annotated[
        str,
        kinds.TEXT,
        Words(
            "Filter that finds the groups of a user, such as `(member={dn})` or "
            "`(memberUid={user})`.",
            shown_default="none: the entry of the user lists them",
        ),
    ] = ""
    groups_attribute: Annotated[
        str,
        kinds.TEXT,
        Words("Attribute in the entry of a user that lists the groups, without `group_filter`."),
    ] = "memberOf"
    seconds: Annotated[
        float,
        kinds.SECONDS,
        Words("How long the directory may take to answer a login.", "seconds"),
    ] = 5.0

    @property
    def is_tls(self) -> bool:
        """Whether what is said is encrypted, and the directory shows a certificate."""
        return self.starttls or urlsplit(self.url).scheme == "ldaps"


def ldap_contradictions(
    values: Mapping[tuple[str, str], Mapping[str, object]],
) -> Iterator[str]:
    """Yield a sentence for each combination of usable values that is not usable."""
    given = values.get(("ldap", ""), {})
    if not given.get("url"):
        if given:
            yield "`[ldap]` has no address: give it in `ldap.url`, or take the section out."
        return
    yield from _about_the_way(str(given["url"]), starttls=bool(given.get("starttls")))
    yield from _about_users(given)
    yield from _about_groups(given)


def _about_the_way(url: str, *, starttls: bool) -> Iterator[str]:
    """Yield what is wrong with how the directory is reached."""
    parts = urlsplit(url)
    if parts.scheme == "ldaps" and starttls:
        yield "`ldap.starttls` is for `ldap://`: take it out, `ldaps://` is TLS from the start."
    if parts.scheme == "ldap" and not starttls and not _is_loopback(parts.hostname or ""):
        yield (
            "`ldap.url` is plain LDAP to another machine: anybody on the way could read every "
            "password. Use `ldaps://`, or set `ldap.starttls`."
        )


def _about_users(given: Mapping[str, object]) -> Iterator[str]:
    """Yield what is wrong with how users are found."""
    if bool(given.get("bind_dn_pattern")) == bool(given.get("base_dn")):
        yield "`[ldap]` needs either `ldap.bind_dn_pattern` or `ldap.base_dn`, and not both."
    if bool(given.get("bind_dn")) != bool(given.get("bind_password")):
        yield "`ldap.bind_dn` and `ldap.bind_password` go together: give both, or neither."
    if given.get("seconds") == 0:
        yield "`ldap.seconds` is 0: no directory answers in no time."
    allowed = {
        "bind_dn_pattern": {"{user}"},
        "user_filter": {"{user}"},
        "group_filter": {"{user}", "{dn}"},
    }
    for key, placeholders in allowed.items():
        text = str(given.get(key) or "")
        found = set(_PLACEHOLDER.findall(text))
        if text and (not found or not found <= placeholders):
            names = " or ".join(f"`{each}`" for each in sorted(placeholders))
            yield f"`ldap.{key}` has to have {names} in it, where the user is meant, and no other."
        if text and key.endswith("filter") and not (text[0] == "(" and text[-1] == ")"):
            yield f"`ldap.{key}` has to be in parentheses, like `(uid={{user}})`."


def _about_groups(given: Mapping[str, object]) -> Iterator[str]:
    """Yield what is wrong with how groups are found."""
    if given.get("groups") and not given.get("group_base_dn"):
        yield (
            "`ldap.groups` needs `ldap.group_base_dn`: elsewhere in the directory anybody might "
            "call a group like one of ours."
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
