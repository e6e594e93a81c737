"""Clients that upload: each on one connection that it keeps, one file after the other."""

import http.client
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bench.errors import CannotMeasureError
from bench.forms import Upload

__all__ = ["Posted", "Target", "post_all"]

TIMEOUT_SECONDS = 60
OK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a server takes uploads, and what it wants to be told besides the form."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What became of uploads; `waits` are the seconds of each one that was acknowledged."""

    seconds: float
    waits: tuple[float, ...]
    failed: int
    complaint: str = ""

    def wait_at(self, share: float) -> float:
        """Return the seconds within which that share of the uploads was acknowledged."""
        return sorted(self.waits)[min(len(self.waits) - 1, int(len(self.waits) * share))]


def post_all(target: Target, uploads: Sequence[Upload], clients: int) -> Posted:
    """Upload everything, shared among so many clients at once.

    Raises:
        CannotMeasureError: not one of them was acknowledged.
    """
    workers = [_Client(target, uploads[at::clients]) for at in range(clients)]
    threads = [threading.Thread(target=worker.run, daemon=True) for worker in workers]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    waits = tuple(wait for worker in workers for wait in worker.waits)
    complaints = [worker.complaint for worker in workers if worker.complaint]
    if not waits:
        raise CannotMeasureError(complaints[0] if complaints else "takes no uploads")
    failed = sum(worker.failed for worker in workers)
    return Posted(seconds=seconds, waits=waits, failed=failed, complaint="".join(complaints[:1]))


class _Client:
    """One client and its share of the uploads."""

    def __init__(self, target: Target, uploads: Sequence[Upload]) -> None:
        self._target = target
        self._uploads = uploads
        self.waits: list[float] = []
        self.failed = 0
        self.complaint = ""

    def run(self) -> None:
        """Upload them one by one; a failure is counted, and the next one is tried."""
        parts = urlsplit(self._target.url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT_SECONDS)
        for upload in self._uploads:
            began = time.perf_counter()
            try:
                complaint = self._post(connection, parts.path, upload)
            except (OSError, http.client.HTTPException) as error:
                complaint = f"{type(error).__name__}: {error}"
                connection.close()
            if complaint:
                self.failed += 1
                self.complaint = self.complaint or complaint
            else:
                self.waits.append(time.perf_counter() - began)
        connection.close()

    def _post(self, connection: http.client.HTTPConnection, path: str, upload: Upload) -> str:
        """Upload one file; return why it was not taken, or nothing."""
        headers = {**self._target.headers, "Content-Type": upload.content_type}
        connection.request("POST", path, upload.body, headers)
        response = connection.getresponse()
        response.read()
        return "" if response.status == OK else f"answers {response.status} {response.reason}"
