"""``wheelyard project expire``, from the arguments to the rows."""

import json

import pytest

from cli.contents import files_of, publish
from cli.people import Console


@pytest.fixture(autouse=True)
def built(console: Console) -> None:
    """Publish development builds in an index that keeps the last one, and a release."""
    console.said("index add builds --keep-development-builds 1")
    for number in range(3):
        filename = f"demo-1.0.dev{number}.tar.gz"
        publish(console, filename, index="builds", uploaded_at=float(number))
    publish(console, "demo-0.9.tar.gz", index="builds", uploaded_at=0.0)


def test_dry_run_shows_what_would_go(console: Console) -> None:
    """Project, version and why; and nothing goes."""
    code, output, errors = console.call("project expire --index builds --dry-run")

    assert code == 0
    [heading, first, second] = output.splitlines()
    assert heading.split()[:2] == ["Project", "Version"]
    assert first.split()[:2] == ["demo", "1.0.dev0"]
    assert second.endswith("not one of the last 1")
    assert "Would be deleted from the index `builds`: 2 releases." in errors
    assert len(files_of(console, index="builds")) == 4


def test_expiring_shows_what_goes_and_deletes_it(console: Console) -> None:
    """The second time everything is still kept."""
    code, output, errors = console.call("project expire --index builds")

    assert code == 0
    assert "1.0.dev1" in output
    assert errors == "Deleted from the index `builds`: 2 releases.\n"
    assert sorted(files_of(console, index="builds")) == ["demo-0.9.tar.gz", "demo-1.0.dev2.tar.gz"]
    again = console.said("project expire --index builds")
    assert again == "Everything in the index `builds` is still kept.\n"


def test_plan_is_reported_for_programs(console: Console) -> None:
    """With whether it was done."""
    planned = json.loads(console.read("project expire --index builds --dry-run --json"))
    done = json.loads(console.read("project expire --index builds --json"))

    assert (planned["index"], planned["deleted"], done["deleted"]) == ("builds", False, True)
    versions = [release["version"] for release in done["releases"]]
    assert versions == [release["version"] for release in planned["releases"]]
    assert versions == ["1.0.dev0", "1.0.dev1"]


def test_index_that_keeps_everything_says_how_to_change_that(console: Console) -> None:
    """Nobody waits for something to go that never will."""
    code, _, errors = console.call("project expire")

    assert code == 2
    assert "Everything in the index `main` is kept." in errors
    assert "`keep_development_builds = 20`, in `[index.main]`" in errors
