"""The fuzzer's seeds: what once reached something new is replayed with every run of the tests."""

from pathlib import Path

import pytest

import fuzz
from support.fuzz_targets import TARGETS, survive

SEEDS = [
    pytest.param(path.parent.name, path, id=f"{path.parent.name}-{path.name}")
    for path in sorted(fuzz.SEEDS.glob("*/*"))
]


@pytest.mark.parametrize(("target", "seed"), SEEDS)
def test_seed_is_survived(target: str, seed: Path) -> None:
    """A stranger's bytes are read or refused with a sentence; nothing else may come of them."""
    survive(TARGETS[target], seed.read_bytes())


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_target_has_seeds(target: str) -> None:
    """A fuzzer that begins with nothing finds nothing."""
    assert any(fuzz.SEEDS.joinpath(target).iterdir())


def test_what_is_kept_is_the_shortest_under_its_digest(tmp_path: Path) -> None:
    """The same bytes are kept once, whatever they were called."""
    source, folder = tmp_path / "found", tmp_path / "seeds"
    source.mkdir()
    for name, content in (("a", b"long enough"), ("b", b"x"), ("c", b"x"), ("d", b"yy")):
        source.joinpath(name).write_bytes(content)

    new = fuzz.keep(source, folder, most=3)
    again = fuzz.keep(source, folder, most=3)

    assert (new, again) == (2, 0)
    assert {path.read_bytes() for path in folder.iterdir()} == {b"x", b"yy"}
