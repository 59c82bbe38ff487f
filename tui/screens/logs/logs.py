"""ログ: up to four log groups side by side, each followed independently."""

from datetime import datetime
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal

from services.i18n import _
from services.models.aws_cli import CommandSheet
from tui.commands import bindings
from tui.screens.common.choose import Choice, ChooseScreen
from tui.screens.common.way_back import WAY_BACK
from tui.screens.logs.panes import PaneScreen
from widgets.logs.pane.pane import LogPane

MOST_PANES = 4
"""Panes on the screen at most."""


class LogsScreen(PaneScreen):
    """The logs mode: several log panes on one screen."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("logs"), WAY_BACK]
    HAS_RULERS = True
    DEFAULT_CSS = """
    LogsScreen {
        #panes { height: 1fr; }
        #panes > LogPane { width: 1fr; }
        &.-narrow #panes { layout: vertical; }
        &.-narrow #panes > LogPane { width: 100%; height: 1fr; }
    }
    """

    def body(self) -> ComposeResult:
        """Yield the panes' container: side by side, or one above the other on a narrow screen."""
        yield Horizontal(id="panes")

    async def opened(self) -> None:
        """Open the log group that was requested from another screen, else the runbook's first."""
        groups = self.services.runbook.log_groups
        request, self.app.requested_logs = self.app.requested_logs, None
        if request is not None:
            await self.add_pane(*request)
        elif groups:
            await self.add_pane(groups[0].id)

    @property
    def pane(self) -> LogPane | None:
        """The focused pane, else the first; None if there is none."""
        focused = self.focused
        around = focused.ancestors_with_self if focused is not None else []
        inside = [pane for pane in self.tails if pane in around]
        return next(iter(inside or self.tails), None)

    def aws_commands(self) -> CommandSheet | None:
        """The commands that read the focused pane."""
        return self.pane_sheet(self.pane) if self.pane is not None else None

    async def add_pane(self, group: str, at: datetime | None = None) -> None:
        """Open another pane on `group`, at the time `at` if given."""
        if len(self.tails) >= MOST_PANES:
            self.app.inform(_("at most {count} panes").format(count=MOST_PANES))
            return
        pane = self.new_pane()
        await self.query_one("#panes").mount(pane)
        pane.focus()
        self.refresh_bindings()
        self.follow(pane, group, at=at)

    async def show(self, group: str, at: datetime | None = None) -> None:
        """Show `group` at a time: in the pane that follows it, else in a new one, else in the focused one."""
        for pane, tail in self.tails.items():
            if tail.group == group:
                pane.focus()
                if at is not None:
                    pane.go_to(int(at.timestamp() * 1000))
                return
        if len(self.tails) >= MOST_PANES and self.pane is not None:
            self.follow(self.pane, group, at=at)
        else:
            await self.add_pane(group, at)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable closing the only pane."""
        return len(self.tails) > 1 if action == "close_pane" else super().check_action(action, parameters)

    def action_open_pane(self) -> None:
        """Choose a log group for another pane."""
        if len(self.tails) >= MOST_PANES:
            self.app.inform(_("at most {count} panes").format(count=MOST_PANES))
        else:
            self.choose(None)

    @work(group="close-pane", exclusive=True)
    async def action_close_pane(self) -> None:
        """Close the focused pane, unless it is the last one; ask first if that drops what the reader did in it."""
        pane = self.pane
        if pane is None or len(self.tails) < 2:
            return
        if pane.holds_work and not await self.app.push_screen_wait(_question(pane.title)):
            return
        if pane not in self.tails:
            return
        self.forget(pane)
        await pane.remove()
        self.refresh_bindings()
        if self.pane is not None:
            self.pane.focus()


def _question(group: str) -> ChooseScreen:
    """Ask whether to close the pane of `group`, with its search, filter and marks."""
    choices = [Choice("close", _("Close it; search, filter and marks are dropped"))]
    return ChooseScreen(_("Close the pane {group}?").format(group=group), choices)
