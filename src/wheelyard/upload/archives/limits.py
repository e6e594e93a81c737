"""How much an archive may contain, and how to say no to one."""

import msgspec

from wheelyard.errors import BadInput

__all__ = ["MEBIBYTE", "ArchiveLimits", "not_a_distribution", "not_accepted"]

MEBIBYTE = 1024 * 1024


class ArchiveLimits(msgspec.Struct, frozen=True):
    """What an archive may unpack to; every limit is checked before that much is read.

    ``max_ratio`` counts from ``ratio_from_bytes`` on: small files compress better than any bomb.
    ``max_text_bytes`` is for each file that is kept: METADATA, RECORD and their like.
    """

    max_members: int = 100_000
    max_unpacked_bytes: int = 16 * 1024 * MEBIBYTE
    max_ratio: int = 50
    ratio_from_bytes: int = 64 * MEBIBYTE
    max_text_bytes: int = 16 * MEBIBYTE
    max_path_bytes: int = 1_024

    def check_unpacked(self, unpacked_bytes: int, packed_bytes: int) -> None:
        """Raise if so many bytes out of so few are more than any real distribution has.

        Raises:
            BadInput: they are.
        """
        if unpacked_bytes > self.max_unpacked_bytes:
            raise not_a_distribution(f"It unpacks to more than {self.max_unpacked_bytes} bytes")
        if (
            unpacked_bytes > self.ratio_from_bytes
            and unpacked_bytes > packed_bytes * self.max_ratio
        ):
            raise not_a_distribution(f"File exceeds compression ratio of {self.max_ratio}")

    def check_members(self, count: int) -> None:
        """Raise if an archive has more members than any real distribution has.

        Raises:
            BadInput: it has.
        """
        if count > self.max_members:
            raise not_a_distribution(f"It has more than {self.max_members} members")


def not_a_distribution(reason: str) -> BadInput:
    """Return the refusal of a file that is not what a distribution must be.

    The first words are those that PyPI uses.
    """
    return BadInput(f"Invalid distribution file. {reason}.")


def not_accepted(reason: str) -> BadInput:
    """Return the refusal of a zip archive about which readers may disagree."""
    return BadInput(f"Invalid distribution file. ZIP archive not accepted: {reason}.")
