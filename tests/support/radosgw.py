"""A real object store: Ceph's radosgw on loopback, with everything in memory.

::

    with running_radosgw(folder) as store:
        store.make_bucket("wheels")
        ...  # a program that has `store.environment` can use `s3://wheels`

Three programs: a monitor, a store in memory, and the gateway that speaks S3. They are up within
seconds, and end with the test run, however that ends. Their usual pace is for clusters: what is
agreed on waits a second for company, which alone makes the start last twenty.
"""

import contextlib
import hashlib
import hmac
import http.client
import json
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from support.web_servers.web_server import free_port

__all__ = ["Answered", "RadosGw", "running_radosgw"]

_PROGRAMS: Final = ("radosgw", "radosgw-admin", "ceph", "ceph-mon", "ceph-osd", "monmaptool")
_PATH: Final = "/usr/sbin:/usr/local/sbin:/sbin:/usr/bin:/usr/local/bin:/bin"
_PATIENCE_SECONDS: Final = 300.0
_TRIES: Final = 3
_CLUSTER: Final = "00000000-0000-4000-8000-000000000001"
_OSD: Final = "00000000-0000-4000-8000-000000000002"
_REGION: Final = "us-east-1"

_CONFIGURATION: Final = """\
[global]
fsid = {cluster}
mon_host = {monitor}
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
ms_mon_client_mode = crc secure
auth_allow_insecure_global_id_reclaim = true
paxos_propose_interval = 0.02
paxos_min_wait = 0.01
mon_tick_interval = 1
mon_allow_pool_size_one = true
mon_data_avail_crit = 0
mon_data_avail_warn = 0
mon_osd_down_out_interval = 0
mon_osd_report_timeout = 100000
osd_heartbeat_grace = 100000
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
osd_objectstore = memstore
memstore_device_bytes = 4294967296
run_dir = {folder}
keyring = {folder}/keyring
admin_socket =
pid_file =
log_file =
log_to_stderr = true
err_to_stderr = true
debug_rocksdb = 0/0
[mon.a]
mon_data = {folder}/mon
[osd.0]
osd_data = {folder}/osd
[client.rgw]
rgw_frontends = beast endpoint=127.0.0.1:{port} tcp_nodelay=1
rgw_thread_pool_size = 64
rgw_max_listing_results = 100
rgw_enable_gc_threads = false
rgw_enable_lc_threads = false
rgw_enable_quota_threads = false
rgw_run_sync_thread = false
rgw_data_log_num_shards = 1
rgw_gc_max_objs = 1
rgw_lc_max_objs = 1
"""


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer of the store. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class RadosGw:
    """A running store. ``port`` is the gateway's; whoever has the keys may do everything."""

    port: int
    folder: Path
    access_key: str = "wheelyard"
    secret_key: str = "hush-hush"
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def endpoint(self) -> str:
        """Where the gateway is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What a program has to find in its environment."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": _REGION,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
        }

    def make_bucket(self, name: str, *, is_public: bool = False) -> str:
        """Make a bucket, which everybody may read if it ``is_public``; return its URL."""
        made = self.request("PUT", f"/{name}")
        assert made.status == 200, made
        if is_public:
            statement = {
                "Effect": "Allow",
                "Principal": "*",
                "Action": ["s3:GetObject"],
                "Resource": [f"arn:aws:s3:::{name}/*"],
            }
            policy = {"Version": "2012-10-17", "Statement": [statement]}
            done = self.request("PUT", f"/{name}", "policy=", json.dumps(policy).encode())
            assert done.status in {200, 204}, done
        return f"s3://{name}"

    def uploads(self, bucket: str) -> int:
        """Return how many uploads in parts were begun in a bucket and never ended."""
        return self.request("GET", f"/{bucket}", "uploads=").body.count(b"<Upload>")

    def request(self, method: str, path: str, query: str = "", body: bytes = b"") -> Answered:
        """Ask as the owner of the keys. ``query`` has one `name=value`, or nothing."""
        headers = self._sign(method, path, query, body)
        return self._ask(method, f"{path}?{query}" if query else path, headers, body)

    def fetch(self, path: str) -> Answered:
        """Ask as anybody does: a GET without a signature."""
        return self._ask("GET", path, {}, b"")

    def _ask(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answered:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            connection.request(method, target, body or None, dict(headers))
            answer = connection.getresponse()
            told = {name.lower(): text for name, text in answer.getheaders()}
            return Answered(answer.status, told, answer.read())

    def _sign(self, method: str, path: str, query: str, body: bytes) -> dict[str, str]:
        """Return the headers of a signed request. Source: AWS Signature Version 4."""
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        digest = hashlib.sha256(body).hexdigest()
        scope = f"{stamp[:8]}/{_REGION}/s3/aws4_request"
        signed = {
            "host": f"127.0.0.1:{self.port}",
            "x-amz-content-sha256": digest,
            "x-amz-date": stamp,
        }
        names = ";".join(signed)
        lines = [f"{name}:{text}" for name, text in signed.items()]
        request = "\n".join([method, path, query, *lines, "", names, digest])
        hashed = hashlib.sha256(request.encode()).hexdigest()
        key = f"AWS4{self.secret_key}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashed}"
        signature = hmac.new(key, text.encode(), "sha256").hexdigest()
        signed["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self.access_key}/{scope}, "
            f"SignedHeaders={names}, Signature={signature}"
        )
        return signed

    def start(self) -> None:
        """Start the three programs, and make the user.

        Raises:
            _DidNotStartError: one of them ended, or a port is somebody else's.
        """
        monitor_ports = free_port(), free_port()
        monitor = "[v2:127.0.0.1:{},v1:127.0.0.1:{}]".format(*monitor_ports)
        text = _CONFIGURATION.format(
            cluster=_CLUSTER, monitor=monitor, folder=self.folder, port=self.port
        )
        self.folder.joinpath("osd").mkdir(parents=True)
        self.folder.joinpath("ceph.conf").write_text(text)
        self.folder.joinpath("keyring").touch()
        monitors = str(self.folder / "monmap")
        self._call("monmaptool", "--create", "--addv", "a", monitor, "--fsid", _CLUSTER, monitors)
        self._call("ceph-mon", *self._known, "--mkfs", "-i", "a", "--monmap", monitors)
        self._spawn("ceph-mon", "-i", "a")
        patience = ("--connect-timeout", str(int(_PATIENCE_SECONDS)))
        self._call("ceph", *self._known, *patience, "osd", "new", _OSD)
        self._call("ceph-osd", *self._known, "-i", "0", "--mkfs", "--osd-uuid", _OSD)
        self._spawn("ceph-osd", "-i", "0")
        self._spawn("radosgw", "-n", "client.rgw")
        self._wait()
        user = ("--uid=tests", "--display-name=Tests", "--max-buckets=0")
        keys = (f"--access-key={self.access_key}", f"--secret={self.secret_key}")
        admin = ("radosgw-admin", *self._known, "-n", "client.rgw")
        self._call(*admin, "user", "create", *user, *keys)

    def stop(self) -> None:
        """End what was started; there is nothing to save."""
        for process in reversed(self._processes):
            process.kill()
        for process in self._processes:
            process.wait(_PATIENCE_SECONDS)
        self._processes.clear()

    @property
    def _known(self) -> Sequence[str]:
        """What every program is told."""
        return ("-c", str(self.folder / "ceph.conf"))

    def _call(self, name: str, *arguments: str) -> None:
        """Run a program to its end."""
        done = subprocess.run(
            [_program(name), *arguments],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_PATIENCE_SECONDS,
        )
        if done.returncode:
            raise _DidNotStartError(f"{name}: {done.stderr.decode(errors='replace')[-2000:]}")

    def _spawn(self, name: str, *arguments: str) -> None:
        """Start a program that goes on, and ends at the latest when we do."""
        setpriv = shutil.which("setpriv", path=_PATH)
        bound = [setpriv, "--pdeathsig", "KILL"] if setpriv else []
        with self.folder.joinpath(f"{name}.log").open("ab") as said:
            process = subprocess.Popen(
                [*bound, _program(name), *self._known, *arguments, "-f"],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,  # an interrupt is for us; we stop them
            )
        self._processes.append(process)

    def _wait(self) -> None:
        """Return as soon as the gateway answers."""
        ends_at = time.monotonic() + _PATIENCE_SECONDS
        while True:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.fetch("/").status == 200:
                    return
            for process in self._processes:
                if process.poll() is not None:
                    raise _DidNotStartError(f"{process.args!r} ended:\n{self._said()}")
            if time.monotonic() > ends_at:
                raise _DidNotStartError(f"no answer in time:\n{self._said()}")
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._processes[-1].wait(0.05)

    def _said(self) -> str:
        """Return the last words of each program."""
        logs = sorted(self.folder.glob("*.log"))
        return "\n".join(f"{log.name}: {log.read_text(errors='replace')[-1500:]}" for log in logs)


class _DidNotStartError(AssertionError):
    """One of the programs did not start."""


@contextlib.contextmanager
def running_radosgw(folder: Path) -> Iterator[RadosGw]:
    """Run a store in a folder of its own; skips where one of its programs is missing."""
    missing = [name for name in _PROGRAMS if shutil.which(name, path=_PATH) is None]
    if missing:
        pytest.skip(f"{missing[0]} is not installed (Debian's `radosgw`, `ceph-mon`, `ceph-osd`)")
    store = _started(folder)
    try:
        yield store
    finally:
        store.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _started(folder: Path) -> RadosGw:
    """Return a running store. A port that was free may be taken by others: it is tried again."""
    for attempt in range(_TRIES):
        store = RadosGw(free_port(), folder / str(attempt))
        try:
            store.start()
        except BaseException as error:
            store.stop()
            if not isinstance(error, _DidNotStartError) or attempt == _TRIES - 1:
                raise
        else:
            return store
    raise AssertionError("unreachable")


def _program(name: str) -> str:
    """Return the path of a program that is known to be there."""
    found = shutil.which(name, path=_PATH)
    assert found is not None
    return found
