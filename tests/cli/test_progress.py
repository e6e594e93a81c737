"""How far the work is: for whoever looks, and at no cost to anybody else."""

import pytest

from wheelyard.cli.progress import line_on_terminal
from wheelyard.clock import Instant
from wheelyard.mirror import Tally
from wheelyard.mirror.sync import Account as SyncAccount
from wheelyard.publish.tree import Account as PublishAccount


def unseen(_: object) -> None:
    """Tell nobody."""


def test_nothing_is_drawn_or_imported_where_nobody_looks() -> None:
    """A log is no terminal: there not even a module that is not there is missed."""
    with line_on_terminal("nowhere", unseen) as tell:
        assert tell is unseen


@pytest.mark.parametrize(
    ("module", "about", "told"),
    [
        ("collected", (), (128,)),
        ("restored", ("Taking the backup",), (1, 1)),
        ("verified", (), (Tally(),)),
    ],
)
def test_terminal_gets_the_line_of_the_command(
    module: str,
    about: tuple[object, ...],
    told: tuple[object, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each of them can be told how the work goes on."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)

    with line_on_terminal(module, print, *about) as tell:
        assert tell is not print
        tell(*told)


@pytest.mark.parametrize(
    ("module", "account"),
    [("publishing", PublishAccount()), ("synced", SyncAccount("main", Instant(0.0)))],
)
def test_terminal_gets_the_line_that_follows_an_account(
    module: str,
    account: object,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Of a publish and of a sync, which count their work anyway."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)

    with line_on_terminal(module, None, account):
        pass

    assert "Looking" in capsys.readouterr().err
