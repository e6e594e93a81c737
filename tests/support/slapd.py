"""A directory: the real slapd on loopback, with people, groups and certificates of its own.

::

    with running_slapd(tmp_path) as directory:
        directory.join("release", "alice")
        ...  # a program that is told `directory.url` can ask it

It says yes to a login without a password, as some directories do: whoever asks has to know better.
"""

import contextlib
import shutil
import socket
import subprocess
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from support.web_servers.web_server import free_port

with warnings.catch_warnings():
    # It asks pyasn1 0.6 for two tables by the names that they had before.
    warnings.filterwarnings("ignore", r"(tag|type)Map is deprecated", DeprecationWarning)
    import ldap3

__all__ = ["ADMINISTRATOR", "GROUPS", "PASSWORDS", "PEOPLE", "Slapd", "running_slapd"]

PEOPLE = "ou=people,dc=example"
GROUPS = "ou=groups,dc=example"
ADMINISTRATOR = "cn=admin,dc=example"
SECRET = "hush"
PASSWORDS = {"alice": "rosebud1", "bob": "pässwörd 2", "o+connor": "rosebud3"}

_PATIENCE_SECONDS = 180.0
_PATH = "/usr/sbin:/usr/local/sbin:/usr/libexec:/sbin:/usr/bin"
_SCHEMAS = (Path("/etc/ldap/schema"), Path("/etc/openldap/schema"))
_MODULES = (Path("/usr/lib/ldap"), Path("/usr/lib/openldap"))

_CONFIGURATION = """\
include {schemas}/core.schema
include {schemas}/cosine.schema
include {schemas}/inetorgperson.schema
modulepath {modules}
moduleload back_mdb
moduleload memberof
pidfile {folder}/slapd.pid
allow bind_anon_cred
referral ldap://127.0.0.1:{elsewhere}
TLSCACertificateFile {folder}/ca.pem
TLSCertificateFile {folder}/server.pem
TLSCertificateKeyFile {folder}/server.key
database mdb
maxsize 10485760
suffix "dc=example"
rootdn "{administrator}"
rootpw {secret}
directory {folder}/data
dbnosync
overlay memberof
memberof-group-oc groupOfNames
memberof-member-ad member
"""

_ENTRIES = """\
dn: dc=example
objectClass: domain
dc: example

dn: ou=people,dc=example
objectClass: organizationalUnit
ou: people

dn: ou=groups,dc=example
objectClass: organizationalUnit
ou: groups

dn: ou=clubs,dc=example
objectClass: organizationalUnit
ou: clubs

dn: uid=moved,ou=people,dc=example
objectClass: referral
objectClass: extensibleObject
uid: moved
ref: {elsewhere}
"""


@dataclass(slots=True)
class Slapd:
    """A running directory.

    ``elsewhere`` is where it sends those who ask for `moved`, or for what it does not have.
    """

    port: int
    tls_port: int
    authority: Path
    elsewhere: socket.socket
    command: tuple[str, ...]
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it speaks plainly, and turns to TLS when asked."""
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def tls_url(self) -> str:
        """Where it speaks TLS from the start."""
        return f"ldaps://127.0.0.1:{self.tls_port}"

    def join(self, group: str, user: str, below: str = GROUPS) -> None:
        """Put a user into a group, which may be new."""
        dn, member = f"cn={group},{below}", [f"uid={user},{PEOPLE}"]
        with self._administrator() as connection:
            connection.add(dn, "groupOfNames", {"member": ADMINISTRATOR})
            connection.modify(dn, {"member": [(ldap3.MODIFY_ADD, member)]})
            assert connection.result["description"] in {"success", "attributeOrValueExists"}

    def leave(self, group: str, user: str, below: str = GROUPS) -> None:
        """Take a user out of a group."""
        change = {"member": [(ldap3.MODIFY_DELETE, [f"uid={user},{PEOPLE}"])]}
        with self._administrator() as connection:
            assert connection.modify(f"cn={group},{below}", change), connection.result

    def add_person(self, user: str, password: str) -> None:
        """Add somebody; their name may hold anything."""
        from wheelyard.wire.ldap_names import escape_dn_value

        attributes = {"cn": user, "sn": user, "userPassword": password}
        with self._administrator() as connection:
            dn = f"uid={escape_dn_value(user)},{PEOPLE}"
            assert connection.add(dn, "inetOrgPerson", attributes), connection.result

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Run it for the length of a block."""
        try:
            self._start()
            yield
        finally:
            self._stop()

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """Have nobody answer for the length of a block."""
        self._stop()
        try:
            yield
        finally:
            self._start()

    def _start(self) -> None:
        log = self.authority.with_name("log")
        with log.open("ab") as said:
            self._process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=said, stderr=said
            )
        _wait(self._process, log, self.port, self.tls_port)

    def _stop(self) -> None:
        """Stop it as an operator would: what it was told is on the disk."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(_PATIENCE_SECONDS)

    @contextlib.contextmanager
    def _administrator(self) -> Iterator[ldap3.Connection]:
        server = ldap3.Server(self.url, get_info=ldap3.NONE)
        with ldap3.Connection(server, ADMINISTRATOR, SECRET, check_names=False) as connection:
            yield connection


@contextlib.contextmanager
def running_slapd(folder: Path) -> Iterator[Slapd]:
    """Run a directory in a folder of its own; skips where there is none on this machine."""
    program, add = shutil.which("slapd", path=_PATH), shutil.which("slapadd", path=_PATH)
    schemas = next((each for each in _SCHEMAS if each.is_dir()), None)
    modules = next((each for each in _MODULES if (each / "memberof.so").exists()), None)
    if program is None or add is None or schemas is None or modules is None:
        pytest.skip("slapd is not installed (Debian's package `slapd`)")
    (folder / "data").mkdir(parents=True)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    certificate = authority.issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path(str(folder / "server.key"))
    certificate.cert_chain_pems[0].write_to_path(str(folder / "server.pem"))
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        elsewhere.settimeout(0)
        port = elsewhere.getsockname()[1]
        text = _CONFIGURATION.format(
            schemas=schemas,
            modules=modules,
            folder=folder,
            elsewhere=port,
            administrator=ADMINISTRATOR,
            secret=SECRET,
        )
        (folder / "slapd.conf").write_text(text)
        there = f"ldap://127.0.0.1:{port}/uid=moved,{PEOPLE}"
        (folder / "entries.ldif").write_text(_ENTRIES.format(elsewhere=there))
        configuration = ["-f", str(folder / "slapd.conf")]
        subprocess.run(
            [add, "-q", *configuration, "-l", str(folder / "entries.ldif")],
            check=True,
            capture_output=True,
        )
        plain, tls = free_port(), free_port()
        where = f"ldap://127.0.0.1:{plain} ldaps://127.0.0.1:{tls}"
        command = (program, "-d", "0", *configuration, "-h", where)
        opened = Slapd(plain, tls, folder / "ca.pem", elsewhere, command)
        with opened.running():
            for user, password in PASSWORDS.items():
                opened.add_person(user, password)
            yield opened


def _wait(process: subprocess.Popen[bytes], log: Path, *ports: int) -> None:
    """Return as soon as the directory listens."""
    ends_at = time.monotonic() + _PATIENCE_SECONDS
    while not all(_listens(port) for port in ports):
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.02)
            raise AssertionError(f"slapd does not start: {log.read_text()}")
        assert time.monotonic() < ends_at, log.read_text()


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5):
        return True
    return False
