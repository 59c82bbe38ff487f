"""Pictures of the query screen of the logs mode."""

from tests.tools.screens.shots.shot import Shot
from tests.tools.screens.stage import Stage
from tui.screens.common.choose import ChooseScreen
from tui.screens.logs.insights.dialogs import LineScreen, ParametersScreen, RecordScreen
from tui.screens.logs.insights.screen import InsightsScreen

_EVENTS = "fields @timestamp, level, statusCode, method, path, durationMs, message\n| sort @timestamp desc\n| limit 200"
_BINS = "# by five minutes\nstats count(*) as n by bin(5m), level"


async def _query(stage: Stage) -> None:
    await stage.mode("logs")
    panes = stage.screen.tails
    await stage.until(lambda: panes and all(len(pane.store) for pane in panes))
    await stage.do("query")
    await stage.on(InsightsScreen)
    await stage.until(lambda: stage.screen.draft.estimate is not None)


async def _ran(stage: Stage, text: str) -> None:
    await _query(stage)
    screen = stage.screen
    screen.editor.load_text(text)
    await stage.do("run")
    await stage.until(lambda: screen.draft.progress is not None and screen.draft.progress.is_whole)


async def _table(stage: Stage) -> None:
    await _ran(stage, _EVENTS)


async def _chart(stage: Stage) -> None:
    await _ran(stage, _BINS)


async def _wrong(stage: Stage) -> None:
    await _query(stage)
    stage.screen.editor.load_text("fields @timestamp, level\n| filter level = \n| limit 20")
    await stage.do("run")
    await stage.until(lambda: stage.screen.editor.error_place is not None)


async def _saved(stage: Stage) -> None:
    await _query(stage)
    await stage.do("choose_item('saved')")
    await stage.on(ChooseScreen)


async def _parameters(stage: Stage) -> None:
    await _saved(stage)
    await stage.press("enter")
    await stage.on(ParametersScreen)


async def _past(stage: Stage) -> None:
    await _table(stage)
    stage.screen.choose("past")
    await stage.on(ChooseScreen)


async def _range(stage: Stage) -> None:
    await _query(stage)
    await stage.do("choose_item('span')")
    await stage.on(ChooseScreen)
    await stage.press("end", "enter")
    await stage.on(LineScreen)


async def _record(stage: Stage) -> None:
    await _table(stage)
    await stage.press("R")
    await stage.on(RecordScreen)


SHOTS = (
    Shot("query", InsightsScreen, _query),
    Shot("query-table", InsightsScreen, _table),
    Shot("query-chart", InsightsScreen, _chart),
    Shot("query-wrong", InsightsScreen, _wrong),
    Shot("query-saved", ChooseScreen, _saved),
    Shot("query-parameters", ParametersScreen, _parameters),
    Shot("query-earlier", ChooseScreen, _past),
    Shot("query-range", LineScreen, _range),
    Shot("query-record", RecordScreen, _record),
)
