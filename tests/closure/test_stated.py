"""What an sdist states: the first source that speaks is believed, and doubts are said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.closure.sdist import SdistFacts
from wheelyard.closure.stated import Stated, build_needs, stated_metadata
from wheelyard.errors import BadInput
from wheelyard.names import ProjectName

DEMO = ProjectName("demo")
STATIC = b"""Metadata-Version: 2.2
Name: Demo
Version: 1.0
Requires-Python: >=3.8
Requires-Dist: one>=1
Requires-Dist: two; extra == "fast"
Provides-Extra: fast
"""
DYNAMIC = STATIC.replace(b"Version: 1.0\n", b"Version: 1.0\nDynamic: Requires-Dist\n")
OLD = STATIC.replace(b"2.2", b"2.1")
PROJECT = b"""
[project]
name = "demo"
requires-python = ">=3.9"
dependencies = ["three"]
optional-dependencies = {fast = ["four ; sys_platform == 'linux'"]}
"""
EIGHT = '(os_name == "nt") and (python_version < "3") and (extra == \'fast\')'
FROM_PROJECT = ["three", "four ; (sys_platform == 'linux') and (extra == 'fast')"]
REQUIRES = b"""five>=1

[:sys_platform == "win32"]
six

[fast]
seven

[fast:python_version < "3"]
eight ; os_name == "nt"
"""


def lines(stated: Stated) -> list[str]:
    """Return what follows name and version."""
    return stated.metadata.decode().splitlines()[3:]


@pytest.mark.parametrize(
    ("facts", "required"),
    [
        (SdistFacts(STATIC, PROJECT), ["one>=1", 'two; extra == "fast"']),
        (SdistFacts(DYNAMIC, PROJECT), FROM_PROJECT),
        (SdistFacts(OLD, PROJECT), FROM_PROJECT),
    ],
)
def test_what_every_build_comes_to_is_taken_without_doubt(
    facts: SdistFacts, required: list[str]
) -> None:
    """Static metadata, or a static `pyproject.toml`."""
    stated = stated_metadata(facts, DEMO, "1.0")

    found = [line.partition(": ")[2] for line in lines(stated) if line.startswith("Requires-Dist")]
    assert found == required
    assert "Provides-Extra: fast" in lines(stated)
    assert stated.doubt == ""


def test_what_setuptools_wrote_down_is_taken_with_a_doubt() -> None:
    """Its sections are extras and markers."""
    facts = SdistFacts(OLD, None, REQUIRES, has_egg_info=True)

    stated = stated_metadata(facts, DEMO, "1.0")

    assert lines(stated) == [
        "Requires-Python: >=3.8",
        "Requires-Dist: five>=1",
        'Requires-Dist: six ; sys_platform == "win32"',
        "Requires-Dist: seven ; extra == 'fast'",
        "Requires-Dist: eight ; " + EIGHT,
        "Provides-Extra: fast",
    ]
    assert "setuptools wrote it" in stated.doubt


def test_setuptools_that_wrote_nothing_down_required_nothing() -> None:
    """Without a list there was nothing to list."""
    stated = stated_metadata(SdistFacts(None, None, None, has_egg_info=True), DEMO, "1.0")

    assert lines(stated) == []


@pytest.mark.parametrize("headers", [OLD, DYNAMIC])
def test_requirements_of_any_metadata_are_taken_with_a_doubt(headers: bytes) -> None:
    """Better than nothing, and nearly always right."""
    stated = stated_metadata(SdistFacts(headers), DEMO, "1.0")

    assert "Requires-Dist: one>=1" in lines(stated)
    assert "PKG-INFO" in stated.doubt


@pytest.mark.parametrize(
    "facts",
    [
        SdistFacts(),
        SdistFacts(has_setup=True),
        SdistFacts(b"Metadata-Version: 1.0\nName: demo\n"),
        SdistFacts(b"\xff", b"\xff"),
        SdistFacts(None, b'[project]\nname = "demo"\ndynamic = ["dependencies"]\n'),
        SdistFacts(None, b"[build-system]\nrequires = []\n"),
    ],
)
def test_sdist_that_states_nothing_is_refused(facts: SdistFacts) -> None:
    """Only a build could say, and nothing is built."""
    with pytest.raises(BadInput, match="only when it is built"):
        stated_metadata(facts, DEMO, "1.0")


def test_requirement_that_is_none_is_refused() -> None:
    """A resolver would stumble over it, and say less."""
    facts = SdistFacts(STATIC.replace(b"one>=1", b"one =! 1"))

    with pytest.raises(BadInput, match="which is no requirement"):
        stated_metadata(facts, DEMO, "1.0")


@pytest.mark.parametrize(
    ("pyproject", "requires", "is_setuptools"),
    [
        (None, ("setuptools>=40.8.0",), True),
        (b"[tool.black]\n", ("setuptools>=40.8.0",), True),
        (
            b'[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n',
            ("hatchling",),
            False,
        ),
        (
            b'[build-system]\nrequires = ["setuptools>=61", "cython"]\n',
            ("setuptools>=61", "cython"),
            True,
        ),
        (
            b'[build-system]\nrequires = []\nbuild-backend = "own"\nbackend-path = ["."]\n',
            (),
            False,
        ),
    ],
)
def test_build_needs_are_those_of_the_file_or_the_default(
    pyproject: bytes | None, requires: tuple[str, ...], *, is_setuptools: bool
) -> None:
    """Source: PEP 518."""
    needs = build_needs(SdistFacts(pyproject=pyproject))

    assert needs.requires == requires
    assert needs.is_setuptools is is_setuptools


@pytest.mark.parametrize(
    "pyproject",
    [
        b"\xff",
        b"= 1",
        b'[build-system]\nrequires = "one"\n',
        b"[build-system]\nrequires = [1]\n",
        b'[build-system]\nrequires = ["a b"]\n',
        b'[build-system]\nrequires = ["a @ https://files.example/a.zip"]\n',
    ],
)
def test_build_needs_that_cannot_be_read_are_refused(pyproject: bytes) -> None:
    """Then nobody can say what building takes."""
    with pytest.raises(BadInput):
        build_needs(SdistFacts(pyproject=pyproject))


@given(
    pkg_info=st.none() | st.binary(max_size=200) | st.text(max_size=200).map(str.encode),
    pyproject=st.none() | st.text(max_size=200).map(str.encode),
    requires=st.none() | st.binary(max_size=200),
)
def test_any_facts_are_metadata_or_refused(
    pkg_info: bytes | None, pyproject: bytes | None, requires: bytes | None
) -> None:
    """Whatever strangers write, nothing else is raised, and no line is broken."""
    facts = SdistFacts(pkg_info, pyproject, requires)
    try:
        found = stated_metadata(facts, DEMO, "1.0").metadata.decode().splitlines()
    except BadInput:
        found = ["Metadata-Version: 2.1"]
    assert all(": " in line for line in found)
