"""What another process takes away is gone here with the next request. Threat T44, A-61.

The promise is one second. Nothing is kept here, so it is none at all once the command has ended.
"""

import os
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from access.place import basic
from support.house import ROOT
from support.programs import run_program
from wheelyard.access import ANONYMOUS, Action, Identity, IndexRules, may
from wheelyard.access.signing_in import Access, open_access
from wheelyard.catalog import open_catalog, open_directory
from wheelyard.clock import SystemClock
from wheelyard.errors import LoginNeeded

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

MEMBERS = IndexRules(read="members")


async def command(data: Path, line: str, given: str = "") -> str:
    """Run a command as another program does, and return its output."""
    environ = {"PATH": os.defpath, "HOME": str(data.parent), "PYTHONPATH": str(ROOT / "src")}

    def run() -> str:
        words = [*line.split(), "--data", str(data)]
        ended = run_program(words, cwd=data.parent, environ=environ, input=given)
        ended.check_returncode()
        return ended.stdout

    return (await anyio.to_thread.run_sync(run)).strip()


async def recognised(access: Access, header: str) -> Identity:
    """Return who shows the header; nobody if it is refused."""
    try:
        return await access.identify(header, "192.0.2.1")
    except LoginNeeded:
        return ANONYMOUS


@pytest.mark.blocking(reason="opening and closing happen before and after the loop's work")
async def test_what_a_command_takes_away_is_gone_in_a_running_server(tmp_path: Path) -> None:
    """A role, a token, a password, a user; and the watcher hears of each."""
    data, clock = tmp_path / "data", SystemClock()
    with open_directory(data, clock), open_catalog(data, clock) as catalog:
        access, changes = open_access(catalog, data, clock), catalog.changes()
        await changes.poll()
        await command(data, "user add alice --password-stdin", "rosebud12")
        await command(data, "role grant alice reader --index main")
        tokens = [await command(data, "token add alice") for _ in range(2)]
        headers = [basic("alice", "rosebud12"), *(f"Bearer {token}" for token in tokens)]
        assert len(await changes.poll()) == 4
        assert await rights(access, headers) == [True, True, True]

        await command(data, f"token revoke {tokens[0]}")
        assert await rights(access, headers) == [True, False, True]

        await command(data, "role revoke alice reader --index main")
        assert await rights(access, headers) == [False, False, False]

        await command(data, "role grant alice reader")
        assert await rights(access, headers) == [True, False, True]

        await command(data, "user password alice --password-stdin", "rosebud34")
        assert await rights(access, headers) == [False, False, True]

        await command(data, "user remove alice")
        assert await rights(access, headers) == [False, False, False]
        assert {row.kind for row in await changes.poll()} == {"access.changed"}


async def rights(access: Access, headers: list[str]) -> list[bool]:
    """Return which of the headers let somebody read the index now."""
    found = [await recognised(access, header) for header in headers]
    return [may(identity, Action.READ, "main", "flask", MEMBERS) for identity in found]


@pytest.mark.blocking(reason="opening and closing happen before and after the loop's work")
async def test_revocation_is_noticed_by_whoever_hammers(tmp_path: Path) -> None:
    """While requests pour in, the first one after the command is refused, and each one after it."""
    data, clock = tmp_path / "data", SystemClock()
    with open_directory(data, clock), open_catalog(data, clock) as catalog:
        access = open_access(catalog, data, clock)
        await command(data, "user add alice")
        token = await command(data, "token add alice")
        answers = await hammer(access, data, token)

    assert answers[0]
    assert answers == sorted(answers, reverse=True)
    assert not answers[-1]


async def hammer(access: Access, data: Path, token: str) -> list[bool]:
    """Return the answers to request after request, while a command revokes the token."""
    answers: list[bool] = []
    ended = anyio.Event()

    async def revoke() -> None:
        await command(data, f"token revoke {token}")
        ended.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(revoke)
        while not ended.is_set():
            answers.append(not (await recognised(access, f"Bearer {token}")).is_anonymous)
            await anyio.sleep(0.001)
    answers.append(not (await recognised(access, f"Bearer {token}")).is_anonymous)
    return answers
