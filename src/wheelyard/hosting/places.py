"""Places: the indexes that there are, where each comes from, and what its rules are."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from wheelyard.catalog import Catalog, hosted_owner
from wheelyard.errors import BadInput, ConfigError
from wheelyard.names import MAIN, IndexName
from wheelyard.settings import IndexSettings, index_name_problem

__all__ = ["MAIN", "Place", "Places", "load_places", "no_such_index", "parse_index_name"]


@dataclass(frozen=True, slots=True)
class Place:
    """One index. ``origin`` says who made it: nobody, the configuration or a command."""

    rules: IndexSettings
    origin: Literal["always", "configuration", "command"]

    @property
    def name(self) -> IndexName:
        """The name of the index."""
        return IndexName(self.rules.name)

    @property
    def owner(self) -> str:
        """The owner of what it has of its own."""
        return hosted_owner(self.rules.name)

    @property
    def shown(self) -> str:
        """The index in words."""
        return f"the index `{self.rules.name}`"


class Places(Mapping[IndexName, Place]):
    """Every index by its name, in order."""

    def __init__(self, places: Sequence[Place]) -> None:
        """Know ``places``; of two of one name the first counts."""
        self._places = {place.name: place for place in reversed(places)}

    def __getitem__(self, name: IndexName) -> Place:
        return self._places[name]

    def __iter__(self) -> Iterator[IndexName]:
        return iter(sorted(self._places))

    def __len__(self) -> int:
        return len(self._places)

    def find(self, name: str, flag: str = "--index") -> Place:
        """Return the index that a person named with ``flag``.

        Raises:
            BadInput: there is none of that name; the sentence has those that there are.
        """
        place = self._places.get(IndexName(name.strip()))
        if place is None:
            raise no_such_index(name, self, flag)
        return place


def no_such_index(name: str, known: Iterable[str], flag: str = "") -> BadInput:
    """Return what to say of an index that is none of the ``known``; ``flag`` is what named it."""
    there = f"`{flag}`: there" if flag else "There"
    shown, names = name[:80], ", ".join(f"`{each}`" for each in sorted(known))
    return BadInput(
        f"{there} is no index `{shown}`, only {names}. Correct the name, or add the index with "
        f"`wheelyard index add {shown}`."
    )


async def load_places(configured: Sequence[IndexSettings], catalog: Catalog) -> Places:
    """Return the indexes of the configuration, those added by command, and ``main``.

    Raises:
        ConfigError: one that was added is not usable by this version.
    """
    places = [Place(rules, "configuration") for rules in configured]
    for row in await catalog.indexes.load():
        try:
            rules = msgspec.convert({"name": row.name, **row.settings}, IndexSettings)
        except msgspec.ValidationError as error:
            message = (
                f"The index `{row.name}` was added with settings that are not usable ({error}): "
                f"remove it with `wheelyard index remove {row.name}`, and add it again."
            )
            raise ConfigError(message) from error
        places.append(Place(rules, "command"))
    return Places([*places, Place(IndexSettings(name=MAIN), "always")])


def parse_index_name(text: str) -> IndexName:
    """Return ``text`` as the name of a new index.

    Raises:
        BadInput: it cannot be a part of an address, or means something else there.
    """
    if problem := index_name_problem(text):
        raise BadInput(f"`{text[:80]!a}`: {problem}.")
    return IndexName(text)
