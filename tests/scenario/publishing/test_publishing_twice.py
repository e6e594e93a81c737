"""A release that is published again: the same bytes, and others; C-68 to C-71."""

from collections.abc import Callable
from pathlib import Path

import pytest

from scenario.publishing.yard import Yard
from support.clients import (
    PUBLISHERS,
    SKIPPERS,
    TWINES,
    Kind,
    Publisher,
    Release,
    Sandbox,
    UvPublish,
    release_of,
)

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

SKIP = ("--skip-existing",)
# flit builds its files anew, and hatch sends nothing that is there already.
SENDS_AGAIN = [kind for kind in PUBLISHERS if kind.name not in {"flit", "hatch"}]

SHOWS_WHY = [kind for kind in SENDS_AGAIN if kind.name in {"twine", "uv"}]
"""The two families that most people use; pdm shows the reason with `-v` only."""


def published(yard: Yard, name: str) -> Release:
    """Return a release that is on the server already."""
    release = release_of(name, "1.0")
    yard.publish(release)
    return release


@pytest.mark.parametrize("kind", SENDS_AGAIN, ids=str)
def test_c68_same_bytes_again_are_a_success(
    yard: Yard, kind: Kind[Publisher], sandbox: Sandbox, tmp_path: Path
) -> None:
    """A job that is repeated is green with every client, without any option."""
    client = kind.start(sandbox)
    release = published(yard, f"acme-again-{str(kind).replace('.', '-')}")

    client.publish(release, yard.account, tmp_path / "project").checked()

    assert set(yard.hashes(release.name)) == release.filenames


@pytest.mark.parametrize("kind", SHOWS_WHY, ids=str)
def test_c69_other_bytes_are_an_error_that_the_client_shows(
    yard: Yard, kind: Kind[Publisher], sandbox: Sandbox, tmp_path: Path
) -> None:
    """It fails, its output says that the file exists already, and the first bytes stay."""
    client = kind.start(sandbox)
    release = published(yard, f"acme-other-{str(kind).replace('.', '-')}")
    other = release_of(release.name, "1.0", payload="other")
    before = yard.hashes(release.name)

    outcome = client.publish(other, yard.account, tmp_path / "project")

    assert outcome.exit_code != 0
    assert "file already exists" in " ".join(outcome.output.lower().split())
    assert yard.hashes(release.name) == before


@pytest.mark.parametrize("kind", SKIPPERS, ids=str)
def test_c70_client_skips_what_exists(
    yard: Yard, kind: Kind[Publisher], sandbox: Sandbox, tmp_path: Path
) -> None:
    """`--skip-existing` ends with 0 and changes nothing: the wheel has other bytes, the sdist not.

    It skips the one and publishes the other again, which is a success.
    """
    client = kind.start(sandbox)
    release = published(yard, f"acme-skip-{str(kind).replace('.', '-')}")
    wheel, _ = release_of(release.name, "1.0", payload="other").packages
    again = Release(release.name, "1.0", (wheel, release.packages[1]))
    before = yard.hashes(release.name)

    client.publish(again, yard.account, tmp_path / "project", SKIP).checked()

    assert yard.hashes(release.name) == before


@pytest.mark.parametrize("kind", SKIPPERS[:1], ids=str)
def test_c69_client_does_not_skip_what_was_deleted(
    yard: Yard, kind: Kind[Publisher], sandbox: Sandbox, tmp_path: Path
) -> None:
    """`--skip-existing` would be a false success: the file is not there."""
    client = kind.start(sandbox)
    release = published(yard, f"acme-gone-{str(kind).replace('.', '-')}")
    yard.hosting.command("project", "delete", release.name, "1.0", "--reason", "leaked")

    outcome = client.publish(release, yard.account, tmp_path / "project", SKIP)

    assert outcome.exit_code != 0
    assert "deleted" in outcome.output


def test_twine_7_refuses_to_skip_before_it_asks(
    yard: Yard, sandbox: Sandbox, tmp_path: Path
) -> None:
    """`--skip-existing` is for PyPI only there: the how-to says so, and needs another way."""
    twine = TWINES[0].start(sandbox)
    release = published(yard, "acme-skip-with-twine-7")

    outcome = twine.publish(release, yard.account, tmp_path / "project", SKIP)

    assert outcome.exit_code != 0
    assert "skip-existing" in outcome.output


@pytest.mark.parametrize("payload", ["", "other"], ids=["same bytes", "other bytes"])
def test_c71_uv_compares_with_the_page(
    yard: Yard, payload: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    """With `--check-url` it skips what has the same hash, and fails where that differs."""
    release = published(yard, f"acme-checked-{payload or 'same'}")
    again = release_of(release.name, "1.0", payload=payload)
    options = ("--check-url", yard.server.url)

    outcome = UvPublish(sandbox).publish(again, yard.account, tmp_path / "project", options)

    assert (outcome.exit_code == 0) == (payload == "")
    assert ("already exists" in outcome.output) or (payload != "")
    assert set(yard.hashes(release.name)) == release.filenames


def test_c73_hatch_leaves_out_what_it_finds(
    yard: Yard, new_sandbox: Callable[[str], Sandbox], tmp_path: Path
) -> None:
    """On the page below `+simple` it finds one of two files, and sends the other."""
    (hatch,) = (kind for kind in PUBLISHERS if kind.name == "hatch")
    client = hatch.start(new_sandbox("hatch"))
    release = release_of("acme-half-there", "1.0")
    yard.publish(Release(release.name, release.version, release.packages[:1]))

    outcome = client.publish(release, yard.account, tmp_path / "project").checked()

    assert "already exists" in outcome.output
    assert set(yard.hashes(release.name)) == release.filenames
