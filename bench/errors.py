"""What can go wrong with a measurement."""

__all__ = ["BenchError", "CannotMeasureError", "CannotRunError"]


class BenchError(Exception):
    """The root of the others; the message is one sentence."""


class CannotRunError(BenchError):
    """A server cannot be installed or does not start; it is left out of the table."""


class CannotMeasureError(BenchError):
    """A server answers otherwise than expected, so that its figures would mean nothing."""
