"""What commands do to our own projects is what a running server shows, within a second.

T13, T16, T28, A-22; devpi #898, #1079, #1098: yanks and states of projects of one's own.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from contract.conformance.asking import HTML, JSON, Answer
from contract.conformance.hosting import basic
from faults.house import House, open_house
from faults.yard import eventually
from support.packages import make_sdist, make_wheel
from wheelyard.cli.main import run

PATIENCE = "a running server shows it"


@dataclass(frozen=True, slots=True)
class Bench:
    """A server with projects of its own, and a shell on its machine."""

    house: House
    capture: pytest.CaptureFixture[str]

    def command(self, line: str) -> str:
        """Run a command that succeeds, in this process; return all that it writes."""
        code = run([*line.split(), "--data", str(self.house.yard.data)])
        output, errors = self.capture.readouterr()
        assert code == 0, errors
        return output + errors

    def refused(self, line: str) -> str:
        """Run a command that finds something wrong; return what it says."""
        code = run([*line.split(), "--data", str(self.house.yard.data)])
        _, errors = self.capture.readouterr()
        assert code == 1, errors
        return errors

    def page(self, name: str, index: str = "", accept: str = JSON) -> Answer:
        """Return the page of a project."""
        return self.house.client.ask(f"/{index}simple/{name}/", {"Accept": accept})

    def until(self, path: str, holds: Callable[[Answer], bool], accept: str = JSON) -> Answer:
        """Return the answer once it is so."""
        return self.house.yard.until(path, holds, accept)


@pytest.fixture(scope="module")
def _house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The server that the tests share; each has projects of its own."""
    settings = {
        "index.scratch.volatile": "true",
        "index.builds.keep_development_builds": 1,
        "index.closed.close_releases_days": 1e-9,
    }
    with open_house(tmp_path_factory.mktemp("curated") / "data", settings) as house:
        yield house


@pytest.fixture
def bench(
    _house: House,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Bench:
    """A shell in which the settings of the server are known."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    lines = ["[index.staging]", "[index.scratch]", "volatile = true"]
    lines += ["[index.builds]", "keep_development_builds = 1"]
    (tmp_path / "wheelyard.toml").write_text("\n".join(lines), "utf-8")
    return Bench(_house, capsys)


def statuses(page: Answer) -> tuple[object, object]:
    """Return the state that a JSON page gives its project. Source: PEP 792."""
    found = page.json().get("project-status", {})
    return found.get("status"), found.get("reason")


def test_yank_and_unyank_are_shown_in_both_forms(bench: Bench) -> None:
    """With the reason, for who gets the file all the same. Source: PEP 592."""
    package = make_wheel("acme-yanked", "1.0")
    bench.house.publish(package)
    assert bench.page("acme-yanked").file(package.filename)["yanked"] is False

    bench.command("project yank acme.yanked 1.0 --reason broken")

    path = "/simple/acme-yanked/"
    bench.until(path, lambda page: page.file(package.filename)["yanked"] == "broken")
    bench.until(path, lambda page: 'data-yanked="broken"' in page.text, HTML)
    assert bench.house.content(package) == package.content
    bench.command("project unyank acme-yanked 1.0")
    bench.until(path, lambda page: page.file(package.filename)["yanked"] is False)
    bench.until(path, lambda page: "data-yanked" not in page.text, HTML)


def test_t16_deleted_name_is_not_given_to_other_bytes(bench: Bench) -> None:
    """Page, file and metadata are gone; the refusal does not read as "it is there already"."""
    package, left = make_wheel("acme-deleted", "1.0"), make_wheel("acme-deleted", "1.1")
    bench.house.publish(package, left)
    url = bench.page("acme-deleted").file(package.filename)["url"]
    assert bench.house.client.ask(url).status == 200

    bench.command("project delete acme-deleted 1.0 --reason leaked")

    bench.until("/simple/acme-deleted/", lambda page: page.json()["versions"] == ["1.1"])
    for path in (url, f"{url}.metadata"):
        bench.until(path, lambda answer: answer.status == 404)
    for other in (package, make_wheel("acme-deleted", "1.0", payload_bytes=10)):
        answer = bench.house.hosting.upload(other)
        assert answer.status == 400
        assert "has since been deleted" in answer.reason
        assert "already exists" not in answer.text


def test_t16_accepted_name_is_given_to_other_bytes(bench: Bench) -> None:
    """By a person's word, and at another address."""
    package = make_wheel("acme-again", "1.0")
    bench.house.publish(package)
    url = bench.page("acme-again").file(package.filename)["url"]
    bench.command("project delete acme-again 1.0 --reason leaked")
    other = make_wheel("acme-again", "1.0", payload_bytes=10)

    bench.command(f"project accept acme-again {package.filename} --reason rebuilt")

    bench.house.publish(other)
    bench.until("/simple/acme-again/", lambda page: bool(page.json()["files"]))
    found = bench.page("acme-again").file(other.filename)
    assert found["url"] != url
    assert bench.house.client.ask(found["url"]).body == other.content
    assert bench.house.client.ask(url).status == 404


def test_deleted_project_stays_ours_until_its_name_is_given_up(bench: Bench) -> None:
    """A stranger's project of that name is nobody's, and nobody outside hears of the name."""
    ours = make_wheel("once-ours", "1.0")
    bench.house.publish(ours)
    bench.house.public.add(make_wheel("once-ours", "999.0"))

    bench.command("project delete once-ours --whole-project --reason renamed")

    bench.until("/simple/once-ours/", lambda page: page.status == 404)
    assert bench.house.public.count("/simple/once-ours/") == 0
    bench.house.publish(make_wheel("once-ours", "1.1"))
    bench.until("/simple/once-ours/", lambda page: page.status == 200)
    bench.command("project delete once-ours --whole-project --give-up-name --reason renamed")
    page = bench.until("/simple/once-ours/", lambda page: page.status == 200)
    assert page.json()["versions"] == ["999.0"]


@pytest.mark.parametrize("status", ["archived", "deprecated", "quarantined"])
def test_status_is_shown_in_both_forms_and_obeyed(bench: Bench, status: str) -> None:
    """Archived takes no files, deprecated does, quarantined gives none out. Source: PEP 792."""
    name = f"acme-{status}"
    package = make_wheel(name, "1.0")
    bench.house.publish(package)
    url = bench.page(name).file(package.filename)["url"]

    bench.command(f"project status {name} {status} --reason moved")

    page = bench.until(f"/simple/{name}/", lambda page: statuses(page) == (status, "moved"))
    is_given_out = status != "quarantined"
    assert bool(page.json()["files"]) == is_given_out
    document = bench.house.client.ask(f"/pypi/{name}/json")
    assert (document.status == 200 and bool(document.json()["urls"])) == is_given_out
    links = bench.house.client.ask("/+links/", {"Accept": HTML})
    assert (package.filename in links.text) == is_given_out
    shown = f'name="pypi:project-status" content="{status}"'
    bench.until(f"/simple/{name}/", lambda page: shown in page.text, HTML)
    assert bench.house.client.ask(url).status == (200 if is_given_out else 403)
    answer = bench.house.hosting.upload(make_wheel(name, "1.1"))
    assert answer.status == (200 if status == "deprecated" else 403)
    bench.command(f"project status {name} active")
    bench.until(f"/simple/{name}/", lambda page: statuses(page)[0] in {None, "active"})
    assert bench.house.client.ask(url).status == 200


def test_promoted_release_is_the_same_in_the_other_index(bench: Bench) -> None:
    """Digest, metadata and bytes; with a time of its own, and nothing of other releases."""
    package, other = make_wheel("acme-promoted", "1.0"), make_wheel("acme-promoted", "1.1")
    bench.house.publish(package, other, path="/staging/legacy/")
    staged = bench.page("acme-promoted", "staging/").file(package.filename)
    assert bench.page("acme-promoted").status == 404

    bench.command("project promote acme-promoted 1.0 --from staging --to main")

    page = bench.until("/simple/acme-promoted/", lambda page: page.status == 200)
    assert page.json()["versions"] == ["1.0"]
    promoted = page.file(package.filename)
    for key in ("hashes", "size", "core-metadata", "requires-python", "yanked"):
        assert promoted.get(key) == staged.get(key)
    times = [datetime.fromisoformat(file["upload-time"]) for file in (staged, promoted)]
    assert times == sorted(times)
    assert bench.house.content(package) == package.content
    assert bench.house.client.ask(f"{promoted['url']}.metadata").status == 200


def test_promotion_onto_other_bytes_changes_nothing(bench: Bench) -> None:
    """What is installed from the target stays what it was."""
    staged = make_wheel("acme-clash", "1.0", payload_bytes=10)
    bench.house.publish(staged, path="/staging/legacy/")
    package = make_wheel("acme-clash", "1.0")
    bench.house.publish(package)

    said = bench.refused("project promote acme-clash 1.0 --from staging --to main")

    assert "File already exists" in said
    assert bench.house.content(package) == package.content


def test_volatile_index_gives_out_what_was_uploaded_last(bench: Bench) -> None:
    """At an address of its own; the immutable one refuses."""
    first, second = (make_wheel("acme-volatile", "1.0", payload_bytes=size) for size in (10, 20))
    for path in ("/scratch/legacy/", "/legacy/"):
        bench.house.publish(first, path=path)
    before = bench.page("acme-volatile", "scratch/").file(first.filename)

    bench.house.publish(second, path="/scratch/legacy/")

    after = bench.page("acme-volatile", "scratch/").file(first.filename)
    assert after["url"] != before["url"]
    assert bench.house.client.ask(after["url"]).body == second.content
    assert bench.house.hosting.upload(second).status == 400
    assert bench.house.content(first) == first.content


def test_expired_builds_are_gone_and_releases_stay(bench: Bench) -> None:
    """First they are shown."""
    made = [make_wheel("acme-builds", version) for version in ("0.9", "1.0.dev1", "1.0.dev2")]
    bench.house.publish(*made, path="/builds/legacy/")
    assert "1.0.dev1" in bench.command("project expire --index builds --dry-run")
    assert len(bench.page("acme-builds", "builds/").json()["files"]) == 3

    bench.command("project expire --index builds")

    wanted = ["0.9", "1.0.dev2"]
    bench.until(
        "/builds/simple/acme-builds/", lambda page: sorted(page.json()["versions"]) == wanted
    )


def test_t13_old_release_takes_a_file_from_an_administrator_alone(bench: Bench) -> None:
    """Here a release is old at once."""
    bench.command("user add bob")
    bench.command("role grant bob uploader --index closed")
    token = bench.command("token add bob").splitlines()[0]
    first, second = make_wheel("acme-closed", "1.0"), make_sdist("acme-closed", "1.0")
    bob = basic("__token__", token)
    hosting, path = bench.house.hosting, "/closed/legacy/"
    assert hosting.upload(first, bob, path=path).status == 200

    refused = hosting.upload(second, bob, path=path)

    assert refused.status == 403
    assert "so it is closed: raise the version" in refused.text
    assert hosting.upload(make_wheel("acme-closed", "1.1"), bob, path=path).status == 200
    assert hosting.upload(second, path=path).status == 200


def test_index_that_is_added_serves_at_once_and_its_base_too(bench: Bench) -> None:
    """Without a restart; and is gone as soon when it is removed."""
    shown, own = make_wheel("acme-shown", "1.0"), make_wheel("acme-own", "1.0")
    bench.house.publish(shown)

    bench.command("index add team --base main --read members")

    def takes_uploads() -> bool:
        return bench.house.hosting.upload(own, path="/team/legacy/").status == 200

    eventually(takes_uploads, PATIENCE)
    assert bench.page("acme-own", "team/").status == 401
    assert bench.page("acme-own").status == 404
    bench.command("index remove team")
    bench.until("/team/simple/acme-own/", lambda page: page.status == 404)
    assert bench.page("acme-shown").status == 200


def test_a22_changed_bytes_of_a_public_file_are_given_out_once_they_are_accepted(
    bench: Bench,
) -> None:
    """Until then a running server states and gives the first ones."""
    first = make_wheel("rebuilt", "1.0")
    other = make_wheel("rebuilt", "1.0", payload_bytes=5_000)
    bench.house.public.add(first)
    assert bench.house.content(first) == first.content
    bench.house.public.remove(first.filename)
    bench.house.public.add(other)

    bench.command(f"project accept rebuilt {first.filename} --reason its-owner-said-so")

    path = "/simple/rebuilt/"
    bench.until(path, lambda page: page.file(first.filename)["hashes"]["sha256"] == other.sha256)
    assert bench.house.content(other) == other.content
