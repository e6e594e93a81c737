"""Serving: configurations of web servers and of a CDN that give out a published tree.

Start with ``rendering.py``. All of it is pure: a ``Site`` goes in, text comes out. ``contents.py``
says what each object of a tree is and how long it may be kept, ``accepting.py`` which form of a
page a client gets; the other modules say both in the words of one server. What stands in `deploy/`
is this with the values of an example, and a test compares them.
"""

from wheelyard.publish.serving.rendering import deployed_files, render_configuration
from wheelyard.publish.serving.site import KINDS, Kind, Site

__all__ = ["KINDS", "Kind", "Site", "deployed_files", "render_configuration"]
