"""Amounts for people: numbers of things, sizes, times."""

__all__ = ["count", "duration", "size"]

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def count(number: int, thing: str) -> str:
    """Return a number of things."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def size(byte_count: int) -> str:
    """Return a size in the unit that suits it, powers of 1,024."""
    number = float(byte_count)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if number < 1024:  # noqa: PLR2004 - the step between two units
            return f"{number:,.0f} {unit}" if unit == "bytes" else f"{number:.1f} {unit}"
        number /= 1024
    return f"{number:,.1f} TiB"


def duration(seconds: float) -> str:
    """Return a time in its two largest units."""
    rest, parts = int(seconds), []
    for length, unit in _UNITS:
        number, rest = divmod(rest, length)
        if number:
            parts.append(f"{number} {unit}")
    return " ".join(parts[:2]) or "0 s"
