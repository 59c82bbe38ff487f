"""Pictures of the watch mode and of alarms."""

from dataclasses import replace

from tests.tools.screens.shots.shot import Shot
from tests.tools.screens.stage import Stage
from tests.tools.screens.worlds import BUSY, DENIED, EXPIRING, FULL, QUIET, SILENT, STORM
from tui.screens.common.mfa_code import CodeScreen
from tui.screens.slack.post import PostScreen
from tui.screens.watch.acknowledge import AcknowledgeScreen
from tui.screens.watch.alarm import AlarmScreen
from tui.screens.watch.usage import UsageScreen
from tui.screens.watch.watch import WatchScreen

_ROLE = {
    "role_arn": "arn:aws:iam::123456789012:role/FacilityReader",
    "mfa_serial": "arn:aws:iam::123456789012:mfa/operator",
}


async def _firing(stage: Stage) -> None:
    await stage.firing()


async def _alarm(stage: Stage) -> None:
    await stage.open_alarm(await stage.firing())


async def _normal_alarm(stage: Stage) -> None:
    await stage.firing()
    await stage.open_alarm(stage.alarm("ecs-memory-high"))


async def _acknowledge(stage: Stage) -> None:
    await _alarm(stage)
    await stage.do("acknowledge")
    await stage.on(AcknowledgeScreen)


async def _acknowledged(stage: Stage) -> None:
    await _acknowledge(stage)
    await stage.write("RDS の接続数を調査中。")
    await stage.press("enter")
    await stage.on(AlarmScreen)
    await stage.press("escape")


async def _alone(stage: Stage, panel: str) -> None:
    """Show one panel alone, as its key does by itself on a screen with few rows."""
    await stage.do(f"focus_panel('{panel}')")
    assert isinstance(stage.screen, WatchScreen)
    if not stage.screen.zoomed:
        await stage.do("zoom")


async def _composite(stage: Stage) -> None:
    await stage.firing()
    await stage.open_alarm(stage.alarm("facility-prod-critical"))


async def _steps(stage: Stage) -> None:
    await _alarm(stage)
    await stage.do("steps")


async def _original(stage: Stage) -> None:
    await _alarm(stage)
    await stage.press("R")


async def _dashboard(stage: Stage) -> None:
    await stage.firing()
    await _alone(stage, "dashboard")


async def _tail(stage: Stage) -> None:
    await stage.firing()
    await _alone(stage, "tail")


async def _usage(stage: Stage) -> None:
    await stage.firing()
    stage.app.action_show_usage()
    await stage.on(UsageScreen)


async def _post(stage: Stage) -> None:
    await _alarm(stage)
    await stage.do("propose")
    await stage.on(PostScreen)


async def _utc(stage: Stage) -> None:
    await stage.firing()
    await stage.do("toggle_zone")


async def _expired(stage: Stage) -> None:
    app = stage.app

    def is_stale() -> bool:
        stage.app.refresh_feeds()
        state = app.alarms
        return state is not None and state.value is not None and state.problem is not None

    await stage.until(is_stale, limit=90.0)


async def _code(stage: Stage) -> None:
    await stage.on(CodeScreen)


SHOTS = (
    Shot("watch", WatchScreen, _firing),
    Shot("watch-quiet", WatchScreen, world=QUIET),
    Shot("watch-cpu", WatchScreen, _firing, BUSY),
    Shot("watch-storage", WatchScreen, _firing, FULL),
    Shot("watch-no-data", WatchScreen, world=SILENT),
    Shot("watch-denied", WatchScreen, world=DENIED),
    Shot("watch-expired", WatchScreen, _expired, replace(EXPIRING, lane="expired")),
    Shot("watch-unreachable", WatchScreen, options={"url": "http://127.0.0.1:9"}),
    Shot("watch-acknowledged", WatchScreen, _acknowledged),
    Shot("watch-utc", WatchScreen, _utc),
    Shot("dashboard", WatchScreen, _dashboard),
    Shot("tail", WatchScreen, _tail),
    Shot("alarm", AlarmScreen, _alarm),
    Shot("alarm-cpu", AlarmScreen, _alarm, BUSY),
    Shot("alarm-storage", AlarmScreen, _alarm, FULL),
    Shot("alarm-normal", AlarmScreen, _normal_alarm, STORM),
    Shot("alarm-composite", AlarmScreen, _composite, STORM),
    Shot("alarm-original", AlarmScreen, _original),
    Shot("alarm-steps", AlarmScreen, _steps),
    Shot("acknowledge", AcknowledgeScreen, _acknowledge),
    Shot("post", PostScreen, _post, slack=True),
    Shot("post-unset", PostScreen, _post, FULL),
    Shot("usage", UsageScreen, _usage),
    Shot("mfa-code", CodeScreen, _code, QUIET, options={"further": _ROLE}),
)
