"""Look for bytes that a reader of strangers' bytes does not survive, guided by what they reach.

    python tools/fuzz.py archive --seconds 600
    python tools/fuzz.py form --seconds 600 --keep

``--keep`` adds the shortest of what reached something new to ``tests/data/seeds/``; a run that
finds a fault writes the bytes there too, so that the next run of the tests shows it.
Needs `atheris`, which is in no lock because it runs on Linux alone: `uv pip install atheris`.
"""

import argparse
import hashlib
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SEEDS = ROOT / "tests" / "data" / "seeds"
MAX_BYTES = 4_096
MOST_KEPT = 60

__all__ = ["MAX_BYTES", "MOST_KEPT", "SEEDS", "keep", "main", "run_target"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz one target; the exit code is 1 if it did not survive something."""
    options = parse_options(sys.argv[1:] if arguments is None else arguments)
    if options.inside:
        run_target(options.target, options.inside)
    folder = SEEDS / options.target
    with tempfile.TemporaryDirectory() as scratch:
        found, faults = Path(scratch, "found"), Path(scratch, "faults")
        found.mkdir()
        faults.mkdir()
        seeds = [str(folder)] if folder.is_dir() else []
        limits = (f"-max_total_time={options.seconds}", f"-max_len={MAX_BYTES}")
        code = fuzz(options.target, [str(found), *seeds, f"-artifact_prefix={faults}/", *limits])
        kept = keep(faults, folder)
        if options.keep:
            kept += keep(found, folder, MOST_KEPT)
    print(f"{options.target}: {kept} files were added to {folder.relative_to(ROOT)}")
    return 1 if code else 0


def parse_options(arguments: Sequence[str]) -> argparse.Namespace:
    """Return what the words of the command line ask for."""
    parser = argparse.ArgumentParser(description="Fuzz a reader of a stranger's bytes.")
    parser.add_argument("target", choices=("archive", "call", "form", "metadata"))
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--keep", action="store_true", help="add what reached something new")
    parser.add_argument("--inside", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def fuzz(target: str, words: Sequence[str]) -> int:
    """Run the fuzzer in a process of its own, which it ends itself."""
    command = [sys.executable, __file__, target, "--inside", *words]
    return subprocess.run(command, check=False).returncode


def run_target(target: str, words: Sequence[str]) -> None:
    """Become the fuzzer of one target; does not return."""
    sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]
    import atheris  # type: ignore[import-untyped]  # noqa: PLC0415  # here alone: in no lock

    libraries = ["python_multipart", "packaging", "defusedxml"]
    with atheris.instrument_imports(include=["wheelyard", *libraries]):
        from support.fuzz_targets import TARGETS, survive  # noqa: PLC0415  # to be instrumented

    chosen = TARGETS[target]
    atheris.Setup([sys.argv[0], *words], lambda content: survive(chosen, content))
    atheris.Fuzz()
    raise SystemExit(0)


def keep(source: Path, folder: Path, most: int | None = None) -> int:
    """Copy the shortest of ``source`` into ``folder``, named by digest; return how many are new."""
    folder.mkdir(parents=True, exist_ok=True)
    new = 0
    for path in sorted(source.iterdir(), key=lambda path: path.stat().st_size)[:most]:
        content = path.read_bytes()
        place = folder / hashlib.sha256(content).hexdigest()[:16]
        new += not place.exists()
        place.write_bytes(content)
    return new


if __name__ == "__main__":
    sys.exit(main())
