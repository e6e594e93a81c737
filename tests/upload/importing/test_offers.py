"""What a source is asked for."""

from wheelyard.names import ProjectName
from wheelyard.upload.importing import Wanted


def test_without_names_everything_is_wanted() -> None:
    """Also what nobody knows the project of."""
    assert Wanted().includes(ProjectName("demo"))
    assert Wanted().includes(None)


def test_with_names_nothing_else_is_wanted() -> None:
    """A file of nobody knows whom is none of them."""
    wanted = Wanted(frozenset({ProjectName("demo")}))

    assert wanted.includes(ProjectName("demo"))
    assert not wanted.includes(ProjectName("other"))
    assert not wanted.includes(None)
