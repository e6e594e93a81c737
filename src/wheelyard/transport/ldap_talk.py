"""One conversation with a directory, in a thread: the only module that knows the library.

Imported when a directory is configured and not before: it takes a while, and is an extra.

The library is used for what it says on the wire. Certificates are verified by the standard
library, in the handshake, and not by the library afterwards; deadlines are those of the socket.
"""

import contextlib
import socket
import ssl
import time
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from wheelyard.errors import Unavailable
from wheelyard.settings import LdapSettings
from wheelyard.wire.ldap_names import escape_dn_value, escape_filter_value, fill, group_name

with warnings.catch_warnings():
    # It asks pyasn1 0.6 for two tables by the names that they had before.
    warnings.filterwarnings("ignore", r"(tag|type)Map is deprecated", DeprecationWarning)
    import ldap3
    from ldap3.core.exceptions import LDAPException

__all__ = ["Conversation", "Place", "unavailable"]

_SUCCESS: Final = 0
_TOO_MANY: Final = 4
_NO: Final = frozenset({19, 32, 48, 49, 53})
"""Results of signing in that are the user's: no such entry or wrong password (32, 48, 49), locked
after too many of them (19), or switched off (53). All others say nothing about the password."""

_TWO: Final = 2
_MOST_GROUPS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a directory is; ``context`` is how its certificate is verified."""

    host: str
    port: int
    context: ssl.SSLContext | None


def unavailable(reason: str) -> Unavailable:
    """Return the error of a directory that gave no answer to go by."""
    return Unavailable("The LDAP directory", f"{reason}.")


@dataclass(slots=True)
class Conversation:
    """One conversation, on a connection of its own. ``cut`` ends it from another thread."""

    settings: LdapSettings
    place: Place
    _connection: ldap3.Connection | None = field(default=None, init=False, repr=False)
    _ends_at: float = field(default=0.0, init=False)

    def verify(self, user: str, password: str) -> frozenset[str] | None:
        """Return the groups of the user whose password it is; None if it is not.

        Raises:
            Unavailable: the directory did not say.
        """
        self._ends_at = time.monotonic() + self.settings.seconds
        try:
            with self._open() as connection:
                return self._ask(connection, user, password)
        except Unavailable:
            raise
        except (LDAPException, OSError) as error:
            raise unavailable(_reason(error)) from error
        except Exception as error:  # whatever the library makes of nonsense
            message = f"its answer cannot be read ({type(error).__name__})"
            raise unavailable(message) from error

    def cut(self) -> None:
        """Have a thread that waits for the directory wait no longer."""
        opened = self._connection.socket if self._connection is not None else None
        if opened is not None:
            with contextlib.suppress(OSError):
                # That of the class below: the one of TLS lets go of what the thread reads from.
                socket.socket.shutdown(opened, socket.SHUT_RDWR)

    def _ask(self, connection: ldap3.Connection, user: str, password: str) -> frozenset[str] | None:
        dn = self._find(connection, user)
        if dn is None or not self._sign_in(connection, dn, password):
            return None
        return self._groups(connection, dn, user) if self.settings.groups else frozenset()

    # --- the connection ---------------------------------------------------------------------------

    @contextlib.contextmanager
    def _open(self) -> Iterator[ldap3.Connection]:
        """Yield a connection to the first address that takes one, encrypted if it has to be."""
        place, failures = self.place, []
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
        for address in dict.fromkeys(str(each[4][0]) for each in found):
            connection = self._connection = self._prepare(address)
            try:
                self._begin(connection)
            except (LDAPException, OSError) as error:
                _close(connection)
                failures.append(str(connection.last_error or _reason(error)))
                continue
            try:
                yield connection
            finally:
                _close(connection)
            return
        raise OSError("; ".join(failures) or "the host has no address")

    def _prepare(self, address: str) -> ldap3.Connection:
        """Return a connection that is not open yet, and that never goes anywhere else."""
        place = self.place
        tls = None
        if place.context is not None:
            tls = ldap3.Tls(validate=ssl.CERT_REQUIRED)
            tls.wrap_socket = self._encrypt  # verifies chain and name, and before anything is sent
        server = ldap3.Server(
            address,
            port=place.port,
            use_ssl=place.context is not None and not self.settings.starttls,
            tls=tls,
            get_info=ldap3.NONE,
            connect_timeout=self._left(),
            allowed_referral_hosts=[],
        )
        return ldap3.Connection(
            server,
            auto_bind=ldap3.AUTO_BIND_NONE,
            auto_referrals=False,
            check_names=False,
            read_only=True,
        )

    def _begin(self, connection: ldap3.Connection) -> None:
        connection.open(read_server_info=False)
        if self.settings.starttls:
            self._limit(connection)
            connection.start_tls(read_server_info=False)
            if not isinstance(connection.socket, ssl.SSLSocket):
                raise OSError("it does not turn the connection into TLS")

    def _encrypt(self, connection: ldap3.Connection, **_: object) -> None:
        """Do the handshake on the connection's socket: it is closed if that fails."""
        assert self.place.context is not None  # noqa: S101 - who makes the connection sees to it
        connection.socket = self.place.context.wrap_socket(
            connection.socket, server_hostname=self.place.host
        )

    def _limit(self, connection: ldap3.Connection) -> None:
        """Let the next question take no longer than what is left of the time."""
        connection.socket.settimeout(self._left())

    def _left(self) -> float:
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError("it took too long")
        return left

    # --- what is asked ----------------------------------------------------------------------------

    def _find(self, connection: ldap3.Connection, user: str) -> str | None:
        """Return the distinguished name of a user; None if there is no such user, or two."""
        settings = self.settings
        if settings.bind_dn_pattern:
            return fill(settings.bind_dn_pattern, {"user": user}, escape_dn_value)
        self._become_reader(connection)
        wanted = fill(settings.user_filter, {"user": user}, escape_filter_value)
        entries = self._search(connection, settings.base_dn, wanted, most=_TWO)
        return next(iter(entries)) if len(entries) == 1 else None

    def _sign_in(self, connection: ldap3.Connection, dn: str, password: str) -> bool:
        """Say whether the password is that of ``dn``. Neither is ever empty."""
        if not dn or not password:  # either would be no login, and the directory would say yes
            return False
        code = self._bind(connection, dn, password)
        if code in _NO:
            return False
        _expect_success(code, "a login")
        return True

    def _become_reader(self, connection: ldap3.Connection) -> None:
        """Be again who searches; without a name of our own, whoever we are."""
        settings = self.settings
        if settings.bind_dn and settings.bind_password is not None:
            code = self._bind(connection, settings.bind_dn, settings.bind_password.reveal())
            _expect_success(code, "our own login (`ldap.bind_dn`)")

    def _bind(self, connection: ldap3.Connection, dn: str, password: str) -> int:
        self._limit(connection)
        connection.authentication = ldap3.SIMPLE
        # As bytes: from a text the library takes characters out, or refuses it altogether.
        connection.user, connection.password = dn, password.encode("utf-8", "surrogatepass")
        connection.bind(read_server_info=False)
        return _code(connection, "bindResponse")

    def _groups(self, connection: ldap3.Connection, dn: str, user: str) -> frozenset[str]:
        """Return those of the configured groups in which the user is."""
        settings = self.settings
        self._become_reader(connection)
        base = settings.group_base_dn
        if settings.group_filter:
            values = {"dn": dn, "user": user}
            mine = fill(settings.group_filter, values, escape_filter_value)
            names = "".join(f"(cn={escape_filter_value(name)})" for name in settings.groups)
            found = [*self._search(connection, base, f"(&{mine}(|{names}))", most=_MOST_GROUPS)]
        else:
            everything, attribute = "(objectClass=*)", settings.groups_attribute
            entries = self._search(connection, dn, everything, attribute=attribute)
            found = [value for values in entries.values() for value in values]
        return frozenset(settings.groups) & {group_name(each, base) for each in found}

    def _search(
        self,
        connection: ldap3.Connection,
        base: str,
        wanted: str,
        *,
        most: int = 0,
        attribute: str = "",
    ) -> Mapping[str, list[str]]:
        """Return the entries that a filter finds, with the values of one attribute.

        With ``most`` below ``base``, and no more than that; without it ``base`` itself. What other
        directories are said to have is left out.
        """
        self._limit(connection)
        connection.search(
            base,
            wanted,
            ldap3.SUBTREE if most else ldap3.BASE,
            ldap3.DEREF_NEVER,
            attributes=[attribute or ldap3.NO_ATTRIBUTES],
            size_limit=most,
            auto_escape=False,
        )
        code = _code(connection, "searchResDone")
        if not (most == _TWO and code == _TOO_MANY):
            _expect_success(code, "a search")
        entries = [each for each in connection.response if each["type"] == "searchResEntry"]
        return {each["dn"]: _values(each["raw_attributes"], attribute) for each in entries}


def _values(attributes: Mapping[str, list[bytes]], wanted: str) -> list[str]:
    """Return the values of an attribute, in whatever letters the directory spells it."""
    return [
        value.decode("utf-8", "replace")
        for name, values in attributes.items()
        if name.lower() == wanted.lower()
        for value in values
    ]


def _code(connection: ldap3.Connection, kind: str) -> int:
    """Return the result of what was asked last. Source: RFC 4511, appendix A."""
    if connection.result["type"] != kind:  # the library takes any result for the one it waits for
        message = "it answered another question"
        raise unavailable(message)
    code: int = connection.result["result"]
    return code


def _expect_success(code: int, what: str) -> None:
    if code != _SUCCESS:
        message = f"it answered {what} with the result {code}"
        raise unavailable(message)


def _close(connection: ldap3.Connection) -> None:
    """Close what is open, also what the library has forgotten after a failure."""
    opened = connection.socket
    if opened is not None:
        with contextlib.suppress(OSError):
            opened.close()


def _reason(error: Exception) -> str:
    """Return what happened, in a few words and on one line."""
    if isinstance(error, TimeoutError):
        return "it took too long"
    text = " ".join(str(error).split())[:200]
    return text.rstrip(".") or type(error).__name__
