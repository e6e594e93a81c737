"""Sockets and certificates: what can be listened on, and one sentence where it cannot."""

import contextlib
import errno
import os
import socket
import ssl
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from wheelyard.errors import ConfigError
from wheelyard.server.listen import (
    TlsFiles,
    bind_sockets,
    listening_port,
    load_tls,
    release_sockets,
)

Bind = Callable[..., list[socket.socket]]


@pytest.fixture
def bind() -> Iterator[Bind]:
    """Bind sockets, and release them after the test."""
    with contextlib.ExitStack() as undo:

        def bind_for_now(host: str, port: int = 0, uds: Path | None = None) -> list[socket.socket]:
            sockets = bind_sockets(host, port, uds)
            undo.callback(release_sockets, sockets)
            return sockets

        yield bind_for_now


def has_ipv6() -> bool:
    """Say whether this machine can listen on its IPv6 loopback."""
    try:
        with socket.socket(socket.AF_INET6) as sock:
            sock.bind(("::1", 0))
    except OSError:
        return False
    return True


def families(sockets: Sequence[socket.socket]) -> set[int]:
    """Return the address families of ``sockets``."""
    return {sock.family for sock in sockets}


# Ports


def test_port_0_is_a_free_port_which_can_be_asked_for(bind: Bind) -> None:
    """The real port is known before anything is served, and connections queue up at once."""
    sockets = bind("127.0.0.1")

    port = listening_port(sockets)

    assert port > 0
    socket.create_connection(("127.0.0.1", port), timeout=180).close()


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
@pytest.mark.parametrize("host", ["localhost", "::"])
def test_both_families_share_one_port(bind: Bind, host: str) -> None:
    """A client may resolve `localhost` either way."""
    sockets = bind(host)

    ports = {sock.getsockname()[1] for sock in sockets}
    assert families(sockets) == {socket.AF_INET, socket.AF_INET6}
    assert len(ports) == 1


def test_localhost_is_one_address_where_there_is_no_ipv6(
    bind: Bind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container without IPv6 is an ordinary place."""
    bind_really = socket.socket.bind

    class WithoutIpv6(socket.socket):
        def bind(self, address: tuple[str, int] | str) -> None:  # type: ignore[override]  # narrower
            if self.family == socket.AF_INET6:
                raise OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address")
            bind_really(self, address)

    monkeypatch.setattr(socket, "socket", WithoutIpv6)

    assert families(bind("localhost")) == {socket.AF_INET}


def test_listener_gives_its_connections_no_delay(bind: Bind) -> None:
    """A file of 50 KB must not wait for a delayed acknowledgement."""
    (listener,) = bind("127.0.0.1")
    client = socket.create_connection(listener.getsockname(), timeout=180)

    accepted, _ = listener.accept()

    no_delay = accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    client.close()
    accepted.close()
    assert no_delay != 0
    assert listener.proto == socket.IPPROTO_TCP  # asyncio sets it by itself then


def test_port_in_use_is_one_sentence_with_the_next_step(bind: Bind) -> None:
    """The commonest mistake is told in the words of its remedy."""
    port = listening_port(bind("127.0.0.1"))

    with pytest.raises(ConfigError) as caught:
        bind("127.0.0.1", port)

    assert str(caught.value) == (
        f"Port {port} on `127.0.0.1` is in use: choose another with `--port`, or 0 for any."
    )


@pytest.mark.parametrize("port", [-1, 65_536])
def test_port_that_does_not_exist_is_refused(bind: Bind, port: int) -> None:
    """A port is a number of 16 bits."""
    with pytest.raises(ConfigError, match=rf"^Port `{port}` does not exist: `--port` takes"):
        bind("127.0.0.1", port)


@pytest.mark.parametrize("host", ["192.0.2.1", "ä" * 80, "\x00"])
def test_host_which_is_not_ours_is_refused(bind: Bind, host: str) -> None:
    """The sentence names the two hosts that nearly everybody wants."""
    with pytest.raises(ConfigError) as caught:
        bind(host)

    assert "is no address of this machine: give `--host` one, such as `127.0.0.1`" in str(
        caught.value
    )


def test_host_which_has_no_address_is_refused(bind: Bind, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that does not resolve gets the same sentence."""

    def resolve(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)

    with pytest.raises(ConfigError, match=r"`index\.example` is no address of this machine"):
        bind("index.example")


def test_privileged_port_is_one_sentence(bind: Bind, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may not use port 80 is told which ports they may use."""

    class Unprivileged(socket.socket):
        def bind(self, address: object) -> None:
            raise OSError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket, "socket", Unprivileged)

    with pytest.raises(ConfigError, match=r"Port 80 needs privileges: choose one above 1023"):
        bind("127.0.0.1", 80)


# Unix sockets


def test_unix_socket_can_be_connected_by_any_account(bind: Bind, tmp_path: Path) -> None:
    """A proxy has an account of its own; the directory decides who comes through."""
    path = tmp_path / "wheelyard.sock"

    sockets = bind("", uds=path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o666
    assert listening_port(sockets) == 0
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))


def test_stale_unix_socket_is_replaced(bind: Bind, tmp_path: Path) -> None:
    """What a killed server left behind does not stop the next one."""
    path = tmp_path / "wheelyard.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))

    assert len(bind("", uds=path)) == 1


def test_unix_socket_of_a_running_server_is_left_alone(bind: Bind, tmp_path: Path) -> None:
    """Two servers never take each other's clients."""
    path = tmp_path / "wheelyard.sock"
    bind("", uds=path)

    with pytest.raises(ConfigError, match=r"Another server answers on `.*`: stop it, or give"):
        bind("", uds=path)


def test_file_in_place_of_a_unix_socket_is_left_alone(bind: Bind, tmp_path: Path) -> None:
    """Only sockets are ever removed."""
    path = tmp_path / "notes.txt"
    path.write_text("mine")

    with pytest.raises(ConfigError, match="exists and is not a socket"):
        bind("", uds=path)

    assert path.read_text() == "mine"


@pytest.mark.parametrize("name", ["missing/wheelyard.sock", "x" * 200], ids=["directory", "length"])
def test_impossible_unix_socket_is_one_sentence(bind: Bind, tmp_path: Path, name: str) -> None:
    """Whatever the system has against a path, the option to change is named."""
    with pytest.raises(ConfigError, match=r"cannot be made .*: give `--uds` another path"):
        bind("", uds=tmp_path / name)


def test_released_unix_socket_leaves_no_file(tmp_path: Path) -> None:
    """Releasing again does not touch the file of the next server."""
    path = tmp_path / "wheelyard.sock"
    sockets = bind_sockets("", 0, path)

    release_sockets(sockets)

    assert not path.exists()
    path.write_text("of the next server")
    release_sockets(sockets)
    assert path.exists()


# Certificates


@pytest.fixture(scope="module")
def tls_files(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    """Make a certificate for localhost and its key."""
    directory = tmp_path_factory.mktemp("tls")
    issued = trustme.CA().issue_cert("localhost")
    files = TlsFiles(directory / "server.pem", directory / "server.key")
    assert files.key is not None
    files.certificate.write_bytes(b"".join(pem.bytes() for pem in issued.cert_chain_pems))
    files.key.write_bytes(issued.private_key_pem.bytes())
    return files


def test_certificate_with_its_key_is_loaded(tls_files: TlsFiles) -> None:
    """Old protocol versions are off, and HTTP/1.1 is the only offer."""
    context = load_tls(tls_files)

    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_certificate_and_key_in_one_file_are_loaded(tls_files: TlsFiles, tmp_path: Path) -> None:
    """Without a key file the key is looked for beside the certificate."""
    assert tls_files.key is not None
    both = tmp_path / "both.pem"
    both.write_bytes(tls_files.key.read_bytes() + tls_files.certificate.read_bytes())

    assert isinstance(load_tls(TlsFiles(both)), ssl.SSLContext)


def test_missing_certificate_is_named(tls_files: TlsFiles, tmp_path: Path) -> None:
    """The sentence says which option points to nothing."""
    with pytest.raises(
        ConfigError, match=r"cannot be read \(No such file .*: correct `--tls-cert`"
    ):
        load_tls(TlsFiles(tmp_path / "none.pem", tls_files.key))


def test_missing_key_is_named(tls_files: TlsFiles, tmp_path: Path) -> None:
    """The sentence says which option points to nothing."""
    with pytest.raises(ConfigError, match=r"cannot be read .*: correct `--tls-key`"):
        load_tls(TlsFiles(tls_files.certificate, tmp_path / "none.key"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_key_is_named(tls_files: TlsFiles, tmp_path: Path) -> None:
    """A key that belongs to another account is a common mistake."""
    key = tmp_path / "secret.key"
    key.touch(mode=0o000)

    with pytest.raises(ConfigError, match="cannot be read"):
        load_tls(TlsFiles(tls_files.certificate, key))


def test_key_of_another_certificate_is_refused(tls_files: TlsFiles, tmp_path: Path) -> None:
    """A renewed certificate beside the old key is told as what it is."""
    other = tmp_path / "other.key"
    other.write_bytes(trustme.CA().issue_cert("localhost").private_key_pem.bytes())

    with pytest.raises(ConfigError, match="is not that of the certificate in"):
        load_tls(TlsFiles(tls_files.certificate, other))


def test_key_with_a_password_is_refused_without_asking(tls_files: TlsFiles, tmp_path: Path) -> None:
    """A server never waits for somebody to type."""
    assert tls_files.key is not None
    key = load_pem_private_key(tls_files.key.read_bytes(), password=None)
    locked = tmp_path / "locked.key"
    locked.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    )

    with pytest.raises(ConfigError, match="has a password: give `--tls-key` a file without one"):
        load_tls(TlsFiles(tls_files.certificate, locked))


@pytest.mark.parametrize("content", ["", "hello", "-----BEGIN CERTIFICATE-----\nnonsense\n"])
def test_file_which_is_no_certificate_is_refused(tmp_path: Path, content: str) -> None:
    """Whatever the file holds, the sentence is ours."""
    path = tmp_path / "server.pem"
    path.write_text(content)

    with pytest.raises(ConfigError, match="are not a certificate and its key in PEM form"):
        load_tls(TlsFiles(path))
