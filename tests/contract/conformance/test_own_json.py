"""The JSON API of our own projects: C-88 to C-90, and what mirror programs need of it."""

import hashlib
from urllib.parse import urljoin, urlsplit

from contract.conformance.asking import JSON, Answer
from contract.conformance.hosting import Hosting
from support.packages import Package, make_sdist, make_wheel
from support.uploads import digests_of


def uploaded(hosting: Hosting, *packages: Package) -> None:
    """Have the server take each of these."""
    for package in packages:
        assert hosting.upload(package).status == 200


def entry(document: Answer, filename: str) -> dict[str, object]:
    """Return what a document says of a file."""
    [found] = [each for each in document.json()["urls"] if each["filename"] == filename]
    assert isinstance(found, dict)
    return found


def test_c88_own_project_is_described_by_its_metadata(hosting: Hosting) -> None:
    """As PyPI does it: `info` of the newest release, every release, and the files of this one."""
    old = make_wheel("c88-own", "1.0")
    new = make_wheel("c88-own", "2.0", requires=["six>=1"], requires_python=">=3.8")
    uploaded(hosting, old, new)

    document = hosting.client.ask("/pypi/c88-own/json")
    of_one = hosting.client.ask("/pypi/c88-own/1.0/json")

    info = document.json()["info"]
    assert (info["name"], info["version"]) == ("c88-own", "2.0")
    assert info["requires_dist"] == ["six>=1"]
    assert info["requires_python"] == ">=3.8"
    assert list(document.json()["releases"]) == ["1.0", "2.0"]
    assert document.json()["ownership"] == {"roles": [], "organization": None}
    assert of_one.json()["info"]["version"] == "1.0"
    assert "releases" not in of_one.json()


def test_c88_own_file_has_all_three_digests(hosting: Hosting) -> None:
    """Clients check whichever they know."""
    package = make_wheel("c88-digests", "1.0")
    uploaded(hosting, package)

    file = entry(hosting.client.ask("/pypi/c88-digests/json"), package.filename)

    md5, sha256, blake2 = digests_of(package.content).values()
    assert file["digests"] == {"blake2b_256": blake2, "md5": md5, "sha256": sha256}
    assert file["md5_digest"] == md5
    assert (file["packagetype"], file["python_version"]) == ("bdist_wheel", "py3")
    assert file["size"] == package.size
    assert str(file["upload_time_iso_8601"]).endswith("Z")
    assert file["yanked"] is False
    assert hosting.client.ask(urlsplit(str(file["url"])).path).body == package.content


def test_c88_source_archive_alone_is_described_too(hosting: Hosting) -> None:
    """No page advertises its metadata, but they are here."""
    uploaded(hosting, make_sdist("c88-source", "1.0", requires=["six"]))

    document = hosting.client.ask("/pypi/c88-source/json").json()

    assert document["info"]["requires_dist"] == ["six"]
    assert document["urls"][0]["packagetype"] == "sdist"
    assert document["urls"][0]["python_version"] == "source"


def test_c90_mirror_program_can_follow_what_is_ours(hosting: Hosting) -> None:
    """What bandersnatch asks for: serials that grow, in list and header, and paths it takes."""
    package = make_wheel("c90-mirrored", "1.0")
    uploaded(hosting, package)

    listed = hosting.client.ask("/hosted/simple/", {"Accept": JSON}).json()["projects"]
    [serial] = [each["_last-serial"] for each in listed if each["name"] == "c90-mirrored"]
    document = hosting.client.ask("/hosted/pypi/c90-mirrored/json")
    uploaded(hosting, make_wheel("c90-mirrored", "1.1"))
    later = hosting.client.ask("/hosted/pypi/c90-mirrored/json")

    assert int(document["x-pypi-last-serial"]) == document.json()["last_serial"] == serial
    assert later.json()["last_serial"] > serial
    file = entry(document, package.filename)
    path = urlsplit(str(file["url"])).path
    assert path.startswith("/packages/")
    assert hosting.client.ask(path).body == package.content
    metadata = hosting.client.ask(f"{path}.metadata").body
    assert file["core-metadata"] == {"sha256": hashlib.sha256(metadata).hexdigest()}


def test_serials_of_several_owners_never_mix(hosting: Hosting) -> None:
    """The main index shows others' projects too, so its own carry none."""
    uploaded(hosting, make_wheel("c90-mixed", "1.0"))

    document = hosting.client.ask("/pypi/c90-mixed/json")

    assert document.json()["last_serial"] is None
    assert document.get("x-pypi-last-serial") is None


def test_pip_tools_finds_it_below_the_index(hosting: Hosting) -> None:
    """Its index URL ends in a slash, so it joins differently."""
    uploaded(hosting, make_wheel("c89-tools", "1.0"))
    path = urljoin("/simple/", "pypi/c89-tools/1.0/json")

    assert hosting.client.ask(path).json()["info"]["name"] == "c89-tools"
