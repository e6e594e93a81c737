"""``--index``: found among those of the configuration, those that were added, and `main`."""

from pathlib import Path

import pytest

from cli.contents import publish
from cli.people import Console


@pytest.fixture(autouse=True)
def demo(console: Console) -> None:
    """Publish a project in `main`."""
    publish(console, "demo-1.0.tar.gz")


def test_index_is_main_unless_it_is_named(console: Console) -> None:
    """Most people have no other one."""
    assert "in the index `main`" in console.said("project yank demo 1.0")


def test_unknown_index_is_wrong_usage(console: Console) -> None:
    """The sentence has those that there are, and how to get another one."""
    code, _, errors = console.call("project yank demo 1.0 --index prod")

    assert code == 2
    assert "`--index`: there is no index `prod`, only `main`" in errors
    assert "`wheelyard index add prod`" in errors


def test_index_of_the_configuration_is_known(console: Console) -> None:
    """As the server knows it."""
    Path("wheelyard.toml").write_text("[index.prod]\nvolatile = true\n", "utf-8")
    publish(console, "demo-1.0.tar.gz", index="prod")

    assert "the index `prod`" in console.said("project delete demo 1.0 --index prod")


def test_directory_without_data_is_wrong_usage(
    console: Console, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nothing is made there."""
    monkeypatch.setenv("WHEELYARD_DATA", str(tmp_path / "elsewhere"))

    code, _, errors = console.call("project yank demo 1.0")

    assert code == 2
    assert "holds no data" in errors
    assert not (tmp_path / "elsewhere").exists()
