"""Programs that some tests drive and that pip cannot install: other web servers, load makers."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["SystemPart", "missing_parts", "provide_system_parts"]


@dataclass(frozen=True, slots=True)
class SystemPart:
    """A program, the Debian package that brings it, and the tests that drive it."""

    program: str
    package: str
    needed_by: str


PARTS = (
    SystemPart("git", "git", "tests/test_house.py"),
    SystemPart("nginx", "nginx-light", "tests/bench"),
    SystemPart("mkfs.ext4", "e2fsprogs", "tests/faults/failing_disk.py"),
    SystemPart("strace", "strace", "tests/faults/failing_disk.py"),
    SystemPart("openssl", "openssl", "tests/scenario"),
    SystemPart("slapd", "slapd", "tests/support/slapd.py"),
    SystemPart("strace", "strace", "tests/chaos"),
    SystemPart("wrk", "wrk", "tests/bench"),
    SystemPart("apache2", "apache2", "tests/support/web_servers"),
    SystemPart("caddy", "caddy", "tests/support/web_servers"),
    SystemPart("node", "nodejs", "tests/publish/serving"),
    SystemPart("haproxy", "haproxy", "tests/support/web_servers"),
    SystemPart("lighttpd", "lighttpd", "tests/support/web_servers"),
    SystemPart("radosgw", "radosgw", "tests/support/radosgw.py"),
    SystemPart("ceph-mon", "ceph-mon", "tests/support/radosgw.py"),
    SystemPart("ceph-osd", "ceph-osd", "tests/support/radosgw.py"),
    SystemPart("chromium", "chromium", "tests/browser"),
)

# Consulted before a package starts its daemon; 101 means "do not". Without it, running the tests
# as root would leave a web server behind on port 80.
POLICY = Path("/usr/sbin/policy-rc.d")


def missing_parts(root: Path) -> list[SystemPart]:
    """Return the programs that tests in ``root`` drive and that this machine does not have.

    The system folders count even if they are not on the path: servers live in them.
    """
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin:/sbin"
    return [
        part
        for part in PARTS
        if root.joinpath(part.needed_by).exists() and not shutil.which(part.program, path=path)
    ]


def provide_system_parts(root: Path) -> list[str]:
    """Install what is missing where that is possible; return the programs that stay missing.

    Possible means: on a Debian, as root. Never fails: tests that drive a missing program skip.
    """
    missing = missing_parts(root)
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        with nothing_starts():
            quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            succeeds(["apt-get", "-qq", "update"], quiet)
            packages = [part.package for part in missing]
            install = ["apt-get", "-qq", "install", "--yes", "--no-install-recommends"]
            if not succeeds([*install, *packages], quiet):
                for package in packages:  # one unknown name must not cost the others
                    succeeds([*install, package], quiet)
        missing = missing_parts(root)
    return [part.program for part in missing]


def succeeds(command: list[str], environment: Mapping[str, str]) -> bool:
    """Run ``command`` in silence and tell whether it worked."""
    answer = subprocess.run(
        command, capture_output=True, check=False, env=environment, stdin=subprocess.DEVNULL
    )
    return answer.returncode == 0


@contextmanager
def nothing_starts() -> Iterator[None]:
    """Keep packages from starting their daemons while they are being installed."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n", "utf-8")
    try:
        POLICY.chmod(0o755)
        yield
    finally:
        POLICY.unlink()
