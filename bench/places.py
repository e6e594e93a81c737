"""Where things are in this clone."""

from pathlib import Path

__all__ = ["BENCH", "PEER_ENVIRONMENTS", "ROOT", "TABLE"]

BENCH = Path(__file__).resolve().parent
ROOT = BENCH.parent
PEER_ENVIRONMENTS = ROOT / ".cache" / "peers"
TABLE = ROOT / "docs" / "reference" / "benchmarks.md"
