"""What a forked program finds around it, told when its interpreter ends."""

import atexit
import json
import os
import sys
from pathlib import Path

__all__ = ["remember"]


def remember(path: str) -> None:
    """Have this process write what it sees to a file when it ends."""
    atexit.register(_tell, Path(path))


def _tell(path: Path) -> None:
    main = sys.modules["__main__"].__spec__
    seen = {
        "arguments": sys.argv[1:],
        "cwd": str(Path.cwd()),
        "environ": dict(os.environ),
        "first_place": sys.path[0],
        "knows_tests": any(place.endswith("tests") for place in sys.path),
        "leads_its_session": os.getsid(0) == os.getpid(),
        "main": main.name if main else None,
        "open": _open_files(),
    }
    path.write_text(json.dumps(seen))


def _open_files() -> list[int]:
    """Return the descriptors that are open, but for the one by which that is found out."""
    found = [int(each.name) for each in Path("/proc/self/fd").iterdir()]
    return [each for each in sorted(found) if Path(f"/proc/self/fd/{each}").exists()]
