"""``wheelyard index``, from the arguments to the rows."""

from pathlib import Path

import pytest

from cli.contents import audit_of, publish
from cli.people import Console


def names(console: Console) -> list[object]:
    """Return the names of the indexes."""
    return [document["name"] for document in console.documents("index list")]


def test_main_is_there_before_anything_else(console: Console) -> None:
    """Also before the first start of a server."""
    [main] = console.documents("index list")

    assert (main["name"], main["from"], main["volatile"]) == ("main", "always", False)
    assert console.read("index list").splitlines()[1].split()[:3] == ["main", "0", "anyone"]


def test_index_is_added_with_its_settings(console: Console) -> None:
    """Each is a flag, and read as the configuration's."""
    said = console.said(
        "index add staging --base main --read members --fill granted --volatile --fallback none "
        "--close-releases-days 14 --keep-prereleases 3 --keep-development-builds-days 30 "
        "--expire-daily"
    )

    assert said == (
        "The index `staging` was added: install from `/staging/simple/`, upload to "
        "`/staging/legacy/` of your server.\n"
    )
    [_, staging] = console.documents("index list")
    assert (
        staging
        | {
            "name": "staging",
            "from": "command",
            "bases": ["main"],
            "read": "members",
            "fill": "granted",
            "volatile": True,
            "fallback": "none",
            "close_releases_days": 14.0,
            "keep_prereleases": 3,
            "keep_prereleases_days": 0.0,
            "keep_development_builds": 0,
            "keep_development_builds_days": 30.0,
            "expire_daily": True,
            "projects": 0,
        }
        == staging
    )
    assert audit_of(console)[-1].action == "index.add"


def test_index_is_removed_and_what_it_has_stays(console: Console) -> None:
    """It is there again with the index."""
    console.said("index add staging")
    publish(console, "demo-1.0.tar.gz", index="staging")

    said = console.said("index remove staging")

    assert "The index `staging` was removed." in said
    assert "Its 1 project stay in the data directory" in said
    assert names(console) == ["main"]
    console.said("index add staging")
    assert console.documents("index list")[1]["projects"] == 1


def test_index_that_another_one_shows_is_not_removed(console: Console) -> None:
    """That one would be without what it shows."""
    console.said("index add staging")
    console.said("index add team --base staging")

    code, _, errors = console.call("index remove staging")

    assert code == 1
    assert "the index `team` shows its projects" in errors
    assert "staging" in names(console)


def test_index_of_the_configuration_is_changed_there(console: Console) -> None:
    """And neither added nor removed by command."""
    Path("wheelyard.toml").write_text("[index.prod]\n", "utf-8")

    for line in ("index add prod", "index remove prod"):
        code, _, errors = console.call(line)

        assert code == 1
        assert "configuration" in errors


def test_upstream_is_a_base(console: Console) -> None:
    """An index may fall back to another upstream than the first one."""
    Path("wheelyard.toml").write_text(
        "[upstream.corp]\nurls = ['http://127.0.0.1:9/simple/']\n", "utf-8"
    )

    console.said("index add team --base corp")

    assert console.documents("index list")[1]["bases"] == ["corp"]


@pytest.mark.parametrize(
    ("line", "code", "sentence"),
    [
        ("index add simple", 2, "is an address of this server itself"),
        ("index add +x", 2, "a name is made of"),
        ("index add main", 1, "it is there without being added"),
        ("index add x --base nope", 2, "`--base`: there is no index `nope`, only `main`"),
        ("index add x --read nobody", 2, "`--read`: expected one of `anyone`, `members`"),
        ("index add x --keep-prereleases many", 2, "`--keep-prereleases`: expected a whole number"),
        ("index remove main", 1, "it is always there"),
        ("index remove nope", 2, "there is no index `nope`"),
    ],
)
def test_bad_input_is_a_sentence(console: Console, line: str, code: int, sentence: str) -> None:
    """And nothing is added or removed."""
    console.said("index add staging")

    found, _, errors = console.call(line)

    assert found == code
    assert sentence in errors
    assert names(console) == ["main", "staging"]


def test_index_is_added_once(console: Console) -> None:
    """The second time is a mistake."""
    console.said("index add staging")

    code, _, errors = console.call("index add staging --volatile")

    assert code == 1
    assert "there is one of that name already" in errors


def test_index_for_members_is_not_shown_to_all_by_another(console: Console) -> None:
    """The command says what a configuration that says the same is told."""
    console.said("index add team --read members")
    console.said("index add inner --read members --base team")

    code, _, errors = console.call("index add open --base inner")

    assert code == 2
    assert "`--base`: `inner` may be read by members only" in errors
    assert "open" not in names(console)


def test_index_is_not_called_as_an_upstream(console: Console) -> None:
    """As a base the name would mean the one today and the other tomorrow."""
    Path("wheelyard.toml").write_text(
        "[upstream.corp]\nurls = ['http://127.0.0.1:9/simple/']\n", "utf-8"
    )

    code, _, errors = console.call("index add corp")

    assert code == 1
    assert "an upstream has that name" in errors
