"""Each program gets a configuration of its own."""

import pytest

from publish.redirecting.plans import FULL, plan_for
from wheelyard.publish.redirecting import TOOLS, Tool, render_configuration


@pytest.mark.parametrize("tool", TOOLS)
def test_each_tool_is_rendered(tool: Tool) -> None:
    """With its own name in the first line."""
    text = render_configuration(tool, plan_for(FULL))

    assert f"--config-for {tool}`" in text.partition("\n")[0]
    assert FULL.static[0] in text
    assert FULL.dynamic[0] in text
