"""A server with projects of its own, whose names strangers have taken everywhere else.

::

    with open_house(tmp_path / "data") as house:
        house.publish(make_wheel("acme-core", "1.0"))
        house.public.down()
        assert house.versions("acme-core") == {"1.0"}

`public` is the index that everybody knows, and `torch` another one, which alone has `torch*`.
"""

import contextlib
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Unpack

from contract.conformance.asking import JSON, Answer, Client
from contract.conformance.hosting import Hosting
from faults.yard import Yard, eventually, open_yard
from support.accounts import new_administrator
from support.packages import Package, make_wheel
from support.server import RunningServer, ServerWords
from support.simulator import Simulator
from support.spellings import heard

__all__ = ["CORE", "INHOUSE", "OURS", "TWINS", "House", "open_house"]

CORE, INHOUSE = make_wheel("acme-core", "1.0"), make_wheel("inhouse", "1.0")
"""Ours: the one has a name that is reserved, of the other nobody knew before it was uploaded."""

TWINS = tuple(make_wheel(name, "999.0") for name in ("acme-core", "inhouse", "acme-unborn"))
"""What strangers have under our names, and under one that is only reserved."""

OURS = ("acme-", "acme.", "inhouse")
"""What no upstream may ever hear."""

RULES: Mapping[str, object] = {
    "names.reserved": "Acme_*",
    "names.blocked": "malware*",
    "names.route": "torch*=torch",
    "names.merge": "both-sides",
    "index.staging.fallback": "proxy",
    "upstream.default.connect_seconds": 1,
    "upstream.default.read_seconds": 3,
    "upstream.torch.connect_seconds": 1,
    "upstream.torch.read_seconds": 3,
    "freshness.patience_seconds": 3,
}


@dataclass(frozen=True, slots=True)
class House:
    """A running server, the two indexes behind it, and a token for it."""

    yard: Yard
    public: Simulator
    torch: Simulator
    token: str = field(repr=False)

    @property
    def client(self) -> Client:
        """A client of the server."""
        return self.yard.client

    @property
    def server(self) -> RunningServer:
        """The server."""
        return self.yard.server

    @property
    def hosting(self) -> Hosting:
        """A client that uploads."""
        return Hosting(self.client, self.yard.data, self.token)

    def publish(self, *packages: Package, path: str = "/legacy/") -> None:
        """Upload packages."""
        for package in packages:
            answer = self.hosting.upload(package, path=path)
            assert answer.status == 200, (answer, answer.text)

    def ask(self, name: str) -> Answer:
        """Return the answer for the page of a project."""
        return self.client.ask(f"/simple/{name}/", {"Accept": JSON})

    def versions(self, name: str) -> set[str]:
        """Return the versions on the page of a project, which has to be there."""
        answer = self.ask(name)
        assert answer.status == 200, answer
        return set(answer.json()["versions"])

    def content(self, package: Package) -> bytes:
        """Return the bytes of a file that its page lists."""
        answer = self.client.ask(self.ask(package.name).file(package.filename)["url"])
        assert answer.status == 200, answer
        return answer.body

    def recover(self) -> None:
        """Have both indexes sound, asked again, and with nothing heard.

        An open circuit closes after three answers: each look asks for pages that nobody asked for.
        """
        for simulator in (self.public, self.torch):
            simulator.clear_faults()
            simulator.up()

        def is_sound() -> bool:
            for simulator, prefix in ((self.public, "sound"), (self.torch, "torch-sound")):
                package = make_wheel(f"{prefix}-{uuid.uuid4().hex}", "1.0")
                simulator.add(package)
                if self.ask(package.name).status != HTTPStatus.OK:
                    return False
            return self.yard.circuits() == {"closed"}

        eventually(is_sound, "both indexes are asked again")
        self.public.forget()
        self.torch.forget()

    def heard(self) -> list[str]:
        """Return what any upstream has heard of our names."""
        return heard((self.public, self.torch), *OURS)


@contextlib.contextmanager
def open_house(
    data: Path, more_rules: Mapping[str, object] | None = None, **words: Unpack[ServerWords]
) -> Iterator[House]:
    """Run a server on `data`, in front of two indexes full of twins of what is ours.

    On data that were there before, nobody is added who could upload.
    """
    is_new = not data.exists()
    with Simulator() as public, Simulator() as torch, contextlib.ExitStack() as stack:
        for simulator in (public, torch):
            simulator.add(*TWINS)
        rules = {**RULES, "upstream.torch.urls": torch.url, **(more_rules or {})}
        given: ServerWords = {**words, "settings": rules}
        yard = stack.enter_context(open_yard(data, public, **given))
        yield House(yard, public, torch, new_administrator(data) if is_new else "")
