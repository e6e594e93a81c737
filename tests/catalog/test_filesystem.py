"""The place of a data directory: its file system, its room, and what errors mean."""

import errno
import os
from pathlib import Path

import pytest

from wheelyard.catalog import filesystem
from wheelyard.catalog.filesystem import Mount, explain, parse_mount, refuse_network
from wheelyard.errors import ConfigError

MOUNTINFO = """\
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/vda rw
30 27 0:40 / /srv rw - nfs4 server:/export rw,vers=4.2
31 30 0:41 / /srv/local rw - xfs /dev/vdb rw
32 27 0:42 / /mnt/my\\040share rw - cifs //server/share rw
33 27 0:43 / /media rw - ext4 /dev/vdc rw
34 33 0:44 / /media rw - fuse.sshfs user@host: rw
this line is nonsense
35 27 - broken
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "ext4"),
        ("/var/lib", "ext4"),
        ("/srv", "nfs4"),
        ("/srv/someone/data", "nfs4"),
        ("/srvs", "ext4"),
        ("/srv/local/data", "xfs"),
        ("/srv/locality", "nfs4"),
        ("/mnt/my share/data", "cifs"),
        ("/media/data", "fuse.sshfs"),
    ],
)
def test_filesystem_of_a_path_is_that_of_its_nearest_mount(path: str, kind: str) -> None:
    """The longest mount point counts, whole components only, and the last of equal ones."""
    mount = parse_mount(path, MOUNTINFO)

    assert mount is not None
    assert mount.kind == kind


@pytest.mark.parametrize("text", ["", "\n\n", "nonsense", "1 2 3 - x"])
def test_filesystem_is_unknown_when_the_table_is_unreadable(text: str) -> None:
    """A table that says nothing is no reason to refuse."""
    assert parse_mount("/data", text) is None


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs"])
def test_network_filesystem_is_refused_with_a_next_step(tmp_path: Path, kind: str) -> None:
    """SQLite and our locks do not work there, so nobody finds out later."""
    table = tmp_path / "mountinfo"
    table.write_text(f"27 1 254:0 / {tmp_path.resolve()} rw - {kind} server:/x rw\n")

    with pytest.raises(ConfigError, match=rf"network file system \({kind}\).*local disk"):
        refuse_network(tmp_path, table)


@pytest.mark.parametrize(
    ("mount", "refused"),
    [
        (Mount("/", "9p"), False),
        (Mount("/mnt/c", "9p"), True),
        (Mount("/", "nfs"), True),
        (Mount("/", "ext4"), False),
        (Mount("/data", "fuse.ext4"), False),
    ],
    ids=str,
)
def test_root_of_a_sandbox_is_no_network(mount: Mount, *, refused: bool) -> None:
    """A root of type 9p is a sandbox's own disk; other mounts of it are folders of the host."""
    assert mount.is_network is refused


def test_local_filesystem_is_accepted(tmp_path: Path) -> None:
    """So is a machine that has no such table."""
    table = tmp_path / "mountinfo"
    table.write_text("27 1 254:0 / / rw - ext4 /dev/vda rw\n")

    refuse_network(tmp_path, table)
    refuse_network(tmp_path, tmp_path / "missing")


def test_link_to_a_network_filesystem_is_seen_through(tmp_path: Path) -> None:
    """What counts is where the bytes are."""
    (tmp_path / "far").mkdir()
    (tmp_path / "near").symlink_to(tmp_path / "far")
    table = tmp_path / "mountinfo"
    table.write_text(
        "27 1 254:0 / / rw - ext4 /dev/vda rw\n"
        f"28 27 0:1 / {tmp_path.resolve() / 'far'} rw - nfs server:/x rw\n"
    )

    with pytest.raises(ConfigError, match="network"):
        refuse_network(tmp_path / "near", table)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "has no room left"),
        (errno.EDQUOT, "has no room left"),
        (errno.EFBIG, "has no room left"),
        (errno.EACCES, "make it belong to this user"),
        (errno.EPERM, "make it belong to this user"),
        (errno.EROFS, "read-only file system"),
        (errno.ENOTDIR, "a file is in its place"),
        (errno.EEXIST, "a file is in its place"),
        (errno.EIO, "Input/output error"),
        (errno.ELOOP, "symbolic links"),
    ],
    ids=errno.errorcode.get,
)
def test_error_of_the_disk_becomes_a_sentence(number: int, words: str) -> None:
    """Every cause names the directory and a way out."""
    sentence = str(explain(OSError(number, os.strerror(number)), Path("/data")))

    assert sentence.startswith("The data directory `/data`")
    assert words in sentence
    assert "another directory with `--data` or `WHEELYARD_DATA`." in sentence


def test_probe_leaves_nothing_behind(tmp_path: Path) -> None:
    """Proving that one can write is not writing."""
    filesystem.prove_writable(tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_room_is_what_an_ordinary_user_has(tmp_path: Path) -> None:
    """The number is plausible: positive, and no more than the disk."""
    state = os.statvfs(tmp_path)

    assert 0 < filesystem.free_bytes(tmp_path) <= state.f_blocks * state.f_frsize
