"""Pictures of the logs mode: panes, prompts, one line in full."""

from tests.tools.screens.shots.shot import Shot
from tests.tools.screens.stage import Stage
from tests.tools.screens.worlds import DENIED
from tui.screens.common.choose import ChooseScreen
from tui.screens.logs.export.choosing import ExportDialog
from tui.screens.logs.forms import ColumnsScreen
from tui.screens.logs.groups import GroupScreen
from tui.screens.logs.layouts import LayoutScreen
from tui.screens.logs.line_tables import LineTablesScreen
from tui.screens.logs.logs import LogsScreen
from tui.screens.logs.marking import MarkScreen
from tui.screens.logs.reading_tools import PatternsScreen

_SECOND, _THIRD = "/aws/rds/instance/facility-prod-db/postgresql", "aws-waf-logs-facility-prod"


async def _logs(stage: Stage) -> None:
    await stage.mode("logs")
    await _filled(stage)


async def _filled(stage: Stage) -> None:
    """Wait until every pane has lines."""
    panes = stage.screen.tails
    await stage.until(lambda: panes and all(len(pane.store) for pane in panes))


async def _beside(stage: Stage, *groups: str) -> None:
    await _logs(stage)
    for group in groups:
        await stage.screen.add_pane(group)
        await _filled(stage)


async def _two(stage: Stage) -> None:
    await _beside(stage, _SECOND)


async def _three(stage: Stage) -> None:
    await _beside(stage, _SECOND, _THIRD)


async def _detail(stage: Stage) -> None:
    await _searched(stage)
    await stage.do("open")


async def _searched(stage: Stage) -> None:
    await _logs(stage)
    await stage.do("search")
    await stage.write("ERROR")
    await stage.press("enter")


async def _prompt(stage: Stage) -> None:
    await _logs(stage)
    await stage.do("search")
    await stage.write("JDBC")


async def _pattern(stage: Stage) -> None:
    await _logs(stage)
    await stage.do("pattern")


async def _time(stage: Stage) -> None:
    await _logs(stage)
    await stage.do("ask_time")


async def _paused(stage: Stage) -> None:
    await _logs(stage)
    await stage.press("home")


async def _selected(stage: Stage) -> None:
    await _logs(stage)
    await stage.do("mark")
    await stage.press("up", "up", "up")


async def _raw(stage: Stage) -> None:
    await _logs(stage)
    await stage.do("reformat('raw')")


async def _wrapped(stage: Stage) -> None:
    await _logs(stage)
    await stage.do("reformat('wrap')")


async def _filtered(stage: Stage) -> None:
    await _logs(stage)
    await stage.do("pattern")
    await stage.press("ctrl+t")
    await stage.write("error")
    await stage.press("enter", "greater_than_sign", "greater_than_sign")


async def _patterns(stage: Stage) -> None:
    await _logs(stage)
    await stage.do("tool('patterns')")
    await stage.on(PatternsScreen)


async def _columns(stage: Stage) -> None:
    await _logs(stage)
    await stage.do("columns")
    await stage.on(ColumnsScreen)


async def _slow_queries(stage: Stage) -> None:
    await _two(stage)
    await stage.do("line_tables")
    await stage.on(LineTablesScreen)


async def _blocks(stage: Stage) -> None:
    await _three(stage)
    await stage.do("line_tables")
    await stage.on(LineTablesScreen)


async def _groups(stage: Stage) -> None:
    await _logs(stage)
    await stage.do("open_pane")
    await stage.on(GroupScreen)


async def _no_group(stage: Stage) -> None:
    await _groups(stage)
    await stage.write("lambda")


async def _export(stage: Stage) -> None:
    """The last of the dialogs: the lines in memory, as logged."""
    await _logs(stage)
    await stage.do("export")
    for key in ("0", "jsonl", "as-logged"):
        await stage.on(ChooseScreen)
        chooser = stage.screen
        await stage.until(lambda chooser=chooser: chooser.guard.is_open)
        chooser.table.move_to(key)
        await stage.press("enter")
        await stage.until(lambda chooser=chooser: stage.screen is not chooser)
    await stage.on(ExportDialog)


async def _mark(stage: Stage) -> None:
    await _logs(stage)
    await stage.do("mark_line")
    await stage.on(MarkScreen)


async def _layouts(stage: Stage) -> None:
    await _two(stage)
    await stage.do("layouts")
    await stage.on(LayoutScreen)


async def _six(stage: Stage) -> None:
    await _beside(stage, _SECOND, _THIRD, "/ecs/staff-api", _SECOND, _THIRD)


async def _merged(stage: Stage) -> None:
    await _three(stage)
    await stage.do("merge")
    await stage.until(lambda: stage.screen.cover and len(stage.screen.cover.pane.store))


async def _one_time(stage: Stage) -> None:
    await _two(stage)
    await stage.press("home", "down", "down")


async def _denied(stage: Stage) -> None:
    await stage.mode("logs")


SHOTS = (
    Shot("logs", LogsScreen, _logs),
    Shot("logs-two", LogsScreen, _two),
    Shot("logs-three", LogsScreen, _three),
    Shot("logs-detail", LogsScreen, _detail),
    Shot("logs-searched", LogsScreen, _searched),
    Shot("logs-search", LogsScreen, _prompt),
    Shot("logs-filter", LogsScreen, _pattern),
    Shot("logs-filtered", LogsScreen, _filtered),
    Shot("logs-patterns", PatternsScreen, _patterns),
    Shot("logs-time", LogsScreen, _time),
    Shot("logs-scrolled", LogsScreen, _paused),
    Shot("logs-selected", LogsScreen, _selected),
    Shot("logs-raw", LogsScreen, _raw),
    Shot("logs-wrapped", LogsScreen, _wrapped),
    Shot("log-slow-queries", LineTablesScreen, _slow_queries),
    Shot("log-blocks", LineTablesScreen, _blocks),
    Shot("log-columns", ColumnsScreen, _columns),
    Shot("log-export", ExportDialog, _export),
    Shot("logs-denied", LogsScreen, _denied, DENIED),
    Shot("logs-six", LogsScreen, _six),
    Shot("logs-merged", LogsScreen, _merged),
    Shot("logs-one-time", LogsScreen, _one_time),
    Shot("log-mark", MarkScreen, _mark),
    Shot("log-layouts", LayoutScreen, _layouts),
    Shot("log-groups", GroupScreen, _groups),
    Shot("log-groups-none", GroupScreen, _no_group),
)
