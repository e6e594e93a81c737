"""Settings that contradict each other about who owns a name are refused at start."""

from pathlib import Path

import pytest

from wheelyard.errors import ConfigError
from wheelyard.settings import Settings, index_name_problem, load_settings

UPSTREAMS = """
[upstream.main]
urls = ["http://index.example/simple/"]
[upstream.pytorch]
urls = ["http://pytorch.example/whl/"]
"""


@pytest.fixture(autouse=True)
def own_directories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep this machine's own configuration and data out of the tests."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))


def load(folder: Path, text: str, *upstreams: str) -> Settings:
    """Return the settings of a configuration file, and of ``--upstream``."""
    (folder / "wheelyard.toml").write_text(text, "utf-8")
    return load_settings({"upstream.urls": upstreams}, {}, folder)


@pytest.mark.parametrize("name", ["simple", "legacy", "hosted", "manage", "local-stats", "rpc2"])
def test_index_is_not_called_as_a_part_of_our_own_addresses(tmp_path: Path, name: str) -> None:
    """DESIGN.md, section 7: nobody could reach it."""
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, f"[index.{name}]")

    assert str(caught.value) == (
        f"`[index.{name}]`: an index cannot be called `{name}`: `/{name}/` is an address of this "
        "server itself. Choose another name."
    )


@pytest.mark.parametrize("name", ["a@2026-11-01", "-a", "+links", "_", "_a", "a-", "A", "", "ä"])
def test_index_is_not_called_what_an_address_cannot_tell(tmp_path: Path, name: str) -> None:
    """DESIGN.md, section 7: a date follows `@`, and `-`, `+` and `_` are ours."""
    with pytest.raises(ConfigError, match="lower-case letters, digits and dashes"):
        load(tmp_path, f'[index."{name}"]')

    assert "letters, digits and dashes" in index_name_problem(name)


@pytest.mark.parametrize("name", ["main", "staging", "prod-2", "x", "simple2"])
def test_index_is_called_anything_else(tmp_path: Path, name: str) -> None:
    """The main index too is configured under its name."""
    assert index_name_problem(name) == ""
    assert load(tmp_path, f"[index.{name}]").indexes[0].name == name


def test_everything_that_agrees_is_accepted(tmp_path: Path) -> None:
    """Bases that are indexes, in a row and apart; a base that is an upstream; routes."""
    text = f"""
    {UPSTREAMS}
    [index.staging]
    bases = ["main"]
    [index.prod]
    bases = ["staging", "shared"]
    [index.shared]
    [index.torch]
    bases = ["shared", "pytorch"]
    [names]
    reserved = ["acme-*"]
    blocked = ["acme-evil"]
    merge = ["flask"]
    route = {{ "torch*" = "pytorch", "*-torch" = "main" }}
    """

    settings = load(tmp_path, text)

    assert [index.bases for index in settings.indexes][1] == ("staging", "shared")
    assert [route.upstream for route in settings.names.route] == ["pytorch", "main"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            '[index.prod]\nbases = ["stagin"]',
            (
                "`index.prod.bases` names `stagin`, and there is neither `[index.stagin]` nor "
                "`[upstream.stagin]`: add one, or take the name out."
            ),
        ),
        (
            '[index.prod]\nbases = ["main", "pytorch"]\nfallback = "none"',
            (
                "`index.prod.bases` names the upstream `pytorch`, and `index.prod.fallback` is "
                "`none`: take one of them out."
            ),
        ),
        (
            '[index.prod]\nbases = ["prod"]',
            "`index.prod.bases` leads back to `prod` itself: take one of the bases out.",
        ),
        (
            '[index.a]\nbases = ["b"]\n[index.b]\nbases = ["c"]\n[index.c]\nbases = ["a"]',
            (
                "3 settings cannot be used:\n"
                "  - `index.a.bases` leads back to `a` itself: take one of the bases out.\n"
                "  - `index.b.bases` leads back to `b` itself: take one of the bases out.\n"
                "  - `index.c.bases` leads back to `c` itself: take one of the bases out."
            ),
        ),
        (
            '[index.main]\nbases = ["main"]',
            "`index.main.bases` leads back to `main` itself: take one of the bases out.",
        ),
        (
            '[index.a]\nbases = ["pytorch", "other"]\n[upstream.other]\nurls = ["http://x.example"]',
            (
                "`index.a.bases` names the upstreams `pytorch`, `other`: an index falls back to "
                "one. "
                "Keep that, and say in `names.route` which projects another one has."
            ),
        ),
        (
            '[names]\nroute = { "torch*" = "torch" }',
            (
                "`names.route` sends `torch*` to the upstream `torch`, and there is no "
                "`[upstream.torch]`: add it, or correct the name."
            ),
        ),
        (
            '[names]\nreserved = ["acme*"]\nroute = { "Acme_torch*" = "pytorch" }',
            (
                "`names.route` has `acme-torch*`, all of which is `acme*` in `names.reserved`: no "
                "upstream is asked for it. Take one of them out."
            ),
        ),
        (
            '[names]\nblocked = ["torch*"]\nroute = { "torch*" = "pytorch" }',
            (
                "`names.route` has `torch*`, all of which is `torch*` in `names.blocked`: no "
                "upstream "
                "is asked for it. Take one of them out."
            ),
        ),
        (
            '[names]\nreserved = ["acme-*"]\nmerge = ["Acme.Core"]',
            (
                "`names.merge` has `acme-core`, which is `acme-*` in `names.reserved`: a name "
                "cannot "
                "be both. Take one of them out."
            ),
        ),
        (
            '[names]\nblocked = ["flask"]\nmerge = ["flask"]',
            (
                "`names.merge` has `flask`, which is `flask` in `names.blocked`: a name cannot be "
                "both. Take one of them out."
            ),
        ),
    ],
)
def test_contradiction_is_refused_with_both_sides(tmp_path: Path, text: str, problem: str) -> None:
    """Who reads the sentence knows which two lines to look at."""
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, UPSTREAMS + text)

    assert str(caught.value) == problem


def test_route_to_the_only_upstream_is_refused(tmp_path: Path) -> None:
    """Whoever writes it means another one for the rest, and would get everything from there."""
    text = '[upstream.pytorch]\nurls = ["http://x.example"]\n[names]\nroute = {"torch*"="pytorch"}'

    with pytest.raises(ConfigError, match="the only upstream there is") as caught:
        load(tmp_path, text)
    assert "put another `[upstream.NAME]` before `[upstream.pytorch]`" in str(caught.value)
    assert load(tmp_path, text, "http://index.example/simple").names.route


def test_flag_keeps_upstreams_that_a_route_or_a_base_names(tmp_path: Path) -> None:
    """They are other indexes, and no doors to the one that the flag names; that one comes first."""
    text = f"""
    {UPSTREAMS}
    [upstream.house]
    urls = ["http://house.example/"]
    [index.house-only]
    bases = ["house"]
    [names]
    route = {{ "torch*" = "pytorch" }}
    """

    upstreams = load(tmp_path, text, "http://other.example/simple/").upstreams

    assert [upstream.name for upstream in upstreams] == ["default", "pytorch", "house"]
    assert [door.url for door in upstreams[0].doors] == ["http://other.example/simple/"]


CLOSED = '[index.team]\nread = "members"\n'


@pytest.mark.parametrize(
    ("text", "index", "base"),
    [
        ('[index.main]\nbases = ["team"]', "main", "team"),
        ('[index.z]\nread = "members"\n[index.open]\nbases = ["z"]', "open", "z"),
        ('[index.far]\nbases = ["main"]\n[index.main]\nbases = ["team"]', "far", "team"),
    ],
)
def test_index_for_members_is_not_shown_by_one_for_anyone(
    tmp_path: Path, text: str, index: str, base: str
) -> None:
    """Threat T35: a base would give out to all what only its members may see."""
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, f"{CLOSED}{text}")

    assert (
        f"`index.{index}.bases` leads to `{base}`, which only members may read, and anyone may "
        f"read `{index}`: set `index.{index}.read` to `members`, or take the base out."
    ) in str(caught.value)


def test_index_for_members_shows_what_anyone_may_read(tmp_path: Path) -> None:
    """The other way round nothing is given away; nor between indexes that both are for members."""
    text = """
    [index.team]
    read = "members"
    bases = ["main", "other"]
    [index.other]
    read = "members"
    """

    assert load(tmp_path, text).indexes[0].bases == ("main", "other")
