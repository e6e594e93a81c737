"""What files ask for: who asks first, and which formats may be used."""

from dataclasses import replace

import pytest

from wheelyard.closure.asked import Asked, Formats, Requirement, spell
from wheelyard.errors import BadInput
from wheelyard.requirements import RequirementParts, split_requirement
from wheelyard.spelling import ProjectName

DEMO = ProjectName("demo")


def test_first_line_that_names_a_project_is_its_reason() -> None:
    """A later one adds nothing for people."""
    asked = Asked((Requirement(DEMO, "demo", "line 1"), Requirement(DEMO, "demo>1", "line 2")))

    assert asked.whys == {DEMO: "line 1"}


def test_name_wins_over_all() -> None:
    """Source: pip, `--no-binary` and `--only-binary`."""
    formats = Formats(no_binary=frozenset({":all:"}), only_binary=frozenset({"demo"}))

    assert formats.forbids_sdists(DEMO)
    assert not formats.forbids_wheels(DEMO)
    assert formats.forbids_wheels(ProjectName("other"))


def test_requirement_is_spelled_as_one_line() -> None:
    """In its parts, so that nothing else that stood there comes along."""
    parts = split_requirement("Demo[b,A] >=1 , <2 ; python_version > '3'")

    assert spell(parts) == 'demo[a,b]<2,>=1 ; python_version > "3"'


@pytest.mark.parametrize(
    "parts",
    [
        split_requirement("demo @ http://files.example/demo.zip"),
        replace(split_requirement("demo"), marker="'x\n--index-url=y' == ''"),
    ],
)
def test_requirement_that_would_lead_a_resolver_elsewhere_is_refused(
    parts: RequirementParts,
) -> None:
    """By an address, or by a second line."""
    with pytest.raises(BadInput):
        spell(parts)
