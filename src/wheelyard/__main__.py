"""``python -m wheelyard``: the same as the ``wheelyard`` command."""

from wheelyard.cli.main import main

if __name__ == "__main__":
    main()
