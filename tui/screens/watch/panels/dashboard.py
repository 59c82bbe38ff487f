"""The dashboard, whose alarm tiles show the alarms of the alarm overview."""

from dataclasses import replace

from services.dashboards.evaluation import refreshed
from services.models.aws_cli import CommandSheet
from tui.screens.common.command_sheets import widget_sheet
from tui.screens.watch.panels.base import StatePanel
from widgets.dashboards.panel import DashboardPanel


class WatchedDashboard(StatePanel[DashboardPanel]):
    """Shows the dashboard that the console follows anyway, with the newest alarms in it."""

    widget_type = DashboardPanel

    def opened(self) -> None:
        """Follow the alarm overview and the dashboard."""
        self.screen.watch(self.app, "alarms", self._show_overview)
        self.screen.watch(self.app, "view", self._show_view)

    def _show_overview(self) -> None:
        if self.app.alarms is not None:
            self.widget.overview = self.app.alarms
        self._show_view()

    def _show_view(self) -> None:
        view, overview = self.app.view, self.app.alarms
        if view is None:
            return
        # Alarm tiles show the overview's alarms, so that list and tiles never disagree.
        if view.value is not None and overview is not None and overview.value is not None:
            view = replace(view, value=refreshed(view.value, overview.value))
        self.widget.state = view

    def aws_commands(self) -> CommandSheet | None:
        """The commands that read the focused tile, else the whole dashboard."""
        view = self.app.view.value if self.app.view is not None else None
        tile = next((tile for tile in self.widget.grid.tiles if tile.has_focus), None)
        return widget_sheet(self.app, view.dashboard, tile.widget if tile else None) if view else None

    def focus(self) -> None:
        """Focus the first tile."""
        self.widget.focus_first()
