"""Is this a place for a data directory? Which file system, how much room, and what an error means.

SQLite in WAL mode needs memory shared between processes, and our locks need ``flock``: neither
can be relied on over a network.
Source: https://sqlite.org/wal.html ("does not work over a network filesystem")
"""

import errno
import os
import re
from dataclasses import dataclass
from pathlib import Path

from wheelyard.errors import ConfigError

__all__ = [
    "Mount",
    "explain",
    "free_bytes",
    "parse_mount",
    "prove_writable",
    "refuse_network",
]

NETWORK_FILESYSTEMS = frozenset(
    {
        "9p", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "glusterfs", "gpfs", "lustre",
        "ncpfs", "nfs", "nfs4", "orangefs", "pvfs2", "smb3", "smbfs",
        "fuse.cephfs", "fuse.davfs2", "fuse.gcsfuse", "fuse.glusterfs", "fuse.goofys",
        "fuse.juicefs", "fuse.mount-s3", "fuse.rclone", "fuse.s3fs", "fuse.sshfs",
    }
)  # fmt: skip

PROBE_BYTES = 64 * 1024

MOUNT_POINT = 4
"""The field of a line that says where it is mounted."""

_OCTAL = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True)
class Mount:
    """Where a file system is mounted, and of which type it is."""

    point: str
    kind: str

    @property
    def is_network(self) -> bool:
        """Whether SQLite and locks cannot be relied on there.

        Sandboxes give their programs a root of type 9p that behaves like a local disk; what is
        mounted elsewhere with 9p is a folder of another machine or of the host.
        """
        return self.kind in NETWORK_FILESYSTEMS and (self.kind, self.point) != ("9p", "/")


def parse_mount(path: str, mountinfo: str) -> Mount | None:
    """Return what the absolute ``path`` is on; None if ``mountinfo`` does not say.

    ``mountinfo`` is the text of ``/proc/self/mountinfo``. Later mounts hide earlier ones.
    Source: proc(5), section on mountinfo.
    """
    best: Mount | None = None
    for line in mountinfo.splitlines():
        place, separator, kind = line.partition(" - ")
        fields = place.split(" ")
        if not separator or len(fields) <= MOUNT_POINT:
            continue
        mount = _OCTAL.sub(lambda match: chr(int(match[1], 8)), fields[MOUNT_POINT])
        prefix = mount.rstrip("/") + "/"
        inside = f"{path.rstrip('/')}/".startswith(prefix)
        if inside and (best is None or len(mount) >= len(best.point)):
            best = Mount(mount, kind.split(" ")[0])
    return best


def refuse_network(path: Path, mountinfo: Path = Path("/proc/self/mountinfo")) -> None:
    """Make sure that ``path`` is not on a network file system; where nobody can say, believe it.

    Raises:
        ConfigError: it is.
    """
    try:
        text = mountinfo.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return
    mount = parse_mount(str(path.resolve()), text)
    if mount is not None and mount.is_network:
        raise ConfigError(
            f"The data directory `{path}` is on a network file system ({mount.kind}), "
            "where SQLite loses data: choose a directory on a local disk with `--data` or "
            "`WHEELYARD_DATA`."
        )


def free_bytes(path: Path) -> int:
    """Return how many bytes an ordinary user can still write at ``path``."""
    state = os.statvfs(path)
    return state.f_bavail * state.f_frsize


def prove_writable(folder: Path) -> None:
    """Write a small file into ``folder``, flush it to the disk, and delete it.

    Raises:
        OSError: one of the three failed.
    """
    probe = folder / f".probe-{os.getpid()}"
    try:
        with probe.open("wb") as file:
            file.write(bytes(PROBE_BYTES))
            file.flush()
            os.fsync(file.fileno())
    finally:
        probe.unlink(missing_ok=True)


def explain(error: OSError, path: Path) -> ConfigError:
    """Return the sentence for what ``error`` says of the data directory ``path``."""
    where = f"The data directory `{path}`"
    another = "choose another directory with `--data` or `WHEELYARD_DATA`."
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
            return ConfigError(
                f"{where} has no room left ({error.strerror}): free some, or {another}"
            )
        case errno.EACCES | errno.EPERM:
            return ConfigError(
                f"{where} cannot be written: make it belong to this user, or {another}"
            )
        case errno.EROFS:
            return ConfigError(f"{where} is on a read-only file system: {another}")
        case errno.ENOTDIR | errno.EEXIST:
            return ConfigError(
                f"{where} cannot be made, a file is in its place: move it, or {another}"
            )
        case _:
            return ConfigError(f"{where} cannot be used ({error.strerror or error}): {another}")
