"""監視: alarms, dashboard and log tail on one screen: whole, brief on a small one, or one panel alone."""

from collections.abc import Iterable, Sequence
from pkgutil import resolve_name
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container

from services.i18n import N_, _
from services.models.aws_cli import CommandSheet
from services.models.journal import Acknowledgement
from services.models.problem import Problem
from tui import messages
from tui.commands import bindings
from tui.panel_registry import PANELS, PanelSpec
from tui.screens.common.mode_screen import ScreenPlace
from tui.screens.logs.panes import PaneScreen
from tui.screens.watch.panels.base import WatchedPanel
from tui.screens.watch.panels.dashboard import WatchedDashboard
from widgets.alarms.panel import AlarmPanel
from widgets.alarms.strip import AlarmStrip
from widgets.dashboards.panel import DashboardPanel
from widgets.dashboards.text_tiles import LogTile
from widgets.dashboards.tile_grid import TileGrid
from widgets.drawing.state_styles import ALARM_STYLES
from widgets.frame.key_names import without_key
from widgets.logs.pane.pane import LogPane

SHORT, WIDE = "-short", "-wide"  # The screen's classes for few rows and for many columns
ALONE = "-zoom"  # The screen's class for showing one panel alone
_MOST, _MOST_WIDE, _MOST_SHORT = 13, 30, 11
"""Maximum height of a panel whose height is `auto`: stacked, on a wide screen, on one with few rows."""
_FRAME = 3  # Rows of header, alarm strip and key bar
_CHARTS = 19
"""Rows in which two rows of charts are readable, with the panel's head and one line of folded tiles."""
_LOG = 9  # Rows of the log tail


def alarm_room(height: int, *, is_short: bool, is_wide: bool) -> int:
    """Rows that the list of alarms may take on a screen of `height` rows before normal alarms are folded."""
    if is_short:
        return 0
    body = height - _FRAME - 1
    return body - (_LOG if is_wide else _CHARTS + _LOG)


def stylesheet(panels: Sequence[PanelSpec]) -> str:
    """The rules for `WatchScreen`, whose `#panels` contains `panels` in their order."""
    rows = " ".join(panel.row for panel in panels)
    column = [panel for panel in panels if panel.wide_row]
    brief = [panel for panel in panels if panel.short_row]
    wide_rows = " ".join(panel.wide_row for panel in column)
    short_rows = " ".join(panel.short_row for panel in brief)
    each_alone = ", ".join(f"&.{ALONE} #{panel.id}" for panel in panels)
    return f"""
    WatchScreen {{
        #panels {{ layout: grid; grid-size: 1 {len(panels)}; grid-rows: {rows}; height: 1fr; }}
        {" ".join(_bounds(panels))}
        #panels > .-off {{ display: none; }}
        &.{WIDE} #panels {{ grid-size: 2 {len(column)}; grid-columns: 2fr 3fr; grid-rows: {wide_rows}; }}
        {" ".join(_wide(panels, len(column)))}
        &.{SHORT} #panels {{ grid-size: 1 {len(brief)}; grid-columns: 1fr; grid-rows: {short_rows}; }}
        {" ".join(_short(panels))}
        &.{ALONE} #panels {{ grid-size: 1 1; grid-columns: 1fr; grid-rows: 1fr; }}
        {each_alone} {{ height: 1fr; max-height: 100%; row-span: 1; }}
    }}
    """


def _bounds(panels: Iterable[PanelSpec]) -> Iterable[str]:
    for panel in panels:
        if panel.row == "auto":
            yield f"#{panel.id} {{ height: auto; max-height: {_MOST}; }}"


def _wide(panels: Iterable[PanelSpec], rows: int) -> Iterable[str]:
    for panel in panels:
        if panel.wide_row == "auto":
            yield f"&.{WIDE} #{panel.id} {{ height: auto; max-height: {_MOST_WIDE}; }}"
        elif not panel.wide_row:
            yield f"&.{WIDE} #{panel.id} {{ row-span: {rows}; }}"
        elif panel.row == "auto":
            yield f"&.{WIDE} #{panel.id} {{ height: 1fr; max-height: 100%; }}"


def _short(panels: Iterable[PanelSpec]) -> Iterable[str]:
    for panel in panels:
        if panel.short_row == "auto":
            yield f"&.{SHORT} #{panel.id} {{ height: auto; min-height: 1; max-height: {_MOST_SHORT}; row-span: 1; }}"
        elif panel.short_row:
            yield f"&.{SHORT} #{panel.id} {{ height: 1fr; max-height: 100%; row-span: 1; }}"


class WatchScreen(PaneScreen):
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("watch"),
        Binding("escape", "leave_zoom", N_("Back"), show=True),
        Binding(
            without_key("columns"),
            "columns",
            N_("Columns"),
            show=False,
            tooltip=N_("Choose the columns of the log group"),
        ),
    ]
    DEFAULT_CSS = stylesheet(PANELS)

    def __init__(self) -> None:
        super().__init__()
        self.panels: dict[str, WatchedPanel[Any]] = {
            spec.id: resolve_name(spec.panel)(spec, self) for spec in PANELS
        }
        self.zoomed = False
        self.current = PANELS[0].id  # The panel that is shown alone while one is, and gets the focus first

    @property
    def alarms(self) -> AlarmPanel:
        widget: AlarmPanel = self.panels["alarms"].widget
        return widget

    @property
    def dashboard_panel(self) -> WatchedDashboard:
        panel = self.panels["dashboard"]
        assert isinstance(panel, WatchedDashboard), "the registry's line for the dashboard names its panel"
        return panel

    @property
    def dashboard(self) -> DashboardPanel:
        widget: DashboardPanel = self.panels["dashboard"].widget
        return widget

    @property
    def tail(self) -> LogPane:
        widget: LogPane = self.panels["tail"].widget
        return widget

    def body(self) -> ComposeResult:
        yield Container(*(panel.widget for panel in self.panels.values()), id="panels")

    async def opened(self) -> None:
        for panel in self.panels.values():
            panel.opened()
        self._show_panels()
        self.panels[self.current].focus()

    def _zone_changed(self) -> None:
        super()._zone_changed()
        for panel in self.panels.values():
            panel.zone_changed()

    def banner_changed(self, problem: Problem | None) -> None:
        super().banner_changed(problem)
        for panel in self.panels.values():
            panel.banner_changed(problem)

    def note_subject(self) -> ScreenPlace | None:
        panel = self._focused_panel()
        return panel.note_subject() if panel is not None else None

    def alarms_seen(self) -> frozenset[str]:
        return self.alarms.seen() if self.alarms.display else frozenset()

    def responds_to(self) -> str:
        alarm = self.alarms.chosen if self._focused_panel() is self.panels["alarms"] else None
        return str(alarm.id) if alarm is not None else ""

    def aws_commands(self) -> CommandSheet | None:
        panel = self._focused_panel()
        return panel.aws_commands() if panel is not None else None

    def acknowledged_changed(self, acknowledgements: dict[str, Acknowledgement]) -> None:
        super().acknowledged_changed(acknowledgements)
        self.alarms.acknowledged = acknowledgements

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "leave_zoom":
            return self.zoomed or self.leads_back()
        if action == "acknowledge":
            parameters = ("alarms",)
        elif action != "panel_command":
            return True
        panel = self._focused_panel()
        return panel is not None and panel.spec.id == parameters[0]

    def _focused_panel(self) -> WatchedPanel[Any] | None:
        around = self.focused.ancestors_with_self if self.focused is not None else []
        return next((panel for panel in self.panels.values() if panel.widget in around), None)

    def action_acknowledge(self) -> None:
        self.action_panel_command("alarms", "acknowledge")

    def action_panel_command(self, panel: str, command: str) -> None:
        getattr(self.panels[panel], command)()

    @on(TileGrid.SeenChanged)
    def tiles_came_into_view(self) -> None:
        self.dashboard_panel.came_into_view()

    def on_screen_resume(self) -> None:
        if self.is_mounted and self.dashboard.is_mounted:
            self.call_after_refresh(self.dashboard_panel.came_into_view)

    @on(LogTile.Follow)
    def follow_group(self, message: LogTile.Follow) -> None:
        self.post_message(messages.OpenLogs(message.group))

    def on_resize(self) -> None:
        self.call_after_refresh(self._show_panels)

    def _show_panels(self) -> None:
        is_short, is_wide = self.has_class(SHORT), self.has_class(WIDE)
        self.set_class(self.zoomed, ALONE)
        for id, panel in self.panels.items():
            is_hidden = id != self.current if self.zoomed else is_short and not panel.spec.short_row
            panel.widget.set_class(is_hidden, "-off")
        self.alarms.room = (
            self.size.height
            if self.zoomed
            else alarm_room(self.size.height, is_short=is_short, is_wide=is_wide)
        )
        self.dashboard.brief = is_short and not self.zoomed
        # The dashboard may be visible again.
        self.call_after_refresh(self.dashboard_panel.came_into_view)
        self.refresh_bindings()

    def action_focus_panel(self, panel: str) -> None:
        self.current = panel
        self.zoomed = self.zoomed or self.has_class(SHORT)
        self._show_panels()
        self.panels[panel].go_to()

    def show_widget(self, key: str) -> None:
        self.action_focus_panel("dashboard")
        for tile in self.dashboard.grid.tiles:
            if tile.widget.key == key:
                tile.focus()

    def action_zoom(self) -> None:
        self.zoomed = not self.zoomed
        self._show_panels()
        self.panels[self.current].focus()

    def action_leave_zoom(self) -> None:
        if self.leads_back():
            self.action_back_to_incident()
        else:
            self.action_zoom()

    def on_descendant_focus(self) -> None:
        panel = self._focused_panel()
        if panel is not None:
            self.current = panel.spec.id

    @on(AlarmPanel.Opened)
    def open_alarm(self, message: AlarmPanel.Opened) -> None:
        """Show the alarm that was under the cursor when the key was pressed, unless a dialog opened meanwhile."""
        if self.is_active:
            self.post_message(messages.OpenAlarm(message.alarm))

    @on(AlarmPanel.Lost)
    def alarm_lost(self, message: AlarmPanel.Lost) -> None:
        """Notify that the cursor's alarm has no row any more; the key must not act on its neighbour."""
        alarm, overview = message.alarm, self.app.overview
        if alarm is None:
            self.app.inform(_("{name} no longer exists", name=message.name))
        elif overview is not None and not overview.has_current(alarm.id):
            self.app.inform(_("{name} could not be read again", name=message.name))
        else:
            words = _("{name} is in a line with others now: {state}")
            self.app.inform(words.format(name=message.name, state=ALARM_STYLES[alarm.state].text))

    @on(AlarmStrip.Clicked)
    def strip_clicked(self) -> None:
        self.action_focus_panel("alarms")
