#!/bin/sh
# Become `bootstrap.py` under a Python that is new enough: the clone's own, else the usual names.
tools=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd) || exit 2
for python in "$tools/../.venv/bin/python" \
        python3 python3.14 python3.13 python3.12 python3.11 python; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        exec "$python" "$tools/bootstrap.py" "$@"
    fi
done
echo "Wheelyard needs Python 3.11 or newer, and none is on your PATH:" \
    "install one and run the same command again." >&2
exit 2
