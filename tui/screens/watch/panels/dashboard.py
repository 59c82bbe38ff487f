"""The dashboard, whose alarm tiles show the board's alarms."""

from dataclasses import replace

from services.dashboards.evaluation import refreshed
from tui.screens.watch.panel import StatePanel
from widgets.dashboards.panel import DashboardPanel


class WatchedDashboard(StatePanel[DashboardPanel]):
    """Shows the view that the whole console follows, with the newest alarms in it."""

    widget_type = DashboardPanel

    def opened(self) -> None:
        """Follow the board and the view."""
        self.screen.watch(self.app, "alarms", self._show_overview)
        self.screen.watch(self.app, "view", self._show_view)

    def _show_overview(self) -> None:
        if self.app.alarms is not None:
            self.widget.overview = self.app.alarms
        self._show_view()

    def _show_view(self) -> None:
        view, board = self.app.view, self.app.alarms
        if view is None:
            return
        # Alarm tiles show the board's alarms, so that the two never disagree on one screen.
        if view.value is not None and board is not None and board.value is not None:
            view = replace(view, value=refreshed(view.value, board.value))
        self.widget.state = view

    def focus(self) -> None:
        """Give the keys to the first tile."""
        self.widget.focus_first()
