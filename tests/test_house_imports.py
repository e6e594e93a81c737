"""A clean installation says nothing that nobody asked for: A-116."""

import subprocess
import sys
import warnings

import pytest

from support.house import ROOT, modules_in

pytestmark = pytest.mark.house


def test_a116_source_compiles_without_a_warning() -> None:
    """Python compiles it once, on the machine of whoever installs it; that is when it warns."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        for module in modules_in("src"):
            compile(ROOT.joinpath(module.path).read_bytes(), str(module.path), "exec")

    assert [str(warning.message) for warning in heard] == []


def test_a116_every_module_imports_without_a_warning() -> None:
    """Neither we nor what we use is deprecated: with warnings as errors everything is there."""
    names = [module.name.removesuffix(".__init__") for module in modules_in("src")]
    names = [name for name in names if not name.endswith(("__main__", "migrations.env"))]
    code = f"from importlib import import_module\nfor name in {names!r}: import_module(name)"

    answer = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT / "src", capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert answer.stderr == ""
    assert answer.returncode == 0
