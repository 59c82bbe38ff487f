"""Pictures of the respond mode: the list, an incident, what a person writes about it."""

from tests.tools.screens.shots.shot import Shot
from tests.tools.screens.stage import Stage
from tests.tools.screens.worlds import BUSY, FULL, RELEASE, STORM
from tui import messages
from tui.screens.common.choose import ChooseScreen
from tui.screens.respond.actions import HandOverScreen, IncidentReportScreen
from tui.screens.respond.closing import CloseScreen
from tui.screens.respond.dialogs import IncidentDialog
from tui.screens.respond.incident import IncidentScreen
from tui.screens.respond.respond import RespondScreen
from tui.screens.respond.told import ToldScreen


async def _list(stage: Stage) -> None:
    await stage.firing()
    await stage.until(lambda: stage.app.incidents)
    await stage.mode("respond")
    if isinstance(stage.screen, IncidentScreen):
        await stage.press("escape")


async def _incident(stage: Stage) -> None:
    await _list(stage)
    stage.app.post_message(messages.OpenIncident(stage.app.incidents[0].id))
    await stage.on(IncidentScreen)
    await stage.until(lambda: stage.screen.live is not None)


async def _taken(stage: Stage) -> None:
    await _incident(stage)
    if not stage.app.incidents[0].holder:
        await stage.press("c")
        await stage.until(lambda: stage.app.incidents[0].holder)
        await stage.press("space")
        await stage.until(lambda: stage.app.incidents[0].steps)


async def _causes(stage: Stage) -> None:
    await _taken(stage)
    await stage.press("shift+tab")


async def _numbers(stage: Stage) -> None:
    await _causes(stage)
    await stage.press("number_sign")


async def _told(stage: Stage) -> None:
    await _taken(stage)
    await stage.press("m")
    await stage.on(ToldScreen)


async def _hand_over(stage: Stage) -> None:
    await _taken(stage)
    await stage.press("H")
    await stage.on(HandOverScreen)


async def _decide(stage: Stage) -> None:
    await _taken(stage)
    await stage.press("equals_sign")
    await stage.on(ChooseScreen)
    await stage.press("enter")
    await stage.on(IncidentDialog)


async def _close(stage: Stage) -> None:
    await _taken(stage)
    await stage.press("x")
    await stage.on(CloseScreen)


async def _report(stage: Stage) -> None:
    await _taken(stage)
    await stage.press("g")
    await stage.on(IncidentReportScreen)
    await stage.until(lambda: stage.screen.report is not None)


SHOTS = (
    Shot("respond", RespondScreen, _list),
    Shot("incident", IncidentScreen, _taken, STORM),
    Shot("incident-causes", IncidentScreen, _causes, STORM),
    Shot("incident-cpu", IncidentScreen, _incident, BUSY),
    Shot("incident-storage", IncidentScreen, _incident, FULL),
    Shot("incident-release", IncidentScreen, _incident, RELEASE),
    Shot("incident-numbers", IncidentScreen, _numbers, STORM),
    Shot("told", ToldScreen, _told, STORM),
    Shot("incident-report", IncidentReportScreen, _report, STORM),
    Shot("hand-over-incident", HandOverScreen, _hand_over, STORM),
    Shot("decide-cause", IncidentDialog, _decide, STORM),
    Shot("close-incident", CloseScreen, _close, STORM),
)
