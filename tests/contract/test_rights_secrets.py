"""Canaries: passwords, tokens and the key are nowhere but where they belong. Threat T47.

Commands and logins run with secrets that are easy to find; then everything that they have written,
told, logged, raised or kept is searched for them.
"""

import hashlib
import io
import logging
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import pytest

from access.place import basic
from wheelyard.access.header import parse_authorization
from wheelyard.access.keys import KEY_NAME
from wheelyard.access.signing_in import open_access
from wheelyard.catalog import Catalog, open_catalog
from wheelyard.cli.main import run
from wheelyard.clock import SystemClock
from wheelyard.errors import LoginNeeded

PASSWORDS = ("canary-password-1", "canary-password-2", "canary-password-3")


@dataclass
class Trial:
    """What was written and told by commands, and what must not be found in it."""

    data: Path
    told: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    generated: str = ""

    @property
    def secrets(self) -> list[bytes]:
        """Every secret, in the forms in which it could leak."""
        texts = [*PASSWORDS, self.generated, *self.tokens]
        texts += [token.rpartition("_")[2] for token in self.tokens]
        texts += [basic("alice", text).partition(" ")[2] for text in [*PASSWORDS, *self.tokens]]
        # Digests that need no key: with one of these a leaked token could be recognised.
        for token in self.tokens:
            texts += [
                hashlib.new(name, token.encode()).hexdigest()
                for name in ("sha256", "blake2b", "blake2s", "md5")
            ]
            texts.append(hashlib.blake2b(token.encode(), digest_size=32).hexdigest())
        key = (self.data / KEY_NAME).read_bytes()
        return [*(text.encode() for text in texts), key, key.hex().encode()]

    def assert_clean(self, what: str, content: bytes) -> None:
        """Fail if a secret is in ``content``."""
        found = [number for number, secret in enumerate(self.secrets) if secret in content]
        assert found == [], f"{what} holds the secrets number {found}"


@pytest.fixture
def trial(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> Trial:
    """Run every command about people with canaries."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("WHEELYARD_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "300")
    trial = Trial(tmp_path / "data")

    def call(line: str, given: str = "") -> str:
        monkeypatch.setattr("sys.stdin", io.StringIO(given))
        run(line.split())
        output, errors = capsys.readouterr()
        trial.told.append(errors)
        return output

    trial.generated = call("user add root --admin").strip()
    for line in (
        f"user add alice --password-stdin < {PASSWORDS[0]}",
        f"user password alice --password-stdin < {PASSWORDS[1]}",
        f"user add alice --password-stdin < {PASSWORDS[2]}",  # taken
        "user password nobody --password-stdin < " + PASSWORDS[2],
        f"user add bob --password-stdin < {PASSWORDS[2]}\x07",  # cannot be typed
    ):
        command, _, given = line.partition(" < ")
        trial.told.append(call(command, given))
    for flags in ("--expires P1D --label CI", "--action read", ""):
        trial.tokens.append(call(f"token add alice {flags}").strip())
    trial.told.append(call(f"token revoke {trial.tokens[0]} {trial.tokens[0]}"))
    trial.told.append(call(f"token revoke {trial.tokens[1][:-1]}"))
    for line in ("user list", "token list", "group list", "role list"):
        trial.told += [call(line), call(f"{line} --json")]
    trial.told.append(call("audit export"))
    trial.told.append(caplog.text)
    return trial


def test_commands_tell_no_secret(trial: Trial) -> None:
    """Each is written once, where it was asked for."""
    assert len(set(trial.tokens)) == 3
    assert all(trial.tokens)
    assert len(trial.generated) == 24
    for number, text in enumerate(trial.told):
        trial.assert_clean(f"text {number}", text.encode())


def test_data_directory_keeps_no_secret(trial: Trial) -> None:
    """A stolen catalog, or a copy of it, lets nobody in; the key is in its own file alone."""
    files = [path for path in trial.data.rglob("*") if path.is_file() and path.name != KEY_NAME]

    assert {"catalog.sqlite"} <= {path.name for path in files}
    for path in files:
        trial.assert_clean(path.name, path.read_bytes())


def test_logins_tell_no_secret(trial: Trial, caplog: pytest.LogCaptureFixture) -> None:
    """Neither right nor wrong ones: in errors, their causes, records or the log."""
    caplog.set_level(logging.DEBUG)
    headers = [basic("alice", PASSWORDS[1]), *(f"Bearer {token}" for token in trial.tokens[1:])]
    wrong = [
        *(basic("alice", text) for text in (PASSWORDS[0], PASSWORDS[2], f"{PASSWORDS[1]}x")),
        *(basic("nobody", text) for text in trial.tokens),
        f"Bearer {trial.tokens[0]}",
        f"Bearer {trial.tokens[1]}0",
    ]
    clock = SystemClock()
    shown: list[object] = [parse_authorization(header) for header in headers + wrong]

    async def sign_in(catalog: Catalog) -> None:
        access = open_access(catalog, trial.data, clock)
        shown.extend([access._parts, access._remembered, access._noted])
        shown.extend([await access.identify(header, "192.0.2.1") for header in headers])
        shown.extend([await catalog.people.users(), await catalog.tokens.load()])
        shown.append(catalog.bearers.person_now("alice"))
        for header in wrong:
            with pytest.raises(LoginNeeded) as caught:
                await access.identify(header, "192.0.2.1")
            shown.extend([caught.value, caught.value.args, vars(caught.value)])

    with open_catalog(trial.data, clock) as catalog:
        anyio.run(sign_in, catalog)

    trial.assert_clean("what was shown", f"{shown!r}{[*map(str, shown)]}{caplog.text}".encode())
    assert "$argon2id$" not in repr(shown)
