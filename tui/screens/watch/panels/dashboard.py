from dataclasses import replace
from weakref import WeakMethod

from services.dashboards.evaluation import refreshed
from services.dashboards.pacing import OnScreen
from services.i18n import _
from services.models.aws_cli import CommandSheet
from services.models.dashboards import DashboardView, TextWidget
from tui.runtime.late_modules import are_imported, ready
from tui.screens.common.command_sheets import widget_sheet
from tui.screens.watch.panels.base import StatePanel
from widgets.dashboards.panel import DashboardPanel, price_words
from widgets.drawing.markdown import PARSER
from widgets.drawing.ticker import on_screen


class WatchedDashboard(StatePanel[DashboardPanel]):
    widget_type = DashboardPanel
    _metrics = 0  # Of the dashboard whose price was said

    def opened(self) -> None:
        # Weakly: the reader outlives the screen, which another language replaces.
        lookup = WeakMethod(self._on_screen)

        def what_can_be_seen() -> OnScreen:
            on_this_screen = lookup()
            return on_this_screen() if on_this_screen else OnScreen(frozenset(), _("not on screen"))

        self.screen.services.dashboard.on_screen = what_can_be_seen
        self.screen.watch(self.app, "alarms", self._show_overview)
        self.screen.watch(self.app, "view", self._show_view)

    def _on_screen(self) -> OnScreen:
        pause = self.app.presence.pause()
        if not pause and self.screen not in on_screen(self.widget.app):
            pause = _("not on screen")
        return OnScreen(self.widget.seen() if self.widget.display else frozenset(), pause)

    def _say_price(self, view: DashboardView | None) -> None:
        if view is None or not view.price.is_over or view.price.metrics == self._metrics:
            return
        self._metrics = view.price.metrics
        if self.widget.brief:
            self.app.inform(price_words(view.price))

    def came_into_view(self) -> None:
        if self.screen.services.dashboard.is_due():
            self.screen.services.feeds["dashboard"].refresh()

    def _show_overview(self) -> None:
        if self.app.alarms is not None:
            self.widget.overview = self.app.alarms
        self._show_view()

    def _show_view(self) -> None:
        view, overview = self.app.view, self.app.alarms
        if view is None:
            return
        if view.value is not None and has_text(view.value) and not are_imported(PARSER):
            self.screen.run_worker(self._import_parser(), group="parser-of-texts", exclusive=True)
            return
        # Alarm tiles show the overview's alarms, so that list and tiles never disagree.
        if view.value is not None and overview is not None and overview.value is not None:
            view = replace(view, value=refreshed(view.value, overview.value))
        self.widget.state = view
        self._say_price(view.value)
        if view.problem is None:
            self.came_into_view()

    async def _import_parser(self) -> None:
        """Show the view once its texts can be drawn: the drawing must not import anything."""
        await ready(PARSER)
        self._show_view()

    def aws_commands(self) -> CommandSheet | None:
        view = self.app.view.value if self.app.view is not None else None
        tile = next((tile for tile in self.widget.grid.tiles if tile.has_focus), None)
        return widget_sheet(self.app, view.dashboard, tile.widget if tile else None) if view else None

    def focus(self) -> None:
        self.widget.focus_first()


def has_text(view: DashboardView) -> bool:
    return any(isinstance(widget, TextWidget) for widget in view.dashboard.widgets)
