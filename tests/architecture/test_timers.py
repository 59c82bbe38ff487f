"""No part of the screen wakes the process up by itself: what changes with time alone follows the one ticker."""

import ast

from tests.architecture.test_house import files, named

SINGLE = {
    "tui/runtime/closed_screens.py": "set_timer, after a screen was closed",
    "tui/console.py": "set_timer, once for each message",
    "tui/screens/changes/applying.py": "set_timer, while a secret is shown",
    "tui/screens/changes/plan.py": "set_timer, after a key",
    "tui/screens/common/type_ahead_guard.py": "set_timer, after a screen has opened",
    "tui/screens/common/dimmed.py": "detached_timer, after what lies below has changed",
    "tui/terminal/screen_updates.py": "call_later, after a frame was asked for",
    "tui/terminal/cells/cell_output.py": "call_later, after a frame was painted that the line does not take yet",
    "tui/runtime/watchdog.py": "Timer, at the end",
    "tui/cli/mcp/server.py": "call_later, at the end",
    "widgets/drawing/rest.py": "set_timer, after a cursor or a scroll bar has moved",
    "widgets/drawing/frame_rate.py": "call_later, after a frame was asked for",
    "widgets/drawing/ticker.py": "detached_timer: the one ticker",
    "widgets/drawing/timers.py": "call_later, for its callers",
    "widgets/logs/reading/ruler.py": "call_later, while lines are counted",
    "widgets/logs/pane/frames.py": "call_later, after lines were drawn",
    "widgets/logs/pane/pane.py": "detached_timer, at the ticker's moments",
}
"""Files with timers, which all end by themselves, and when they begin; every other one is to follow the ticker."""
TIMERS = {"set_interval", "set_timer", "detached_timer", "call_later", "call_at", "Timer"}


def timers(path):
    kinds = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        # Textual's own `call_later` queues a message, and takes no seconds.
        is_message = name == "call_later" and not _is_of_a_loop(node)
        if name in TIMERS and not is_message:
            kinds.add(name)
    return kinds


def _is_of_a_loop(node):
    owner = ast.unparse(node.func)
    return "loop" in owner or "timers" in owner


def test_only_the_ticker_wakes_an_idle_console_up():
    setting = {named(path): kinds for path in files("tui", "widgets") if (kinds := timers(path))}
    assert "set_interval" not in set().union(*setting.values()), "use widgets.drawing.ticker.every_second"
    assert {name: SINGLE[name].split(",")[0].split(":")[0] for name in SINGLE} == {
        name: "".join(sorted(kinds)) for name, kinds in setting.items()
    }


def test_nothing_blinks_or_refreshes_by_itself():
    # A blinking cursor alone sends 3,082 bytes a second through Textual's output, and wakes up twice a second.
    culprits = {
        named(path): name
        for path in files("tui", "widgets")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        for name in ("auto_refresh", "LoadingIndicator", "Sparkline")
        if (isinstance(node, ast.Attribute) and node.attr == name)
        or (isinstance(node, ast.Name) and node.id == name)
        or (isinstance(node, ast.alias) and node.name == name)
    }
    assert culprits == {}
