"""監視: alarms, dashboard and log tail on one screen; one of them at a time where there is no room."""

from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.widget import Widget

from services.dashboards.evaluation import refreshed
from services.i18n import _
from services.models.journal import Acknowledgement
from services.models.problem import Problem
from tui import messages
from tui.commands import bindings
from tui.panels import PANELS
from tui.screens.common.mode_screen import Place
from tui.screens.logs.panes import PaneScreen
from widgets.alarms.strip import AlarmStrip
from widgets.alarms.panel import AlarmPanel
from widgets.dashboards.panel import DashboardPanel
from widgets.dashboards.text_tiles import LogTile


class WatchScreen(PaneScreen):
    """The day's screen."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("watch")]
    DEFAULT_CSS = """
    WatchScreen {
        #panels { layout: grid; grid-size: 1 3; grid-rows: auto 1fr 10; height: 1fr; }
        #alarms { height: auto; max-height: 13; }
        #panels > .-off { display: none; }
        &.-wide #panels { grid-size: 2 2; grid-columns: 2fr 3fr; grid-rows: auto 1fr; }
        &.-wide #alarms { max-height: 24; }
        &.-wide #dashboard { row-span: 2; }
        &.-short #panels, &.-narrow #panels, &.-zoom #panels { grid-size: 1 1; grid-columns: 1fr; grid-rows: 1fr; }
        &.-short #alarms, &.-narrow #alarms, &.-zoom #alarms { height: 1fr; max-height: 100%; }
        &.-short #dashboard, &.-narrow #dashboard, &.-zoom #dashboard { row-span: 1; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.alarms = AlarmPanel(_("Alarms"), now=self.app.now, zone=self.app.zone, id="alarms")
        self.dashboard = DashboardPanel(_("Dashboard"), now=self.app.now, zone=self.app.zone, id="dashboard")
        self.tail = self.new_pane(id="tail")
        self.zoomed = False
        self.current = "alarms"

    def body(self) -> ComposeResult:
        """The panels, in the registry's order."""
        parts: dict[str, Widget] = {"alarms": self.alarms, "dashboard": self.dashboard, "tail": self.tail}
        yield Container(*(parts[panel.id] for panel in PANELS), id="panels")

    async def opened(self) -> None:
        """Hand the app's states to the panels and start the tail."""
        self.watch(self.app, "view", self._show_view)
        groups = self.services.runbook.log_groups
        if groups:
            self.follow(self.tail, groups[0].id)
        self._show_panels()
        self.alarms.table.focus()

    def _zone_changed(self) -> None:
        super()._zone_changed()
        self.alarms.zone = self.dashboard.zone = self.app.zone

    def place(self) -> Place | None:
        """The alarm under the cursor, where the keys go to the alarms."""
        alarm = self.alarms.chosen if self._at_alarms else None
        return Place(str(alarm.id), alarm.name) if alarm is not None else None

    def acknowledged_changed(self, seen: dict[str, Acknowledgement]) -> None:
        """The rows say who has seen what."""
        super().acknowledged_changed(seen)
        self.alarms.acknowledged = seen

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """An alarm is acknowledged only where it is seen to be chosen."""
        return self._at_alarms if action == "acknowledge" else True

    @property
    def _at_alarms(self) -> bool:
        """The keys go to the alarms."""
        return self.focused is not None and self.alarms in self.focused.ancestors

    def action_acknowledge(self) -> None:
        """Say that the state of the alarm under the cursor was seen."""
        alarm = self.alarms.chosen
        if alarm is None:
            self.app.say(_("no alarm chosen"))
        else:
            self.post_message(messages.Acknowledge(alarm))

    def banner_changed(self, problem: Problem | None) -> None:
        """The panels do not repeat the banner."""
        super().banner_changed(problem)
        self.alarms.said = self.dashboard.said = problem

    def _board_changed(self) -> None:
        super()._board_changed()
        if self.app.board is not None:
            self.alarms.state = self.dashboard.board = self.app.board
        self._show_view()

    def _show_view(self) -> None:
        view, board = self.app.view, self.app.board
        if view is None:
            return
        # Alarm widgets show the board's alarms, so that the two never disagree on one screen.
        if view.value is not None and board is not None and board.value is not None:
            view = replace(view, value=refreshed(view.value, board.value))
        self.dashboard.state = view

    @on(LogTile.Follow)
    def follow_group(self, message: LogTile.Follow) -> None:
        """From a log widget to its group's tail."""
        self.post_message(messages.OpenLogs(message.group))

    def on_resize(self) -> None:
        """What fits changes with the size."""
        self.call_after_refresh(self._show_panels)

    def _show_panels(self) -> None:
        alone = self.zoomed or self.has_class("-narrow") or self.has_class("-short")
        self.set_class(self.zoomed, "-zoom")
        for panel in PANELS:
            self.query_one(f"#{panel.id}").set_class(alone and panel.id != self.current, "-off")

    def action_focus_panel(self, panel: str) -> None:
        """Go to a panel; where one fills the screen, it replaces the other."""
        self.current = panel
        self._show_panels()
        if panel == "dashboard":
            self.dashboard.focus_first()
        elif panel == "alarms":
            self.alarms.table.focus()
        else:
            self.tail.focus()

    def action_zoom(self) -> None:
        """One panel on the whole screen, or all again."""
        self.zoomed = not self.zoomed
        self._show_panels()

    def on_descendant_focus(self) -> None:
        """Remember which panel is looked at."""
        around = self.focused.ancestors_with_self if self.focused is not None else []
        self.current = next(
            (panel.id for panel in PANELS if self.query_one(f"#{panel.id}") in around), self.current
        )

    @on(AlarmPanel.Opened)
    def open_alarm(self, message: AlarmPanel.Opened) -> None:
        """Show the alarm that was under the cursor when the key was pressed; not over a dialog that came first."""
        if self.is_active:
            self.post_message(messages.OpenAlarm(message.alarm))

    @on(AlarmPanel.Lost)
    def alarm_lost(self, message: AlarmPanel.Lost) -> None:
        """The cursor's alarm is gone: say so, the key must not act on its neighbour."""
        self.app.say(_("{name} no longer exists").format(name=message.name))

    @on(AlarmStrip.Clicked)
    def strip_clicked(self) -> None:
        """The strip leads to the alarms."""
        self.action_focus_panel("alarms")
