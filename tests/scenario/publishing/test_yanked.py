"""Installers obey what is said of a release of our own: yanks and quarantine."""

from collections.abc import Callable
from pathlib import Path

import pytest

from contract.conformance.asking import Answer
from faults.yard import eventually
from scenario.publishing.yard import Yard
from support.clients import PIP_AND_UV, Kind, OneCommand, Sandbox
from support.packages import make_wheel

pytestmark = [pytest.mark.scenario, pytest.mark.slow]


def wait_for(yard: Yard, name: str, holds: Callable[[Answer], bool]) -> None:
    """Wait until the page of a project is as a command has just made it."""
    eventually(lambda: holds(yard.hosting.page(name)), f"the page of {name} is another one")


@pytest.mark.parametrize("kind", PIP_AND_UV, ids=str)
def test_yanked_release_is_installed_only_by_who_asks_for_it(
    yard: Yard, kind: Kind[OneCommand], sandbox: Sandbox, tmp_path: Path
) -> None:
    """With a warning that has the reason; un-yanked, it is chosen again. Source: PEP 592."""
    client, name = kind.start(sandbox), f"acme-yanked-{kind.name}"
    for version in ("1.0", "1.2"):
        assert yard.hosting.upload(make_wheel(name, version)).status == 200

    def install(wanted: str, target: str) -> tuple[str, str]:
        result = client.install([wanted], yard.server.url, tmp_path / target).checked()
        return result.installed[name], result.output

    assert install(name, "before")[0] == "1.2"
    yard.hosting.command("project", "yank", name, "1.2", "--reason", "it eats files")
    wait_for(yard, name, lambda page: "it eats files" in page.text)

    chosen, _ = install(name, "chosen")
    asked, output = install(f"{name}==1.2", "asked")

    assert (chosen, asked) == ("1.0", "1.2")
    assert "it eats files" in output
    yard.hosting.command("project", "unyank", name, "1.2")
    wait_for(yard, name, lambda page: "it eats files" not in page.text)
    assert install(name, "after")[0] == "1.2"


@pytest.mark.parametrize("kind", PIP_AND_UV, ids=str)
def test_quarantined_project_is_not_installed(
    yard: Yard, kind: Kind[OneCommand], sandbox: Sandbox, tmp_path: Path
) -> None:
    """Not even what was installed a moment ago. Source: PEP 792."""
    client, name = kind.start(sandbox), f"acme-quarantined-{kind.name}"
    assert yard.hosting.upload(make_wheel(name, "1.0")).status == 200
    first = client.install([name], yard.server.url, tmp_path / "first").checked()
    yard.hosting.command("project", "status", name, "quarantined", "--reason", "malware")
    wait_for(yard, name, lambda page: not page.json()["files"])

    second = client.install([name], yard.server.url, tmp_path / "second")

    assert first.installed[name] == "1.0"
    assert second.exit_code != 0
