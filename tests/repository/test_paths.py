"""Where a file is on our own index."""

from hashlib import blake2b

import pytest

from support.fakes import make_file
from wheelyard.model import File
from wheelyard.names import ProjectName, parse_filename
from wheelyard.repository.paths import canonical_path, file_path, name_path

FLASK = ProjectName("flask")
HEX = "ab" * 32
PYPI_PATH = f"packages/{HEX[:2]}/{HEX[2:4]}/{HEX[4:]}"


def test_path_of_a_pypi_file_is_pypis_own() -> None:
    """A lock file made against PyPI keeps working after a change of host."""
    name = "flask-1.0-py3-none-any.whl"
    file = make_file(name, url=f"https://files.index.example/{PYPI_PATH}/{name}")

    assert file_path(FLASK, file) == f"{PYPI_PATH}/{name}"


def test_path_of_another_file_is_made_of_its_digest() -> None:
    """No URL of ours ever changes its bytes, so it holds their digest."""
    file = make_file("flask-1.0.tar.gz", url="https://index.example/old/flask-1.0.tar.gz?key=1")
    digest = file.sha256 or ""

    assert file_path(FLASK, file) == (
        f"packages/{digest[:2]}/{digest[2:4]}/{digest[4:]}/flask-1.0.tar.gz"
    )


def test_path_with_another_name_at_its_end_is_not_taken_over() -> None:
    """A path of PyPI's form that ends in another name is not the file's."""
    file = make_file("flask-1.0.tar.gz", url=f"https://index.example/{PYPI_PATH}/other-1.0.tar.gz")

    assert file_path(FLASK, file).endswith("/flask-1.0.tar.gz")


def test_path_without_any_digest_is_made_of_the_name() -> None:
    """Until its bytes are known, a file is found by a digest of its name."""
    file = File(parse_filename("flask-1.0.tar.gz"), "https://index.example/flask-1.0.tar.gz")
    digest = blake2b(b"flask\nflask-1.0.tar.gz", digest_size=32).hexdigest()

    assert file_path(FLASK, file) == name_path(FLASK, file)
    assert file_path(FLASK, file).replace("/", "").startswith(f"packages{digest}")


@pytest.mark.parametrize(
    "name", ["a b-1.0.tar.gz", "a%2F-1.0.tar.gz", "ä-1.0.tar.gz", "a+b-1.0#x.zip"]
)
def test_path_is_percent_encoded(name: str) -> None:
    """A name with odd characters is one path segment all the same."""
    path = file_path(FLASK, make_file(name))

    assert path.count("/") == 4
    assert not set(" #?ä") & set(path)


@pytest.mark.parametrize(
    ("asked", "canonical"),
    [
        ("packages/a/x-1.0+cpu.whl", "packages/a/x-1.0+cpu.whl"),
        ("packages/a/x-1.0%2Bcpu.whl", "packages/a/x-1.0+cpu.whl"),
        ("packages/a/x-1.0%2bcpu.whl", "packages/a/x-1.0+cpu.whl"),
        ("packages/a/%78-1.0.whl", "packages/a/x-1.0.whl"),
        ("packages/a/x%20y-1.0.zip", "packages/a/x%20y-1.0.zip"),
        ("packages/a%2Fb/x-1.0.whl", "packages/a%2Fb/x-1.0.whl"),
        ("packages/a/%C3%A9-1.0.zip", "packages/a/%C3%A9-1.0.zip"),
    ],
)
def test_every_spelling_of_a_path_is_one(asked: str, canonical: str) -> None:
    """What a client escapes beyond need does not make another file; a slash in a name does."""
    assert canonical_path(asked) == canonical


def test_path_that_is_not_utf_8_is_refused() -> None:
    """No file of an index has such a name."""
    with pytest.raises(UnicodeDecodeError):
        canonical_path("packages/a/%FF.whl")


def test_path_of_an_upstream_that_escapes_more_is_ours() -> None:
    """The path that a page links to is the one that is looked up."""
    name = "torch-1.0+cpu-py3-none-any.whl"
    file = make_file(
        name, url=f"https://index.example/{PYPI_PATH}/torch-1.0%2Bcpu-py3-none-any.whl"
    )

    assert file_path(FLASK, file) == f"{PYPI_PATH}/{name}"
