# Six verbs for every day, three for maintainers. Nothing else needs this file: the README's
# commands and CI work without it. `just` itself is in `.venv/bin` after `just setup` or `./test`.

set positional-arguments

python := ".venv/bin/python"

# list the verbs
_default:
    @{{just_executable()}} --list --unsorted

# make or renew the environment
setup:
    @sh tools/with-python.sh setup

# everything that a program can say about the source without running it
check: setup
    {{python}} -m ruff check
    {{python}} -m ruff format --check
    {{python}} -m mypy
    {{python}} tools/changelog.py --check
    {{python}} -m pytest -q tests/test_house.py tests/docs -k "not checker"

# repair what a program can repair
fix: setup
    {{python}} -m ruff check --fix
    {{python}} -m ruff format

# run the tests; arguments go to pytest
test *arguments:
    ./test "$@"

# renew the generated reference pages and check every page
docs: setup
    {{python}} tools/reference.py
    {{python}} tools/outages.py
    {{python}} -m pytest -q tests/docs

# measure, against the peers that are installed
bench *arguments: setup
    {{python}} -m bench "$@"

# take the newest versions that are a week old; `--urgent NAME` for one that cannot wait
[group("maintainers")]
lock *arguments: setup
    {{python}} tools/locks.py "$@"

# run the tests with the lowest versions that pyproject.toml allows
[group("maintainers")]
lowest *arguments: setup
    {{python}} tools/locks.py --lowest
    sh tools/with-python.sh lowest "$@"

# make a section of CHANGELOG.md out of changes/; `--draft` only prints it
[group("maintainers")]
release *arguments: check
    {{python}} tools/changelog.py "$@"
