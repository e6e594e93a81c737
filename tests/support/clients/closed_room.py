"""A room without a network, in which the only resolver of names writes down every question.

A program in here has a loopback of its own and nothing else: no route leads out, and whatever the
system's resolver is asked comes to us. Nobody has to be trusted to obey a setting, so this shows of
any client, in whichever language, which names it wants to know. Linux lets an ordinary user have
such a room unless its owner forbade it; `why_no_closed_room` tries.

From outside, run a module in it; inside, that module starts with `NameServer`::

    run_in_closed_room("scenario.names_asked", "pip-26.3", str(tmp_path))

    with NameServer({"index.test"}) as names:
        ...
    assert names.asked == {"index.test"}

Source: namespaces(7), user_namespaces(7), resolv.conf(5), RFC 1035 4.1.
"""

import contextlib
import ctypes
import errno
import fcntl
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

from support.house import ROOT

__all__ = [
    "NameServer",
    "furnish",
    "lead_names",
    "run_in_closed_room",
    "why_no_closed_room",
]

_UNSHARE = ("unshare", "--user", "--map-root-user", "--net", "--mount")
_PATIENCE_SECONDS = 300.0
_SET_FLAGS, _UP_AND_RUNNING = 0x8914, 0x41  # SIOCSIFFLAGS, IFF_UP | IFF_RUNNING
_BIND_MOUNT = 4096
_FILES = {
    "/etc/resolv.conf": "nameserver 127.0.0.1\noptions attempts:1 timeout:5\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
    "/etc/hosts": "127.0.0.1 localhost\n::1 localhost\n",
}
_DAEMONS = ("/run/nscd", "/run/systemd/resolve", "/run/avahi-daemon")
"""Where programs that resolve names for others listen: their sockets would lead out of the room."""
_ADDRESS = 1  # the record type A
_NO_SUCH_NAME = 3


@cache
def why_no_closed_room() -> str:
    """Return why this machine lets nobody have such a room, or nothing if it does."""
    try:
        run_in_closed_room(__name__)
    except (OSError, subprocess.SubprocessError) as error:
        said = str(getattr(error, "stderr", "") or error).strip().splitlines()
        return f"this machine gives no closed room: {said[-1] if said else error}"
    return ""


def run_in_closed_room(module: str, *words: str) -> str:
    """Run a module of the tests in a room of its own, and return what it printed.

    Raises:
        OSError: the program that makes rooms is not there.
        CalledProcessError: no room could be made, or the module failed.
    """
    answer = subprocess.run(
        [*_UNSHARE, sys.executable, "-m", module, *words],
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'tests'}:{ROOT / 'tools'}:{ROOT / 'src'}"},
        capture_output=True,
        text=True,
        check=True,
        timeout=_PATIENCE_SECONDS,
        stdin=subprocess.DEVNULL,
    )
    return answer.stdout


def furnish() -> None:
    """Make the room that this process was started in fit to live in.

    Raises:
        OSError: it cannot be done, so what would follow proves nothing.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh", b"lo", _UP_AND_RUNNING))
    with tempfile.TemporaryDirectory() as folder:
        for number, (place, text) in enumerate(_FILES.items()):
            ours = Path(folder, str(number))
            ours.write_text(text, "utf-8")
            if Path(place).exists():
                _mount(str(ours), place)
        empty = Path(folder, "empty")
        empty.mkdir()
        for place in filter(os.path.isdir, _DAEMONS):
            _mount(str(empty), place)


def lead_names(addresses: Mapping[str, str]) -> None:
    """Have the room's hosts file lead each name to its address, and no other name to any.

    Raises:
        OSError: there is no hosts file of this room; that of the machine is left alone.
    """
    hosts = Path("/etc/hosts")
    if hosts.stat().st_nlink != 0:  # `furnish` has deleted ours: it lives on as what is mounted
        raise OSError(errno.EPERM, "this is not the hosts file of a closed room", str(hosts))
    lines = [f"{address} {name}\n" for name, address in addresses.items()]
    hosts.write_text(_FILES[str(hosts)] + "".join(lines), "utf-8")


def _mount(source: str, target: str) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(source.encode(), target.encode(), None, _BIND_MOUNT, None) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), target)


class NameServer:
    """The resolver of the room: it knows some names, all of them this machine."""

    def __init__(self, known: Iterable[str]) -> None:
        self._known = frozenset(known)
        self._asked: set[str] = set()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._thread = threading.Thread(target=self._serve, name="names", daemon=True)

    @property
    def asked(self) -> frozenset[str]:
        """Return every name that anybody wanted to know."""
        return frozenset(self._asked)

    def __enter__(self) -> Self:
        self._socket.bind(("127.0.0.1", 53))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with contextlib.suppress(OSError):  # it is not connected, and wakes up all the same
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(_PATIENCE_SECONDS)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # closed: the end
            while True:
                query, sender = self._socket.recvfrom(4096)
                if not query:
                    return
                self._socket.sendto(self._answer(query), sender)

    def _answer(self, query: bytes) -> bytes:
        name, end = _read_name(query, 12)
        (kind,) = struct.unpack_from("!H", query, end)
        self._asked.add(name)
        records = b""
        if name in self._known and kind == _ADDRESS:
            # A pointer to the name in the question, type A, class IN, no lifetime, four bytes.
            records = struct.pack("!HHHIH", 0xC00C, _ADDRESS, 1, 0, 4) + bytes([127, 0, 0, 1])
        code = 0 if name in self._known else _NO_SUCH_NAME
        head = query[:2] + struct.pack("!HHHHH", 0x8580 | code, 1, 1 if records else 0, 0, 0)
        return head + query[12 : end + 4] + records


def _read_name(message: bytes, start: int) -> tuple[str, int]:
    """Return a name, in lower case, and where it ends."""
    labels = []
    while size := message[start]:
        labels.append(message[start + 1 : start + 1 + size].decode("ascii").lower())
        start += 1 + size
    return ".".join(labels), start + 1


if __name__ == "__main__":
    furnish()
