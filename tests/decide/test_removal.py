"""How much may vanish from a mirror before a person is asked: A-32."""

import pytest

from wheelyard.decide.removal import Brake, is_too_much


@pytest.mark.parametrize(
    ("vanishing", "mirrored", "expected"),
    [
        (0, 0, False),
        (0, 1_000, False),
        (1, 1, False),
        (2, 2, True),
        (10, 20, False),
        (11, 20, True),
        (50, 1_000, False),
        (51, 1_000, True),
        (1_000, 1_000, True),
    ],
)
def test_brake_is_a_share_with_a_floor_and_never_all(
    vanishing: int, mirrored: int, *, expected: bool
) -> None:
    """A small mirror may lose some projects, a large one five percent, and none everything."""
    assert is_too_much(vanishing, mirrored, Brake()) is expected


def test_brake_without_percent_keeps_its_floor() -> None:
    """Zero percent still lets single projects go, as they do every day."""
    assert not is_too_much(10, 1_000, Brake(max_percent=0))
    assert is_too_much(11, 1_000, Brake(max_percent=0))


def test_brake_of_all_percent_stops_only_the_loss_of_everything() -> None:
    """Who allows all of it in the configuration is still asked about an empty list."""
    assert not is_too_much(999, 1_000, Brake(max_percent=100))
    assert is_too_much(1_000, 1_000, Brake(max_percent=100))
