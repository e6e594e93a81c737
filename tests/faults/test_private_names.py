"""Whose a name is does not depend on who is up: T01 to T03, G7, A-50, A-51, A-64.

Whatever happens, a name of ours is answered by us, and nobody outside ever hears of it.
"""

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from chaos.campaign import FACTOR, SEED
from contract.conformance.asking import JSON
from faults.house import CORE, INHOUSE, TWINS, House, open_house
from faults.yard import at_once, eventually
from support.packages import make_wheel
from support.simulator import Simulator, silent, status
from support.simulator.contents import list_file
from support.spellings import heard, spellings

SPELLINGS = int(2_000 * FACTOR)
TORCH = make_wheel("torchtriton", "1.0")
TORCH_TWIN = make_wheel("torchtriton", "999.0")
"""What a stranger has on the public index since 2022."""


@pytest.fixture(scope="module")
def _house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The server that the tests of this module share, with what is ours."""
    with open_house(tmp_path_factory.mktemp("house") / "data") as house:
        house.publish(CORE, INHOUSE)
        house.public.add(TORCH_TWIN, make_wheel("malware-kit", "1.0"))
        house.torch.add(TORCH)
        yield house


@pytest.fixture
def house(_house: House) -> Iterator[House]:
    """The same, with both indexes sound, and with nothing heard."""
    yield _house
    _house.recover()


# --- what is ours ---------------------------------------------------------------------------------

OUTAGES: dict[str, Callable[[Simulator], object]] = {
    "up": lambda upstream: upstream.add(make_wheel("acme-core", "1000.0")),
    "refusing": lambda upstream: upstream.down(),
    "mute": lambda upstream: upstream.mute(),
    "failing": lambda upstream: upstream.fault("*", status(503)),
    "throttling": lambda upstream: upstream.fault("*", status(429, retry_after=60)),
    "hanging": lambda upstream: upstream.fault("*", silent()),
}


@pytest.mark.parametrize("outage", OUTAGES.values(), ids=list(OUTAGES))
def test_a52_what_is_ours_is_answered_whatever_the_upstream_does(
    house: House, outage: Callable[[Simulator], object]
) -> None:
    """Page, file, metadata and JSON are ours, the file of the twin is nobody's, silence outside."""
    for simulator in (house.public, house.torch):
        outage(simulator)

    for package in (CORE, INHOUSE):
        assert house.versions(package.name) == {"1.0"}
        assert house.content(package) == package.content
        page = house.ask(package.name)
        metadata = house.client.ask(f"{page.file(package.filename)['url']}.metadata")
        assert f"Name: {package.name}" in metadata.text
        document = house.client.ask(f"/pypi/{package.name}/json").json()
        assert set(document["releases"]) == {"1.0"}

    assert house.heard() == []


def test_a51_reserved_name_is_absent_before_its_first_upload(house: House) -> None:
    """Page, file and documents, with and without an upstream: 404, and nobody is asked."""
    twin = next(each for each in TWINS if each.name == "acme-unborn")
    path = urlsplit(list_file(twin).path).path
    targets = [
        "/simple/acme-unborn/",
        "/simple/Acme.Unborn/",
        "/pypi/acme-unborn/json",
        "/pypi/acme-unborn/999.0/json",
        f"/integrity/acme-unborn/999.0/{twin.filename}/provenance",
        f"/packages/aa/bb/{60 * 'c'}/{twin.filename}",
        f"/packages/aa/bb/{60 * 'c'}/{twin.filename}.metadata",
        path,
        f"{path}.metadata",
    ]

    for down in (False, True):
        if down:
            house.public.down()
        answers = {target: house.client.follow(target).status for target in targets}
        assert answers == dict.fromkeys(targets, 404)
    assert house.heard() == []


def test_a50_unknown_file_of_a_private_project_is_absent_here(house: House) -> None:
    """Also one that a stranger has at this very path, and whatever else its name may be read as."""
    for name in ("acme_core-999.0-py3-none-any.whl", "inhouse-999.0.tar.gz", "acme-core-9.tar.gz"):
        for path in (f"/packages/aa/bb/{60 * 'c'}/{name}", f"/packages/{name}"):
            assert house.client.ask(path).status == 404
            assert house.client.ask(f"{path}.metadata").status == 404

    assert heard((house.public, house.torch), "acme", "inhouse") == []


def test_t03_no_spelling_of_a_private_name_reaches_an_upstream(house: House) -> None:
    """T03: by page, file, metadata, JSON and provenance, at every index; one owner for all."""
    chance = random.Random(SEED)
    known = {200, 400, 404}
    seen: dict[int, int] = {}
    for number, target in enumerate(_targets(chance)):
        answer = house.client.follow(target, {"Accept": JSON} if number % 2 else {})
        assert answer.status in known, (target, answer)
        assert b"999.0" not in answer.body or answer.status != 200, target
        seen[answer.status] = seen.get(answer.status, 0) + 1

    assert house.heard() == []
    assert set(seen) == known


def _targets(chance: random.Random) -> Iterator[str]:
    """Yield request targets, each with a name of ours in some spelling."""
    forms = (
        "/simple/{0}/",
        "/simple/{0}",
        "//simple//{0}/",
        "/staging/simple/{0}/",
        "/hosted/simple/{0}/",
        "/legacy/+simple/{0}/",
        "/pypi/{0}/json",
        "/pypi/{0}/999.0/json",
        "/simple/pypi/{0}/json",
        "/packages/{1}/{0}-999.0-py3-none-any.whl",
        "/packages/{1}/{0}-999.0-py3-none-any.whl.metadata",
        "/packages/{1}/{0}-999.0.tar.gz",
        "/staging/packages/{1}/{0}-999.0.tar.gz",
        "/integrity/{0}/999.0/{0}-999.0.tar.gz/provenance",
    )
    for _ in range(SPELLINGS):
        name = chance.choice(("acme-core", "inhouse", "acme-unborn"))
        (spelling,) = spellings(chance, name, 1)
        place = f"aa/bb/{chance.getrandbits(240):060x}"
        yield chance.choice(forms).format(spelling, place)


def test_name_that_is_ours_in_one_index_is_asked_for_by_none(house: House) -> None:
    """What is not yet promoted is absent in the other index, and not a stranger's."""
    house.publish(make_wheel("only-staged", "1.0"), path="/staging/legacy/")
    house.public.add(make_wheel("only-staged", "999.0"))

    assert house.ask("only-staged").status == 404
    page = house.client.ask("/staging/simple/only-staged/", {"Accept": JSON})
    assert page.json()["versions"] == ["1.0"]
    assert house.client.ask("/staging/simple/inhouse/", {"Accept": JSON}).status == 404
    assert heard((house.public, house.torch), "only-staged", "inhouse") == []


def test_list_has_each_name_once_and_from_its_owner(house: House) -> None:
    """Ours as we spell them, none that is only reserved, none that is blocked."""
    listed = house.client.ask("/simple/", {"Accept": JSON}).json()["projects"]

    names = [each["name"] for each in listed]
    assert {"acme-core", "inhouse", "torchtriton"} <= set(names)
    assert not {"acme-unborn", "malware-kit"} & set(names)
    assert len(names) == len(set(names))


# --- what is somebody else's ----------------------------------------------------------------------


def test_routed_name_is_asked_for_at_its_upstream_alone(house: House) -> None:
    """Torchtriton 2022: page, file and documents come from the one index that has the name."""
    assert house.versions("torchtriton") == {"1.0"}
    assert house.content(TORCH) == TORCH.content
    house.client.ask("/pypi/torchtriton/json")
    assert house.ask("torch-unknown").status == 404
    assert house.client.ask("/packages/a/torch_unknown-1.0-py3-none-any.whl").status == 404

    assert heard([house.public], "torch") == []


@pytest.mark.parametrize("outage", ["refusing", "failing"])
def test_routed_name_is_unavailable_and_nobody_elses_while_its_upstream_is_down(
    house: House, outage: str
) -> None:
    """503: the public index has something of that name, and is not asked."""
    OUTAGES[outage](house.torch)
    name = f"torch-{outage}"
    house.public.add(make_wheel(name, "999.0"))

    assert house.ask(name).status == 503
    assert house.client.ask(f"/packages/a/torch_{outage}-999.0-py3-none-any.whl").status == 503
    assert house.client.ask(f"/pypi/{name}/json").status == 503

    assert heard([house.public], "torch") == []


def test_blocked_name_is_refused_with_the_reason(house: House) -> None:
    """403 for page, file and document; nobody is asked."""
    for target in (
        "/simple/malware-kit/",
        "/pypi/malware-kit/json",
        "/packages/a/malware_kit-1.0-py3-none-any.whl",
        "/packages/a/malware_kit-1.0-py3-none-any.whl.metadata",
        "/integrity/malware-kit/1.0/malware_kit-1.0-py3-none-any.whl/provenance",
    ):
        answer = house.client.ask(target)
        assert answer.status == 403, target
        assert "`malware*` is blocked here" in answer.text

    assert heard((house.public, house.torch), "malware") == []


def test_blocked_name_takes_no_uploads(house: House) -> None:
    """Nobody could get it: better said at once."""
    answer = house.hosting.upload(make_wheel("malware-kit", "2.0"))

    assert answer.status == 403
    assert "`malware*` is blocked here" in answer.text


def test_t05_new_name_that_can_be_taken_for_another_is_noticed(house: House) -> None:
    """The uploader and the log are told what it looks like; other new names are no news."""
    house.public.add(make_wheel("requests", "2.0"))
    assert house.versions("requests") == {"2.0"}

    squat = house.hosting.upload(make_wheel("reqeusts", "1.0"))
    honest = house.hosting.upload(make_wheel("quarterly-report", "1.0"))

    assert (squat.status, honest.status) == (200, 200)
    assert "`reqeusts` can be taken for `requests`" in squat.text
    assert "The new project `reqeusts` can be taken for `requests`" in house.server.log()
    assert honest.text == ""


def test_merged_name_has_the_files_of_both_and_says_so(house: House) -> None:
    """Opt-in, loud, and ours first; while the public side is down, ours alone, marked stale."""
    ours, both = make_wheel("both-sides", "1.0"), make_wheel("both-sides", "2.0")
    twin = make_wheel("both-sides", "1.0", payload_bytes=10)
    house.publish(ours)
    house.public.add(twin, both)

    page = house.ask("both-sides")

    assert {each["filename"] for each in page.json()["files"]} == {ours.filename, both.filename}
    assert page["cache-status"].endswith("detail=merged")
    assert page["cache-control"] == "no-cache"
    assert house.content(ours) == ours.content
    assert house.content(both) == both.content
    log = house.server.log()
    assert "The public files of `both-sides` are shown beside ours" in log
    assert f"`{ours.filename}` of `both-sides`" in log
    assert house.client.ask("/-/status").json()["merged"] == ["both-sides"]


def test_t04_public_twin_raises_an_alarm_and_ours_wins(house: House) -> None:
    """It is noticed on the list of all projects, once somebody has asked for that; in the log too.

    A name that is merged is known to have one, and of one that is only reserved there is no twin.
    """
    assert house.client.ask("/simple/", {"Accept": JSON}).status == 200

    def is_noticed() -> bool:
        twins = house.client.ask("/-/status").json()["public_twins"]
        return {"acme-core", "inhouse"} <= set(twins) and "acme-unborn" not in twins

    eventually(is_noticed, "the twins are in the status")
    assert "A public project is called `inhouse`, as one of ours is" in house.server.log()
    assert house.versions("inhouse") == {"1.0"}
    assert house.heard() == []


def test_t04_name_that_was_public_is_ours_alone_once_it_is_taken(house: House) -> None:
    """What was fetched before is a stranger's now: not on a page, at no address, in no list."""
    twin, ours = make_wheel("former", "999.0"), make_wheel("former", "1.0")
    house.public.add(twin)
    assert house.content(twin) == twin.content
    path = house.client.path_of(house.ask("former").file(twin.filename)["url"])
    house.public.forget()

    house.publish(ours)

    assert house.versions("former") == {"1.0"}
    assert house.client.ask(path).status == 404
    assert house.client.ask(f"{path}.metadata").status == 404
    assert set(house.client.ask("/pypi/former/json").json()["releases"]) == {"1.0"}
    links = house.client.ask("/+links/").text
    assert ours.filename in links
    assert twin.filename not in links
    assert heard((house.public, house.torch), "former") == []


def test_t04_name_that_many_claim_at_once_has_one_owner(tmp_path: Path) -> None:
    """Several processes, several people: one project row, one first file, and nobody is told less.

    Of uploads with other bytes under one name exactly one is accepted.
    """
    rounds, claims = int(3 * FACTOR), 4
    with open_house(tmp_path / "data", workers=2) as house:
        for number in range(rounds):
            name = f"claimed-{number}"
            files = [make_wheel(name, "1.0", payload_bytes=size) for size in range(1, claims + 1)]
            answers = at_once(*(partial(house.hosting.upload, file) for file in files))
            assert sorted(answer.status for answer in answers) == [200, *[400] * (claims - 1)]
            winner = files[[answer.status for answer in answers].index(200)]
            assert house.content(winner) == winner.content
        assert house.heard() == []
    with closing(sqlite3.connect(tmp_path / "data" / "catalog.sqlite")) as connection:
        (count,) = connection.execute("SELECT count(*) FROM hosted_projects").fetchone()

    assert count == rounds


# --- while we are not well ourselves --------------------------------------------------------------


def test_a64_private_results_do_not_depend_on_the_fallback(tmp_path: Path) -> None:
    """The same private pages; public ones absent, fetched, or there if they are held."""
    with open_house(tmp_path / "data") as house:
        house.public.add(make_wheel("held", "1.0"), make_wheel("new", "1.0"))
        house.publish(CORE)
        assert house.versions("held") == {"1.0"}
        house.content(make_wheel("held", "1.0"))
    results = {}
    for fallback in ("none", "proxy", "mirror"):
        rules = {"index.main.fallback": fallback}
        with open_house(tmp_path / "data", rules) as house:
            house.public.add(make_wheel("held", "1.0"), make_wheel("new", "1.0"))
            private = house.ask("acme-core").body, house.content(CORE), house.ask("acme-x").status
            results[fallback] = private, house.ask("held").status, house.ask("new").status
            assert house.heard() == []
    (private, _, _) = results["none"]

    assert results == {
        "none": (private, 404, 404),
        "proxy": (private, 200, 200),
        "mirror": (private, 200, 404),
    }


def test_t02_locked_catalog_gives_nothing_away(tmp_path: Path) -> None:
    """Another program holds the catalog: ours or 503, never theirs."""
    with open_house(tmp_path / "data") as house:
        house.publish(CORE, INHOUSE)
        with closing(sqlite3.connect(tmp_path / "data" / "catalog.sqlite")) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            for name in ("acme-core", "inhouse"):
                answer = house.ask(name)
                assert answer.status in {200, 503}
                assert b"999.0" not in answer.body
            assert house.ask("acme-unborn").status in {404, 503}
            connection.rollback()
        assert house.heard() == []


def test_t02_damaged_catalog_gives_nothing_away(tmp_path: Path) -> None:
    """It is overwritten while the server runs, and there when it starts again: never theirs."""
    data = tmp_path / "data"
    with open_house(data) as house:
        house.publish(CORE, INHOUSE)
        house.versions("acme-core")  # one of them is known to this process
        for path in data.glob("catalog.sqlite*"):
            path.write_bytes(b"\0" * path.stat().st_size)
        for name in ("acme-core", "inhouse", "acme-unborn", "stranger"):
            answer = house.ask(name)
            assert answer.status in {200, 404, 503}
            assert b"999.0" not in answer.body
        assert house.heard() == []
        house.server.kill()


def test_private_names_are_ours_after_a_restart_and_offline(tmp_path: Path) -> None:
    """What is ours needs nobody, whether or not anybody may be asked."""
    data = tmp_path / "data"
    with open_house(data) as house:
        house.publish(CORE)
    for arguments in ([], ["--offline"]):
        with open_house(data, arguments=arguments) as house:
            assert house.versions("acme-core") == {"1.0"}
            assert house.content(CORE) == CORE.content
            assert house.ask("acme-unborn").status == 404
            assert house.heard() == []
