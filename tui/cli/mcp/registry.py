"""Every tool of `toban mcp`, one line each."""

from tui.cli.mcp.alarms import ALARMS
from tui.cli.mcp.causes import ASSESS
from tui.cli.mcp.duties import DUTIES
from tui.cli.mcp.findings import INSPECT, REPORT
from tui.cli.mcp.incidents import LIST, PAGE, SHOW
from tui.cli.mcp.plans import PLAN
from tui.cli.mcp.tool import Tool

TOOLS: tuple[Tool, ...] = (ALARMS, INSPECT, REPORT, DUTIES, LIST, SHOW, PAGE, ASSESS, PLAN)
