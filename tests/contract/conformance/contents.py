"""What the upstream of these tests holds: something of everything that a page can say."""

from support.packages import make_sdist, make_wheel
from support.simulator import Simulator

__all__ = [
    "DIFFICULT_PYTHON",
    "DIFFICULT_REASON",
    "LARGE",
    "LOCAL",
    "PAYLOAD",
    "PROJECTS",
    "PROVENANCE",
    "fill",
]

DIFFICULT_PYTHON = """>=3.8,!=3.9.*,<"4" & '5'"""
"""No specifier at all, but upstreams have had the like; it is passed on as it is."""
DIFFICULT_REASON = """broken: "a" <b> & 'c'"""

PROVENANCE = {"version": 1, "attestation_bundles": []}

PLAIN = (
    make_wheel("Foo.Bar", "1.0", requires_python=">=3.8", requires=["needed>=1; extra == 'x'"]),
    make_sdist("Foo.Bar", "1.0", requires_python=">=3.8"),
    make_wheel("Foo.Bar", "2.0", requires_python=">=3.8"),
    make_sdist("Foo.Bar", "2.0", requires_python=">=3.8"),
)
PAYLOAD = make_wheel("payload", "1.0", payload_bytes=300_000)
"""A file of several blocks."""
LOCAL = make_wheel("local", "1.0+cpu.1")
"""A file whose name some clients escape and others do not."""
LARGE = "large"
"""A project whose page is large enough to be made in a thread."""

PROJECTS = (
    "foo-bar",
    "difficult",
    "yanked",
    "archived",
    "deprecated",
    "empty",
    "provenance",
    "unhashed-metadata",
    "without-metadata",
    "payload",
    "local",
    "prereleases",
    LARGE,
)
"""Every project with a page; ``quarantined`` is none of them."""


def fill(upstream: Simulator) -> None:
    """Put everything into ``upstream``."""
    upstream.add(*PLAIN)
    upstream.add(make_wheel("difficult", "1.0", requires_python=DIFFICULT_PYTHON))
    upstream.add(make_wheel("difficult", "2.0"), yanked=DIFFICULT_REASON)
    upstream.add(make_wheel("yanked", "1.0"))
    upstream.add(make_wheel("yanked", "2.0"), yanked="")
    upstream.add(make_wheel("yanked", "3.0"), yanked="withdrawn")
    for name in ("archived", "deprecated", "quarantined"):
        upstream.add(make_wheel(name, "1.0"))
        upstream.status(name, name, f"because it is {name}")
    upstream.add_project("empty")
    upstream.add(make_wheel("provenance", "1.0"), provenance=PROVENANCE)
    upstream.add(make_wheel("unhashed-metadata", "1.0"), core_metadata="true-without-hash")
    upstream.add(make_wheel("without-metadata", "1.0"), core_metadata=False)
    upstream.add(PAYLOAD, LOCAL)
    upstream.add(
        make_wheel("prereleases", "1.0"),
        make_wheel("prereleases", "1.1"),
        make_wheel("prereleases", "2.0rc1"),
    )
    upstream.add(make_wheel("prereleases", "1.2"), yanked="")
    upstream.add_synthetic(LARGE, files=120)
