"""The archive of a backup: other programs read it, and a hostile one gets nowhere."""

import io
import random
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path

import pytest

from backup.archives import TOP, members_of, reader_of
from wheelyard.backup.archive import (
    CATALOG,
    INFO,
    SUMS,
    ArchiveWriter,
    Info,
    blob_of,
    blob_path,
    data_of,
    data_path,
    parse_info,
)
from wheelyard.clock import Instant
from wheelyard.errors import BadInput, Corrupt
from wheelyard.names import Sha256

AT = Instant(1_700_000_000.0)
CONTENT = b"what is in it"
DIGEST = Sha256(sha256(CONTENT).hexdigest())
INFO_BYTES = (
    b'{"format":1,"catalog_format":6,"instance":"0","created":0.0,"program":"1","has_files":true}'
)
MEMBERS: Mapping[str, bytes] = {
    INFO: INFO_BYTES,
    "data/secret.key": bytes(32),
    blob_path(DIGEST): CONTENT,
    CATALOG: b"rows",
}


def written(members: Mapping[str, bytes] = MEMBERS) -> bytes:
    """Return an archive of those members."""
    out = io.BytesIO()
    with ArchiveWriter(out, AT) as archive:
        for name, content in members.items():
            archive.add(name, len(content), [content[:3], content[3:]])
        archive.finish()
    return out.getvalue()


def read(archive: bytes) -> dict[str, bytes]:
    """Return what an archive gives."""
    return {member.name: b"".join(member.chunks) for member in reader_of(archive)}


def test_archive_that_was_written_is_read() -> None:
    """Everything but what is about the archive itself comes out as it went in."""
    archive = written()

    assert read(archive) == {name: MEMBERS[name] for name in MEMBERS if name != INFO}
    assert reader_of(archive).info == parse_info(INFO_BYTES)


def test_other_programs_read_the_archive(tmp_path: Path) -> None:
    """`tar` unpacks it and `sha256sum` proves it: nobody needs this program to get at the files."""
    (tmp_path / "backup.tar").write_bytes(written())
    tar, prove = shutil.which("tar"), shutil.which("sha256sum")
    if tar is None or prove is None:
        pytest.skip("there is no `tar` or no `sha256sum` here")

    subprocess.run([tar, "xf", "backup.tar"], cwd=tmp_path, check=True)
    answer = subprocess.run(
        [prove, "-c", SUMS], cwd=tmp_path / TOP, capture_output=True, text=True, check=False
    )

    assert answer.returncode == 0
    assert answer.stdout.count(": OK\n") == len(MEMBERS)
    assert {*members_of(written())} == {*MEMBERS, SUMS}


def test_sizes_beyond_what_octal_digits_can_say_are_read() -> None:
    """A file may have more than 8 GiB: its header says so as GNU tar does."""
    large = tarfile.TarInfo(TOP + CATALOG)
    large.size = 9 * 1024**3
    header = large.tobuf(tarfile.GNU_FORMAT, "ascii", "strict")
    out = io.BytesIO()
    with ArchiveWriter(out, AT) as archive:
        archive.add(INFO, len(INFO_BYTES), [INFO_BYTES])

    found = next(iter(reader_of(out.getvalue() + header)))

    assert (found.name, found.size) == (CATALOG, 9 * 1024**3)


def test_member_of_another_length_than_said_shows_by_its_digest() -> None:
    """A file that shrinks while it is read does not move what comes after it."""
    out = io.BytesIO()
    with ArchiveWriter(out, AT) as archive:
        archive.add(INFO, len(INFO_BYTES), [INFO_BYTES])
        short = archive.add(blob_path(DIGEST), len(CONTENT), [CONTENT[:4]])
        long = archive.add("data/long", 4, [CONTENT])
        archive.finish()

    found = read(out.getvalue())

    assert found[blob_path(DIGEST)] == CONTENT[:4] + bytes(len(CONTENT) - 4)
    assert short == sha256(found[blob_path(DIGEST)]).hexdigest() != DIGEST
    assert (found["data/long"], long) == (CONTENT[:4], sha256(CONTENT[:4]).hexdigest())


def test_every_cut_is_noticed() -> None:
    """An archive that ends anywhere before its end is not whole."""
    archive = written()
    end = archive.index(b"\0" * 1024, archive.index(f"  {CATALOG}\n".encode()))

    for at in range(0, end + 1024, 512):
        with pytest.raises((Corrupt, BadInput)):
            read(archive[:at])


def test_every_flipped_bit_is_noticed() -> None:
    """Whatever a disk or a network does to it, a damaged archive is never taken for a good one."""
    archive, chance = written(), random.Random(1)

    for _ in range(300):
        damaged = bytearray(archive)
        damaged[chance.randrange(len(archive))] ^= 1 << chance.randrange(8)
        try:
            found = read(bytes(damaged))
        except (Corrupt, BadInput):
            continue
        # What no reader looks at may change: names of owners, the mode and the time of a member.
        assert found == read(archive)


def changed(**fields: object) -> bytes:
    """Return an archive with a member whose header has other fields than a backup's has."""
    out = io.BytesIO()
    with ArchiveWriter(out, AT) as archive:
        archive.add(INFO, len(INFO_BYTES), [INFO_BYTES])
    info = tarfile.TarInfo(TOP + "data/file")
    for name, value in fields.items():
        setattr(info, name, value)
    return out.getvalue() + info.tobuf(tarfile.GNU_FORMAT, "ascii", "strict") + bytes(1024)


HOSTILE: Mapping[str, bytes] = {
    "upwards": changed(name=f"{TOP}data/../../etc/passwd"),
    "absolute": changed(name="/etc/passwd"),
    "elsewhere": changed(name="etc/passwd"),
    "hidden": changed(name=f"{TOP}data/.profile"),
    "folder": changed(name=f"{TOP}data", type=tarfile.DIRTYPE),
    "symbolic link": changed(type=tarfile.SYMTYPE, linkname="/etc/passwd"),
    "hard link": changed(type=tarfile.LNKTYPE, linkname="/etc/passwd"),
    "device": changed(type=tarfile.CHRTYPE),
    "pipe": changed(type=tarfile.FIFOTYPE),
    "extension": changed(type=tarfile.XHDTYPE, size=2**40),
    "long name": changed(type=tarfile.GNUTYPE_LONGNAME, size=2**40),
    "sparse": changed(type=tarfile.GNUTYPE_SPARSE),
    "blob elsewhere": changed(name=f"{TOP}blobs/00/00/{DIGEST}"),
    "blob upwards": changed(name=f"{TOP}blobs/../{DIGEST}"),
    "catalog elsewhere": changed(name=f"{TOP}sub/{CATALOG}"),
    "lock": changed(name=f"{TOP}lock"),
}


@pytest.mark.parametrize("what", [*HOSTILE])
def test_hostile_member_is_refused(what: str) -> None:
    """Nothing comes out of an archive that a backup does not have."""
    with pytest.raises(BadInput, match=r"no backup has|no plain file"):
        read(HOSTILE[what])


BEGINNINGS: Mapping[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "text": lambda: b"this is no archive" * 100,
    "zeros": lambda: bytes(10_240),
    "another tar": lambda: written({"data/file": b"x"}),
}


@pytest.mark.parametrize("what", [*BEGINNINGS])
def test_what_is_no_backup_is_refused(what: str) -> None:
    """It is said at the first block."""
    with pytest.raises((BadInput, Corrupt)):
        _ = reader_of(BEGINNINGS[what]()).info


def test_archive_with_something_after_its_digests_is_refused() -> None:
    """Nobody appends to a backup."""
    archive = written()
    end = archive.rindex(f"  {CATALOG}\n".encode())
    cut = -(-(end + 20) // 512) * 512
    extra = tarfile.TarInfo(TOP + "data/more").tobuf(tarfile.GNU_FORMAT, "ascii", "strict")

    with pytest.raises(Corrupt, match="a member after"):
        read(archive[:cut] + extra + bytes(1024))


def test_newer_format_is_refused_with_what_to_do() -> None:
    """The sentence names both versions."""
    with pytest.raises(BadInput, match=r"format 2.*knows 1"):
        parse_info(INFO_BYTES.replace(b'"format":1,', b'"format":2,', 1))


def test_description_that_is_none_is_refused() -> None:
    """What stands there is decoded as what it should be."""
    with pytest.raises(BadInput, match=INFO):
        parse_info(b'{"format":1,"instance":1}')


def test_names_of_members_are_what_they_stand_for() -> None:
    """A name is read back to what it was made of, and nothing else is."""
    assert blob_of(blob_path(DIGEST)) == DIGEST
    assert data_path("secret.key") == "data/secret.key"
    assert data_of("data/secret.key") == "secret.key"
    assert data_path("a b") is None
    assert data_path("../x") is None
    assert blob_of(CATALOG) is None


def test_member_that_is_too_long_is_not_read_whole() -> None:
    """Who wants all of it in memory says how much that may be."""
    member = next(iter(reader_of(written())))

    with pytest.raises(BadInput, match="too long"):
        member.read(3)


def test_what_a_backup_says_is_what_was_said() -> None:
    """The description survives."""
    info = Info(catalog_format=6, instance="0", created=0.0, program="1")

    assert parse_info(INFO_BYTES) == info
