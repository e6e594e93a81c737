"""Files of any size, with the memory of a small one: C-82.

`WHEELYARD_TEST_UPLOAD_MIB=2048` makes the file as large as it gets; `./test` takes a small one.
"""

import base64
import hashlib
import http.client
import io
import os
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from contract.conformance.hosting import basic
from scenario.publishing.yard import Yard
from support.packages import Package, make_wheel
from support.uploads import form_of

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

MIB: Final = 2**20
SIZE_MIB: Final = int(os.environ.get("WHEELYARD_TEST_UPLOAD_MIB", "64"))
MORE_MEMORY_BYTES: Final = 24 * MIB
"""What a file of any size may add: less than half of the smallest one here."""
PATIENCE_SECONDS: Final = 600.0


def write_large(folder: Path, package: Package, size_mib: int) -> Path:
    """Write the wheel with a further member that does not compress, and return where it is."""
    with zipfile.ZipFile(io.BytesIO(package.content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    piece = hashlib.shake_256(package.name.encode()).digest(MIB)
    digest = hashlib.sha256()
    for _ in range(size_mib):
        digest.update(piece)
    encoded = base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()
    member = zipfile.ZipInfo("payload.bin")
    member.file_size = size_mib * MIB  # known beforehand, so that it may be beyond 4 GiB
    record = next(name for name in files if name.endswith("/RECORD"))
    files[record] += f"{member.filename},sha256={encoded},{member.file_size}\n".encode()
    with zipfile.ZipFile(folder / package.filename, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        with archive.open(member, "w") as stream:
            for _ in range(size_mib):
                stream.write(piece)
    return folder / package.filename


def pieces_of(path: Path) -> Iterator[bytes]:
    """Yield a file in pieces."""
    with path.open("rb") as stream:
        yield from iter(lambda: stream.read(MIB), b"")


def sha256_of(pieces: Iterator[bytes]) -> str:
    """Return the digest of what comes in pieces."""
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


def send(yard: Yard, package: Package, path: Path) -> tuple[int, str]:
    """Upload what lies on the disk under the name of ``package``, without ever holding it."""
    place = b"@the file@"
    form = form_of(replace(package, content=place), digests=[])
    content_type, body = form.with_values("sha256_digest", sha256_of(pieces_of(path))).render()
    before, _, after = body.partition(place)
    headers = {
        "Content-Type": content_type,
        "Content-Length": str(len(before) + path.stat().st_size + len(after)),
        **basic("__token__", yard.hosting.token),
    }

    def sent() -> Iterator[bytes]:
        yield before
        yield from pieces_of(path)
        yield after

    connection = http.client.HTTPConnection(*yard.hosting.client.address, timeout=PATIENCE_SECONDS)
    try:
        connection.request("POST", "/legacy/", sent(), headers)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def fetch(yard: Yard, url: str) -> str:
    """Return the digest of what an address has."""
    with yard.hosting.client.opened(url) as response:
        return sha256_of(iter(lambda: response.read(MIB), b""))


def memory_of(process: int, name: str) -> int:
    """Return what the system says of a process: ``VmRSS`` now or ``VmHWM`` at most, in bytes."""
    found = re.search(rf"{name}:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


def forget_peak(process: int) -> None:
    """Have the system forget how much memory a process had. Source: proc(5), clear_refs."""
    Path(f"/proc/{process}/clear_refs").write_text("5")


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="only Linux can tell")
def test_c82_large_file_takes_no_more_memory_than_a_small_one(yard: Yard, tmp_path: Path) -> None:
    """It is written while it comes, checked where it lies, and sent as it was."""
    server = yard.server.process.pid
    warm = make_wheel("acme-warm", "1.0")
    assert send(yard, warm, write_large(tmp_path, warm, 4))[0] == 200
    large = make_wheel("acme-large", "1.0")
    path = write_large(tmp_path, large, SIZE_MIB)
    before = memory_of(server, "VmRSS")
    forget_peak(server)

    answer = send(yard, large, path)

    more = memory_of(server, "VmHWM") - before
    assert answer[0] == 200, answer
    assert more < MORE_MEMORY_BYTES, f"{more / MIB:.1f} MiB for {SIZE_MIB} MiB"
    file = yard.hosting.client.page("acme-large").file(large.filename)
    assert file["hashes"]["sha256"] == sha256_of(pieces_of(path)) == fetch(yard, file["url"])
