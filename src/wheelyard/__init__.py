"""Wheelyard: the Python package index that stays up.

Start reading at ``ARCHITECTURE.md``; the words used everywhere are in ``GLOSSARY.md``.
This package itself holds nothing but the version, so that importing it costs nothing.
"""

__all__ = ["__version__"]

__version__ = "0.1.0"
