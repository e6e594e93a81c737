"""The rules of a redirector as the configuration of other programs. Pure: settings become text.

Start with ``plan.py`` (what is to be said), then one module for each program. The rules themselves
are those of ``decide.redirecting``; what a program cannot do is said in a comment of what it gets,
and in `docs/how-to/redirect.md`.
"""

from wheelyard.publish.redirecting.plan import Plan, plan_configuration
from wheelyard.publish.redirecting.rendering import TOOLS, Tool, render_configuration

__all__ = ["TOOLS", "Plan", "Tool", "plan_configuration", "render_configuration"]
