"""One file per step, oldest first by revision."""

__all__: list[str] = []
