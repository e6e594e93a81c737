"""A process that writes one snapshot after the other, of two states in turn, until it is killed.

    python writing_for_ever.py FOLDER

After each it says so, with the digest of what it wrote.
"""

import sys
from itertools import cycle
from pathlib import Path

from publish.snapshot.small_index import ABOUT, DAYS, page, wheel
from wheelyard.publish.snapshot.rows import make_rows, page_digest, read_page
from wheelyard.publish.snapshot.writing import Writer

__all__ = ["STATES", "write_state"]

STATES = (
    tuple(page(f"name-{number}", wheel(f"name_{number}-1.0")) for number in range(60)),
    tuple(page(f"name-{number}", wheel(f"name_{number}-2.0")) for number in range(30, 90)),
)


def write_state(folder: Path, number: int) -> str:
    """Write one of the two; return its digest."""
    writer = Writer.open(folder / "working")
    pages = [(each, page_digest(each, each.name)) for each in STATES[number]]
    rows = [
        make_rows(read_page(each, each.name), {}, digest)
        for each, digest in pages
        if writer.differs(each.name, digest)
    ]
    writer.put(rows)
    writer.keep_only({each.name for each in STATES[number]})
    writer.put_day(DAYS[number])
    report = writer.finish(folder / "s.sqlite", ABOUT, "")
    writer.close()
    return report.sha256


if __name__ == "__main__":
    for turn in cycle(range(len(STATES))):
        print(write_state(Path(sys.argv[1]), turn), flush=True)  # noqa: T201 - it is being read
