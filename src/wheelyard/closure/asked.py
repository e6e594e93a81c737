"""What files ask for: requirements still to be resolved, and releases that a lock has chosen."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from wheelyard.closure.base import Digest, Needed
from wheelyard.errors import BadInput
from wheelyard.names import ProjectName
from wheelyard.requirements import RequirementParts

__all__ = ["Asked", "Formats", "Reading", "Requirement", "spell"]


@dataclass(frozen=True, slots=True)
class Requirement:
    """One line: ``text`` without options; ``where`` names file and line; ``pinned`` a version."""

    name: ProjectName
    text: str
    where: str
    pinned: str = ""
    digests: frozenset[Digest] = frozenset()


def spell(parts: RequirementParts) -> str:
    """Return a requirement as one line for a resolver, which has to find it in an index.

    Strangers write some of them, into sdists: an address would have the resolver ask there, and a
    second line would be an option of the resolver.

    Raises:
        BadInput: it names an address, or is more than a line.
    """
    if parts.url:
        raise BadInput(f"`{parts.name}` is a URL there, which no index can give")
    extras = f"[{','.join(parts.extras)}]" if parts.extras else ""
    marker = f" ; {parts.marker}" if parts.marker else ""
    text = f"{parts.name}{extras}{parts.specifiers}{marker}"
    if not text.isprintable():
        raise BadInput(f"`{text[:80]!a}` has characters that cannot be printed")
    return text


@dataclass(frozen=True, slots=True)
class Formats:
    """For which projects only sdists, or only wheels, may be used; `all` for every one.

    Source: pip, `--no-binary` and `--only-binary`.
    """

    no_binary: frozenset[str] = frozenset()
    only_binary: frozenset[str] = frozenset()

    def forbids_wheels(self, name: ProjectName) -> bool:
        """Say whether wheels of that project are not to be used."""
        return name in self.no_binary or (
            ":all:" in self.no_binary and name not in self.only_binary
        )

    def forbids_sdists(self, name: ProjectName) -> bool:
        """Say whether sdists of that project are not to be used."""
        return name in self.only_binary or (
            ":all:" in self.only_binary and name not in self.no_binary
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """What requirement files ask a resolver for."""

    requirements: tuple[Requirement, ...] = ()
    constraints: tuple[Requirement, ...] = ()
    formats: Formats = Formats()
    prereleases: bool = False

    @property
    def whys(self) -> Mapping[ProjectName, str]:
        """Who asks for each project that a line names; the first of several."""
        found: dict[ProjectName, str] = {}
        for requirement in self.requirements:
            found.setdefault(requirement.name, requirement.where)
        return found


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything that was read, before anybody was asked anything.

    ``locked`` are the releases of locks, per target. ``problems`` and ``remarks`` as in `Closure`.
    """

    asked: Asked = Asked()
    locked: tuple[Needed, ...] = ()
    problems: tuple[str, ...] = field(default=())
    remarks: tuple[str, ...] = field(default=())
