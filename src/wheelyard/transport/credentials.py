"""Credentials: where they come from, and the one header they go into.

A credential belongs to one origin. It is kept apart from URLs from the moment that a URL is
parsed, so no log line, error or record of ours can carry it.
Source: RFC 7617 (Basic); RFC 3986, 3.2.1 (user information in a URL).
"""

import base64
import logging
import netrc
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from wheelyard.settings import Secret

__all__ = ["Credentials", "load_netrc", "parse_credentials", "split_credentials"]

_LOG = logging.getLogger(__name__)

# The host begins after the last "@" of the authority, as every parser has it.
_INFORMATION = re.compile(r"(?P<scheme>[^:/?#]*:?//)(?P<information>[^/?#]*)@")


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user name and a password; with an empty user name the password is a bearer token."""

    # Tokens are often given as the user name, so that is not shown either.
    username: str = field(repr=False)
    password: Secret

    def header(self) -> str:
        """Return the value of an ``Authorization`` header. Source: RFC 7617, 2; RFC 6750, 2.1."""
        if not self.username:
            return f"Bearer {self.password.reveal()}"
        pair = f"{self.username}:{self.password.reveal()}".encode()
        return f"Basic {base64.b64encode(pair).decode('ascii')}"


def parse_credentials(secret: Secret) -> Credentials:
    """Return ``user:password`` as credentials; a text without a colon is a bearer token."""
    username, colon, password = secret.reveal().partition(":")
    return Credentials(username, Secret(password)) if colon else Credentials("", Secret(username))


def split_credentials(url: str) -> tuple[str, Credentials | None]:
    """Return ``url`` without its user information, and that information as credentials.

    A URL that is broken otherwise loses its user information too.
    """
    found = _INFORMATION.match(url)
    if found is None:
        return url, None
    bare = f"{found['scheme']}{url[found.end() :]}"
    username, _, password = found["information"].partition(":")
    if not username and not password:
        return bare, None
    return bare, Credentials(unquote(username), Secret(unquote(password)))


def load_netrc(path: Path, host: str) -> Credentials | None:
    """Return the credentials that the netrc file at ``path`` has for ``host``, if any.

    A file that cannot be read or parsed is passed over, as pip does; the log says so.
    """
    try:
        found = netrc.netrc(str(path)).authenticators(host)
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, netrc.NetrcParseError) as error:
        # The parser's message quotes the file, hence only its class is told.
        _LOG.warning("`%s` is not used for credentials: %s.", path, type(error).__name__)
        return None
    if found is None:
        return None
    login, account, password = found
    return Credentials(login or account or "", Secret(password or ""))
