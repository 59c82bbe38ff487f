"""One confirmed change in full: the plan, the requests, the outcome."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.getters import app as app_getter

from services.changes.base import follow_ups
from services.i18n import N_, _
from services.models.change_runs import Run
from tui.console import Console
from tui.screens.changes.openings import open_follow_up
from tui.screens.common.dialog import Dialog, window
from tui.screens.slack.post import propose_change
from widgets.changes.plan.view import PlanView
from widgets.drawing.format import stamp


class RunScreen(Dialog[None]):
    """Shows a run and follows it while the screen is open."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "propose", N_("Slack")),
        Binding("f2", "suggested", N_("Suggested change"), id="run-suggested"),
    ]
    DEFAULT_CSS = """
    RunScreen > #window { width: 96%; max-width: 150; height: 96%; max-height: 96%; }
    """

    app = app_getter(Console)

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.run = run
        self.view = PlanView(now=self.app.now, zone=self.app.zone)

    def compose(self) -> ComposeResult:
        plan, app = self.run.plan, self.app
        when = stamp(self.run.at, app.zone, app.now())
        with window(f"{plan.title}: {plan.target.title}  {self.run.by}  {when}", _("p Slack  Esc close")):
            yield self.view

    def on_mount(self) -> None:
        self.view.plan, self.view.run, self.view.applying = self.run.plan, self.run, True
        self.view.follow_ups = follow_ups(self.app.ready.engine.changes, self.run.plan)
        self.watch(self.app, "runs", self._runs_changed)
        self.watch(self.app, "zone", self._zone_changed)
        self.view.focus()

    def action_propose(self) -> None:
        propose_change(self.app, self.view.run or self.run)

    def action_suggested(self) -> None:
        """Plan the change that is suggested after this one."""
        open_follow_up(self.app, self.view.run)

    def _runs_changed(self, runs: tuple[Run, ...]) -> None:
        self.view.run = next((run for run in runs if run.id == self.run.id), self.view.run)

    def _zone_changed(self) -> None:
        self.view.zone = self.app.zone
