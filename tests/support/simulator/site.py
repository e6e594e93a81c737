"""Where an index is that has names of its own, as PyPI has: one for pages, one for files."""

from dataclasses import dataclass

__all__ = ["Site"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Two names, each on an address of this machine; who asks for them has to be led there.

    `also` are further names of the index, under which no link leads.

    The port is that of https, so that links name none: only root may listen there, or whoever
    lives in a closed room.
    """

    index: str = "index.example"
    files: str = "files.index.example"
    index_address: str = "127.0.0.2"
    files_address: str = "127.0.0.3"
    also: tuple[str, ...] = ()
    port: int = 443

    @property
    def addresses(self) -> dict[str, str]:
        """Return the address of each name."""
        indexes = dict.fromkeys((self.index, *self.also), self.index_address)
        return {**indexes, self.files: self.files_address}
