"""Pictures of a console that watches several systems."""

from functools import partial

from textual.content import Content

from tests.tools.sample_systems import sample
from tests.tools.screens.shots.shot import Shot
from tests.tools.screens.stage import Stage
from tests.tools.screens.worlds import QUIET
from tui.screens.common.confirm import ConfirmScreen
from tui.screens.common.rebuilding import rebuilding
from tui.screens.systems.systems import SystemsScreen
from tui.screens.watch.watch import WatchScreen


async def _several(stage: Stage, mode: str, many: int = 10) -> None:
    """Watch several systems, as far as the screens know."""
    async with rebuilding(stage.app, mode):
        stage.app.systems = sample(stage.app.now())[:many]
    await stage.until(lambda: stage.app.current_mode == mode)


async def _row(stage: Stage) -> None:
    await _several(stage, "systems")
    await stage.press("down", "down")


async def _question(stage: Stage) -> None:
    await _several(stage, "watch", 3)
    about = Content("AWS に問い合わせます。")
    await stage.show(ConfirmScreen("照会", about, "⏎ 照会 · Esc 閉じる"))


SHOTS = (
    Shot("systems", SystemsScreen, partial(_several, mode="systems"), QUIET),
    Shot("systems-row", SystemsScreen, _row, QUIET),
    Shot("systems-strip", WatchScreen, partial(_several, mode="watch"), QUIET),
    Shot("systems-strip-three", WatchScreen, partial(_several, mode="watch", many=3), QUIET),
    Shot("systems-question", ConfirmScreen, _question, QUIET),
)
