"""Write the configurations in `deploy/` that the program makes; see `publish/serving/`.

python tools/deployed.py
"""

from pathlib import Path

from wheelyard.publish.serving import deployed_files

__all__ = ["main"]

FOLDER = Path(__file__).resolve().parent.parent / "deploy"


def main() -> None:
    """Write them."""
    for name, text in deployed_files().items():
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
