"""The reference is complete: nobody finds a setting, command, error or metric by reading code."""

import ast
import re

import pytest

from support.house import ROOT, modules_in
from support.house.command_line import commands

pytestmark = pytest.mark.house


def reference() -> str:
    """Return the text of all reference pages."""
    pages = sorted(ROOT.joinpath("docs", "reference").glob("**/*.md"))
    return "\n".join(page.read_text("utf-8") for page in pages)


def test_every_setting_is_in_the_reference() -> None:
    """Each key with the environment variable that overrides it."""
    from wheelyard.settings.table import TABLE

    text = reference()
    expected = {row.key for row in TABLE} | {row.variable for row in TABLE}

    assert expected
    missing = {name for name in expected if f"`{name}`" not in text}
    assert not missing, "\n".join(sorted(missing))


def test_every_command_is_in_the_reference() -> None:
    """Each command with each of its options."""
    text = reference()
    names = {" ".join(("wheelyard", *words)) for words in commands()}
    options = {option for found in commands().values() for option in found}

    assert len(names) > 1
    missing = {name for name in names if f"`{name}" not in text and f"Usage: {name} " not in text}
    assert not missing, "\n".join(sorted(missing))
    missing = {name for name in options if not re.search(rf"(?<![\w-]){name}(?![\w-])", text)}
    assert not missing, "\n".join(sorted(missing))


def test_every_error_is_in_the_reference() -> None:
    """Each error that the program raises on purpose, by the name that logs show."""
    from wheelyard import errors

    text = reference()
    names = set(errors.__all__) - {"WheelyardError"}

    assert names
    missing = {name for name in names if f"`{name}`" not in text}
    assert not missing, "\n".join(sorted(missing))


def test_every_metric_is_in_the_reference() -> None:
    """Each name that `/-/metrics` exposes."""
    text = reference()
    names = {
        node.value
        for module in modules_in("src")
        if module.room == "monitor"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"wheelyard_[a-z_]+", node.value)
    }

    assert names
    missing = {name for name in names if name not in text}
    assert not missing, "\n".join(sorted(missing))
