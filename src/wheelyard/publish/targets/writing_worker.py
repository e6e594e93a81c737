"""A process that writes objects into a published directory: see ``writing.py``, which starts it.

It has drafts of its own, which it removes when nobody can ask it any more; those of one that was
killed are removed by whoever writes there next.
"""

import errno
from pathlib import Path

import msgspec

from wheelyard.processes import answer_questions
from wheelyard.publish.targets.on_disk import TreeOnDisk

__all__ = ["Answer", "Failed", "Order", "Written", "main"]

Order = list[tuple[str, str, str]]
"""What is to be written: where in the tree, where it is in our store, its digest."""


class Written(msgspec.Struct, frozen=True, tag="written"):
    """How long each object is; None if it is not held as it should be."""

    sizes: list[int | None]


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """What the disk said: a number of ``errno``."""

    code: int


Answer = Written | Failed

_DECODER = msgspec.msgpack.Decoder(Order)


def main(root: str) -> None:
    """Write into the tree at ``root`` what is asked for, until nobody asks any more."""
    tree = TreeOnDisk(Path(root))

    def answer(question: bytes) -> bytes:
        return msgspec.msgpack.encode(_answer(tree, _DECODER.decode(question)))

    try:
        answer_questions(answer)
    finally:
        tree.close()


def _answer(tree: TreeOnDisk, order: Order) -> Answer:
    """Carry out an order, up to the first object that the disk does not take."""
    try:
        return Written([tree.put_held(*each) for each in order])
    except OSError as error:
        return Failed(error.errno or errno.EIO)
