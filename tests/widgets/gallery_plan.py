"""The plan and its run with made-up data, a page each: to view, and for snapshots."""

from textual.app import App, ComposeResult

from services.models.changes import StepState
from tests.widgets import plan_data as made
from tui.themes import THEMES
from widgets.changes.plan.view import PlanView
from widgets.changes.run.table import RunTable


class PlanGallery(App[None]):
    """`plan`, `lower`, `refused`, `progress` or `runs`."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.page = page

    def compose(self) -> ComposeResult:
        if self.page == "runs":
            yield RunTable(now=lambda: made.NOW, zone=made.JST)
        else:
            yield PlanView(now=lambda: made.NOW, zone=made.JST)

    def on_mount(self) -> None:
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = "toban-dark"
        for table in self.query(RunTable):
            table.runs, table.waiting = RUNS, frozenset({"done"})
        for view in self.query(PlanView):
            view.plan = PLANS.get(self.page) or made.plan()
            if self.page == "progress":
                view.run, view.applying = made.run(StepState.DONE, StepState.UNKNOWN, verified=True), True


PLANS = {
    "lower": made.plan(**made.LOWER),
    "refused": made.plan(refusals=("上限は最小タスク数 2 を下回れません。",), steps=()),
    "hostile": made.plan(
        title=made.HOSTILE,
        blast=made.HOSTILE,
        target=made.ChangeTarget(id=made.RawId(made.HOSTILE), title=made.HOSTILE),
    ),
}
RUNS = (
    made.run(StepState.UNKNOWN, plan_made=made.plan(id="unknown")),
    made.run(StepState.DONE, StepState.DONE, plan_made=made.plan(id="done"), verified=True),
    made.run(StepState.DONE, StepState.FAILED, plan_made=made.plan(id="partly"), verified=False),
    made.run(StepState.DONE, StepState.DONE, plan_made=made.plan(id="back"), verified=True),
    made.run(StepState.REFUSED, plan_made=made.plan(id="refused")),
    made.cut_off(made.run(StepState.DONE, StepState.SENDING, plan_made=made.plan(id="cut"), verified=True)),
)
