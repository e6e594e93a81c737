"""``--index`` and ``--project``."""

import pytest

from wheelyard.cli.scoping import place_of, scope_options, scoped
from wheelyard.errors import BadInput


def test_nothing_means_every_one() -> None:
    """Which is how it is written down."""
    assert scoped(None, None) == ("", "")
    assert place_of("", "") == "every index"


def test_place_is_written_in_one_way() -> None:
    """A project has one spelling."""
    assert scoped(" main ", "Flask_Login") == ("main", "flask-login")
    assert place_of("main", "flask-login") == "`flask-login` in the index `main`"
    assert place_of("", "flask") == "`flask` in every index"


def test_project_that_is_none_is_refused() -> None:
    """A role in it would never count."""
    with pytest.raises(BadInput, match="is not a project name"):
        scoped("main", "no project")


def test_flags_say_what_they_decide() -> None:
    """In the words of the command that has them."""
    assert [option.opts for option in scope_options("to read")] == [["--index"], ["--project"]]
