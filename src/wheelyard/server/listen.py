"""Where we listen: sockets and certificates, opened once and before anything else is started.

Every failure here is a person's to mend, so each is one sentence that names the next step.
"""

import contextlib
import errno
import os
import socket
import ssl
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wheelyard.errors import ConfigError

__all__ = ["BACKLOG", "TlsFiles", "bind_sockets", "listening_port", "load_tls", "release_sockets"]

BACKLOG = 2048
"""How many connections may wait to be taken; the system may allow fewer (`somaxconn`)."""

MAX_PORT = 65_535
ATTEMPTS_AT_ONE_FREE_PORT = 20
"""Port 0 on two addresses: the port that is free on the first may be taken on the second."""

BOTH_FAMILIES = {"localhost": ("127.0.0.1", "::1"), "::": ("0.0.0.0", "::")}  # noqa: S104  # asked for
"""What is listened on for these hosts, so that a client may use either family.

Two sockets instead of one for both, because that one would tell IPv4 clients' addresses as IPv6.
"""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files: the certificate with its chain, and the key (None: it is in the same file)."""

    certificate: Path
    key: Path | None = None


def bind_sockets(host: str, port: int, uds: Path | None = None) -> list[socket.socket]:
    """Return sockets that listen on ``host`` and ``port``, or on the Unix socket ``uds`` alone.

    Port 0 is any free port, the same on every address; ``listening_port`` says which.
    Connections are queued from now on, and served once a server takes the sockets.

    Raises:
        ConfigError: the address cannot be listened on; says what to do.
    """
    if uds is not None:
        return [_bind_unix(uds)]
    if not 0 <= port <= MAX_PORT:
        message = f"Port `{port}` does not exist: `--port` takes a number from 0 to {MAX_PORT}."
        raise ConfigError(message)
    addresses = _resolve(host)
    failure = OSError()
    for _ in range(ATTEMPTS_AT_ONE_FREE_PORT if port == 0 else 1):
        try:
            return _bind_all(addresses, port)
        except OSError as error:
            failure = error
            if error.errno != errno.EADDRINUSE:
                break
    raise ConfigError(_describe_bind_error(failure, host, port)) from failure


def listening_port(sockets: Sequence[socket.socket]) -> int:
    """Return the port that ``sockets`` listen on; 0 for a Unix socket."""
    name = sockets[0].getsockname()
    return int(name[1]) if isinstance(name, tuple) else 0


def release_sockets(sockets: Sequence[socket.socket]) -> None:
    """Close ``sockets``, and remove the file of a Unix socket first. May be called again.

    Call it when the server stops listening, not when it ends: by then the file may be that of the
    next server.
    """
    for sock in sockets:
        if sock.fileno() < 0:
            continue
        if sock.family == socket.AF_UNIX:
            Path(sock.getsockname()).unlink(missing_ok=True)
        sock.close()


def load_tls(files: TlsFiles) -> ssl.SSLContext:
    """Return the TLS settings for a server with this certificate and key.

    Raises:
        ConfigError: a file is missing, unreadable, not PEM, locked, or does not fit the other.
    """
    for flag, path in (("--tls-cert", files.certificate), ("--tls-key", files.key)):
        if path is not None:
            _check_readable(flag, path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.set_alpn_protocols(["http/1.1"])
    asked_for_password = []

    def give_no_password() -> str:
        asked_for_password.append(True)  # without this the terminal would be asked
        return ""

    try:
        context.load_cert_chain(files.certificate, files.key, give_no_password)
    except (ssl.SSLError, OSError) as error:
        problem = _describe_tls_error(files, error, is_locked=bool(asked_for_password))
        raise ConfigError(problem) from error
    return context


def _resolve(host: str) -> list[tuple[socket.AddressFamily, str]]:
    found: dict[tuple[socket.AddressFamily, str], None] = {}
    for name in BOTH_FAMILIES.get(host, (host,)):
        try:
            answers = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            raise ConfigError(_describe_host(host)) from error
        for family, _, _, _, address in answers:
            found[family, str(address[0])] = None
    return list(found)


def _bind_all(
    addresses: Sequence[tuple[socket.AddressFamily, str]], port: int
) -> list[socket.socket]:
    with contextlib.ExitStack() as undo:
        sockets: list[socket.socket] = []
        for family, address in addresses:
            chosen_port = listening_port(sockets) if sockets else port
            try:
                sock = _bind(family, address, chosen_port)
            except OSError as error:
                if sockets and error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                    continue  # a machine without IPv6
                raise
            sockets.append(undo.enter_context(contextlib.closing(sock)))
        undo.pop_all()
        return sockets


def _bind(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    # Without a protocol asyncio would not set TCP_NODELAY on what it accepts, and a file of 50 KB
    # would wait 40 ms for a delayed ACK; accepted sockets also take the option from this one.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((address, port))
        # Listening already, since binding alone does not notice a second server that starts now.
        sock.listen(BACKLOG)
    except BaseException:
        sock.close()
        raise
    return sock


def _bind_unix(path: Path) -> socket.socket:
    _remove_stale_socket(path)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.bind(str(path))
        # Who may connect is decided by the directory; a proxy has an account of its own.
        path.chmod(0o666)
        sock.listen(BACKLOG)
    except OSError as error:
        sock.close()
        reason = error.strerror or str(error)  # a path that is too long has no errno
        message = f"The Unix socket `{path}` cannot be made ({reason}): give `--uds` another path."
        raise ConfigError(message) from error
    return sock


def _remove_stale_socket(path: Path) -> None:
    try:
        is_socket = stat.S_ISSOCK(path.lstat().st_mode)
    except OSError:
        return  # nothing there, or nothing that we may see: binding will tell
    if not is_socket:
        message = f"`{path}` exists and is not a socket: remove it, or give `--uds` another path."
        raise ConfigError(message)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
        except OSError:
            pass  # somebody who is too busy to answer, or whom we may not ask, is somebody
    message = f"Another server answers on `{path}`: stop it, or give `--uds` another path."
    raise ConfigError(message)


def _describe_bind_error(error: OSError, host: str, port: int) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"Port {port} on `{host}` is in use: choose another with `--port`, or 0 for any."
        case errno.EACCES | errno.EPERM:
            return f"Port {port} needs privileges: choose one above 1023 with `--port`."
        case errno.EADDRNOTAVAIL | errno.EAFNOSUPPORT:
            return _describe_host(host)
        case _:
            return f"`{host}` port {port} cannot be listened on: {error.strerror or error}."


def _describe_host(host: str) -> str:
    return (
        f"`{host}` is no address of this machine: give `--host` one, such as `127.0.0.1` (this "
        "machine only) or `0.0.0.0` (everybody)."
    )


def _check_readable(flag: str, path: Path) -> None:
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise ConfigError(f"`{path}` cannot be read ({reason}): correct `{flag}`.") from error


def _describe_tls_error(files: TlsFiles, error: ssl.SSLError | OSError, *, is_locked: bool) -> str:
    key = files.key or files.certificate
    if is_locked:
        return f"The key in `{key}` has a password: give `--tls-key` a file without one."
    if isinstance(error, ssl.SSLError) and error.reason == "KEY_VALUES_MISMATCH":
        return (
            f"The key in `{key}` is not that of the certificate in `{files.certificate}`: give "
            "`--tls-cert` and `--tls-key` a pair, your own certificate before its chain."
        )
    detail = (error.reason if isinstance(error, ssl.SSLError) else None) or error.strerror or error
    return (
        f"`{files.certificate}` and `{key}` are not a certificate and its key in PEM form "
        f"({detail}): correct `--tls-cert` and `--tls-key`."
    )
