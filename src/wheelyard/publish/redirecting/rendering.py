"""Which program, and who writes its configuration."""

from enum import StrEnum
from typing import assert_never

from wheelyard.publish.redirecting.haproxy import render_haproxy
from wheelyard.publish.redirecting.lighttpd import render_lighttpd
from wheelyard.publish.redirecting.nginx import render_nginx
from wheelyard.publish.redirecting.plan import Plan

__all__ = ["TOOLS", "Tool", "render_configuration"]


class Tool(StrEnum):
    """A program that can redirect."""

    NGINX = "nginx"
    HAPROXY = "haproxy"
    LIGHTTPD = "lighttpd"


TOOLS = tuple(Tool)


def render_configuration(tool: Tool, plan: Plan) -> str:
    """Return the configuration of ``tool``.

    Raises:
        ConfigError: the tool cannot do what is asked for.
    """
    match tool:
        case Tool.NGINX:
            return render_nginx(plan)
        case Tool.HAPROXY:
            return render_haproxy(plan)
        case Tool.LIGHTTPD:
            return render_lighttpd(plan)
        case _:
            assert_never(tool)
