"""The steps from each format of the catalog to the next, in ``versions``.

A step is frozen once released: it spells out its tables and imports nothing of ours. Its revision
is the format that it leads to, in four digits. There are no steps back: the copy that is made
before a migration is the way back.
"""

__all__: list[str] = []
