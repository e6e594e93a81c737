"""Models to bytes: rendered once per change, in every form and coding, and looked up.

Start with ``render.py`` (a project becomes bytes), then ``shelf.py`` (where they stand ready).
May import: the words, ``wire``, ``decide``, ``repository``.
"""

from wheelyard.pages.links import PageLinks
from wheelyard.pages.render import Rendered, Variant, render_project, render_root
from wheelyard.pages.shelf import ROOT, Shelf, Shelved

__all__ = [
    "ROOT",
    "PageLinks",
    "Rendered",
    "Shelf",
    "Shelved",
    "Variant",
    "render_project",
    "render_root",
]
