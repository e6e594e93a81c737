"""A campaign: one experiment many times over, seeded, counted, repeatable round by round.

::

    def test_nothing_is_lost(campaign: Campaign) -> None:
        for each in campaign.rounds(25):
            with each:
                kill_at(each.random.random())
                assert ...

A round that fails is counted, says how to repeat it, and the others go on; the test fails after
the last one. Three variables of the environment steer all campaigns:

``WHEELYARD_CAMPAIGN``
    multiplies every count: 1 is what CI runs, 400 makes ten thousand rounds of twenty-five.
``WHEELYARD_SEED``
    begins every random choice. Two runs with one seed choose the same.
``WHEELYARD_ROUND``
    runs this round alone.

All randomness of a round comes from its own ``random``, which depends on seed, campaign and number
and on no other round. Rounds may be cheap because they share a server; they may not share chance.
"""

import logging
import os
import random
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

__all__ = ["FACTOR", "Campaign", "Round", "count"]

FACTOR = float(os.environ.get("WHEELYARD_CAMPAIGN", "1"))
SEED = int(os.environ.get("WHEELYARD_SEED", "1"))
ONLY = os.environ.get("WHEELYARD_ROUND")

_LOG = logging.getLogger("campaign")


def count(small: int, *, most: int | None = None) -> int:
    """Return how many of something this run takes: `small` in CI, a multiple in a large run."""
    wanted = max(1, round(small * FACTOR))
    return wanted if most is None else min(wanted, most)


@dataclass(slots=True)
class Campaign:
    """The rounds of one test, and what became of them."""

    test: str
    """How pytest calls the test: ``tests/chaos/test_kills.py::test_nothing_is_lost``."""
    seed: int = SEED
    done: int = 0
    failures: list[str] = field(default_factory=list)
    figures: dict[str, object] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return the name of the test alone."""
        return self.test.rpartition("::")[2]

    def rounds(self, small: int, *, most: int | None = None) -> "Iterator[Round]":
        """Yield the rounds: `small` of them in CI, at most `most` in any run.

        Raises:
            AssertionError: after the last one, if any failed.
        """
        numbers = range(count(small, most=most)) if ONLY is None else [int(ONLY)]
        for number in numbers:
            yield Round(self, number, self.random(number))
        assert not self.failures, "\n\n".join([self.line(), *self.failures[:5]])

    def random(self, number: int = 0) -> random.Random:
        """Return the chance of one round, the same whenever it is repeated."""
        return random.Random(f"{self.seed} {self.name} {number}")

    def note(self, **figures: object) -> None:
        """Have figures in the last line, such as ``upstream_requests=3``."""
        self.figures.update(figures)

    def line(self) -> str:
        """Return the campaign in one line: n, seed, failures, figures."""
        words: Mapping[str, object] = {
            "n": self.done,
            "seed": self.seed,
            "failures": len(self.failures),
            **self.figures,
        }
        return f"{self.name}: " + ", ".join(f"{key}={words[key]}" for key in words)

    def command(self, number: int) -> str:
        """Return the command that repeats one round."""
        return f"WHEELYARD_SEED={self.seed} WHEELYARD_ROUND={number} python -m pytest '{self.test}'"


@dataclass(frozen=True, slots=True)
class Round:
    """One round. As a context manager it catches what goes wrong inside, and counts."""

    campaign: Campaign
    number: int
    random: random.Random

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> bool:
        if error is not None and not isinstance(error, Exception):
            return False  # somebody interrupts, or the test is skipped
        self.campaign.done += 1
        if error is None:
            _LOG.info("%s: round %d is good", self.campaign.name, self.number)
            return True
        said = "".join(traceback.format_exception(error))
        again = self.campaign.command(self.number)
        self.campaign.failures.append(f"round {self.number}; again: {again}\n{said}")
        _LOG.error("%s: %s", self.campaign.name, self.campaign.failures[-1])
        return True
