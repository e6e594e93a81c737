"""A mirror that is published to a bucket, and nginx in front of the bucket, as a CDN would be."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from support.house import ROOT
from support.programs import run_program
from support.radosgw import RadosGw
from support.web_servers.nginx import NGINX, whole
from support.web_servers.web_server import open_folder, running

__all__ = ["BucketYard"]

PATIENCE_SECONDS = 300.0

_FRONT = """\
    server {{
        listen 127.0.0.1:{port};
        location / {{
            rewrite ^(.*/)$ $1index.html last;
            proxy_pass {origin};
        }}
    }}
"""
_LINK = re.compile(rb'href="([^"#]+)')


@dataclass(frozen=True, slots=True)
class BucketYard:
    """A data directory, and the bucket that it is published to. ``prefix`` has no slashes."""

    data: Path
    store: RadosGw
    bucket: str
    prefix: str = "the-index"
    settings: Mapping[str, object] = field(default_factory=dict)

    @property
    def target(self) -> str:
        """What it is published to."""
        return f"s3://{self.bucket}/{self.prefix}"

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """Start a command where nothing of this machine is to be seen, but the store is."""
        self.data.parent.mkdir(parents=True, exist_ok=True)
        return subprocess.Popen(
            [sys.executable, "-m", "wheelyard", *words, "--data", str(self.data)],
            cwd=self.data.parent,
            env=self._environ(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str) -> str:
        """Run a command to its end, and return what it printed."""
        self.data.parent.mkdir(parents=True, exist_ok=True)
        ended = run_program(
            [*words, "--data", str(self.data)],
            cwd=self.data.parent,
            environ=self._environ(),
            timeout=PATIENCE_SECONDS,
        )
        said = f"{ended.stdout}\n{ended.stderr}"
        assert ended.returncode == 0, f"{words}: {ended.returncode}\n{said}"
        return ended.stdout

    def _environ(self) -> dict[str, str]:
        keys = self.settings
        return {
            "PATH": os.defpath,
            "HOME": str(self.data.parent),
            "PYTHONPATH": str(ROOT / "src"),
            "PIP_CONFIG_FILE": os.devnull,
            **{f"WHEELYARD__{key.upper().replace('.', '__')}": str(keys[key]) for key in keys},
            **self.store.environment,
        }

    def publish(self, *words: str) -> dict[str, object]:
        """Publish, and return the report."""
        report: dict[str, object] = json.loads(self.run("publish", self.target, "--json", *words))
        return report

    def objects(self) -> dict[str, str]:
        """Return the etag of each object below the prefix, by its path."""
        found: dict[str, str] = {}
        marker = ""
        while True:
            query = f"marker={marker}"
            body = self.store.request("GET", f"/{self.bucket}", query).body.decode()
            pattern = r"<Key>([^<]+)</Key>.*?<ETag>&quot;([^&]+)"
            batch = {unquote(key): etag for key, etag in re.findall(pattern, body)}
            found |= {
                key.removeprefix(f"{self.prefix}/"): etag
                for key, etag in batch.items()
                if key.startswith(f"{self.prefix}/")
            }
            if "<IsTruncated>true" not in body:
                return found
            marker = max(batch).replace("/", "%2F")

    def missing(self) -> list[str]:
        """Return what a page of the bucket names and the bucket has not."""
        there = self.objects()
        gone = []
        for path in there:
            if not path.endswith("/index.html"):
                continue
            page = self.store.fetch(f"/{self.bucket}/{self.prefix}/{path}").body
            for link in _LINK.findall(page):
                named = unquote(urlsplit(urljoin(f"/{path}", link.decode())).path).lstrip("/")
                named = f"{named}index.html" if named.endswith("/") else named
                gone += [f"{path} names {named}"] if named not in there else []
        return gone

    @contextmanager
    def served(self) -> Iterator[str]:
        """Serve the bucket over HTTP; yields the address of the index."""
        origin = f"{self.store.endpoint}/{self.bucket}/{self.prefix}/"
        with (
            open_folder() as folder,
            running(
                NGINX,
                folder,
                lambda place: whole(place, _FRONT.format(port=place.port, origin=origin)),
            ) as server,
        ):
            yield f"{server.base_url}/simple/"
