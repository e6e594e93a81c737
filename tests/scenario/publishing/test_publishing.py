"""Each real client publishes, and pip and uv install what it published: C-63, A-42."""

from collections.abc import Callable
from pathlib import Path

import pytest

from scenario.publishing.yard import PUBLIC, Yard
from support.clients import (
    PIP_26,
    PUBLISHERS,
    Account,
    Kind,
    Pip,
    Publisher,
    Sandbox,
    Uv,
    need,
    release_of,
)

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

FAMILIES = {"twine-7.0.0", "uv", "flit-4.2.0"}
OF_THREE_FAMILIES = [kind for kind in PUBLISHERS if str(kind) in FAMILIES]
"""Those that are sure to show what the server says."""
FROM_SOURCE = ("--no-binary", ":all:", "--no-build-isolation", "--no-deps")


@pytest.mark.parametrize("kind", PUBLISHERS, ids=str)
def test_c63_a42_what_a_client_publishes_installs(
    yard: Yard, kind: Kind[Publisher], new_sandbox: Callable[[str], Sandbox], tmp_path: Path
) -> None:
    """A wheel for pip, the sdist for uv, and what they need of public packages, from one URL."""
    name = f"acme-by-{kind.name}-{str(kind)[-5:].replace('.', '')}"
    release = release_of(name, "1.0", requires=[PUBLIC.name])
    client = kind.start(new_sandbox("publisher"))
    need(PIP_26)

    client.publish(release, yard.account, tmp_path / "project").checked()
    pip = Pip(PIP_26, new_sandbox("pip"))
    by_pip = pip.install([name], yard.server.url, tmp_path / "pip").checked()
    is_built_by_us = kind.name != "flit"  # whose sdist wants a backend that is not here
    uv = Uv(new_sandbox("uv"), FROM_SOURCE if is_built_by_us else ())
    by_uv = uv.install([name], yard.server.url, tmp_path / "uv").checked()

    assert by_pip.installed[name] == by_uv.installed[name] == "1.0"
    assert len(yard.hashes(name)) == 2
    if is_built_by_us:
        assert yard.hashes(name) == {each.filename: each.sha256 for each in release.packages}
        assert by_pip.installed == {name: "1.0", PUBLIC.name: PUBLIC.version}


@pytest.mark.parametrize("kind", OF_THREE_FAMILIES, ids=str)
def test_c78_client_with_a_wrong_token_says_so(
    yard: Yard, kind: Kind[Publisher], sandbox: Sandbox, tmp_path: Path
) -> None:
    """It fails, and whoever reads its output knows that it was the credentials."""
    client = kind.start(sandbox)
    account = Account(yard.account.url, "wrong")

    outcome = client.publish(release_of("acme-nobody", "1.0"), account, tmp_path / "project")

    assert outcome.exit_code != 0
    assert "401" in outcome.output
    assert yard.hosting.page("acme-nobody").status == 404
