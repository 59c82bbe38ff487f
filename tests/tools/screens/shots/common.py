"""Pictures of what every mode has: help, palette, runbook, notes."""

from functools import partial

from tests.tools.screens.shots.shot import Shot
from tests.tools.screens.stage import Stage
from tests.tools.screens.worlds import FAULTS, QUIET
from tui.modes import MODES
from tui.screens.common.aws_commands import AwsCommandsScreen
from tui.screens.common.command_palette import ConsolePalette
from tui.screens.common.first_frame import ShellScreen
from tui.screens.common.help import HelpScreen
from tui.screens.common.notice import NoticeScreen
from tui.screens.common.past_messages import PastMessagesScreen
from tui.screens.common.runbook import RunbookScreen
from tui.screens.duties import signing
from tui.screens.duties.finding import FindingScreen
from tui.screens.journal.note import NoteScreen


async def _help(stage: Stage, mode: str) -> None:
    await stage.mode(mode)
    await stage.do("keys_help")
    await stage.on(HelpScreen)


async def _alarm_help(stage: Stage) -> None:
    await stage.open_alarm(await stage.firing())
    await stage.do("keys_help")
    await stage.on(HelpScreen)


async def _finding_help(stage: Stage) -> None:
    await stage.show(FindingScreen("", await stage.finding("access-keys")))
    await stage.do("keys_help")
    await stage.on(HelpScreen)


async def _palette(stage: Stage) -> None:
    await stage.do("command_palette")
    await stage.on(ConsolePalette)


async def _palette_found(stage: Stage) -> None:
    await _palette(stage)
    await stage.write("kiroku")


async def _palette_none(stage: Stage) -> None:
    await _palette(stage)
    await stage.write("zzz")


async def _jump(stage: Stage) -> None:
    await stage.do("jump")
    await stage.on(ConsolePalette)
    await stage.write("rds")


async def _runbook(stage: Stage) -> None:
    stage.app.action_show_runbook()
    await stage.on(RunbookScreen)


async def _note(stage: Stage) -> None:
    await stage.do("note")
    await stage.on(NoteScreen)
    await stage.write("14:30 から保守業者が来庁。")


async def _aws_commands(stage: Stage) -> None:
    await stage.open_alarm(await stage.firing())
    await stage.do("by_hand")
    await stage.on(AwsCommandsScreen)


async def _past_messages(stage: Stage) -> None:
    stage.app.inform("保存しました: ~/reports/2026-01-13.html")
    stage.app.action_show_messages()
    await stage.on(PastMessagesScreen)


async def _notice(stage: Stage) -> None:
    await stage.has_duties()
    await stage.mode("inspect")
    signing.sign(stage.app, None)
    await stage.on(NoticeScreen)


SHOTS = (
    Shot("first-frame", ShellScreen, world=QUIET, connects=False),
    *(Shot(f"help-{mode.id}", HelpScreen, partial(_help, mode=mode.id)) for mode in MODES),
    Shot("help-alarm", HelpScreen, _alarm_help),
    Shot("help-finding", HelpScreen, _finding_help, FAULTS),
    Shot("palette", ConsolePalette, _palette),
    Shot("palette-typed", ConsolePalette, _palette_found),
    Shot("palette-none", ConsolePalette, _palette_none),
    Shot("jump", ConsolePalette, _jump),
    Shot("runbook", RunbookScreen, _runbook),
    Shot("note", NoteScreen, _note),
    Shot("aws-commands", AwsCommandsScreen, _aws_commands),
    Shot("past-messages", PastMessagesScreen, _past_messages),
    Shot("notice", NoticeScreen, _notice, QUIET),
)
