"""Bench: how fast Wheelyard is, beside its peers, on the same machine in the same run.

Start with `cases`, which says what is measured, then `run`; `warm`, `cold` and `root` measure,
`goals` judges, and `report` makes a page of it all. `peers/` knows how each server is started.
Nothing of `wheelyard` is imported: it is a server under test like the others. The upstream is the
tests' simulator, in a process of its own.
"""
