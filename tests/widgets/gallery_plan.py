"""The plan and its run with made-up data, a page each: to view, and for snapshots."""

from textual.app import App, ComposeResult

from services.models.change_runs import StepState
from tests.widgets import plan_data
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
            yield RunTable(now=lambda: plan_data.NOW, zone=plan_data.JST)
        else:
            yield PlanView(now=lambda: plan_data.NOW, zone=plan_data.JST)

    def on_mount(self) -> None:
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = "toban-dark"
        for table in self.query(RunTable):
            table.runs, table.waiting = RUNS, frozenset({"done"})
        for view in self.query(PlanView):
            view.plan = PLANS.get(self.page) or plan_data.plan()
            if self.page == "progress":
                view.run, view.applying = (
                    plan_data.run(StepState.DONE, StepState.UNKNOWN, verified=True),
                    True,
                )


PLANS = {
    "lower": plan_data.plan(**plan_data.LOWER),
    "refused": plan_data.plan(refusals=("上限は最小タスク数 2 を下回れません。",), steps=()),
    "hostile": plan_data.plan(
        title=plan_data.HOSTILE,
        blast=plan_data.HOSTILE,
        target=plan_data.ChangeTarget(id=plan_data.RawId(plan_data.HOSTILE), title=plan_data.HOSTILE),
    ),
}
RUNS = (
    plan_data.run(StepState.UNKNOWN, plan_made=plan_data.plan(id="unknown")),
    plan_data.run(StepState.DONE, StepState.DONE, plan_made=plan_data.plan(id="done"), verified=True),
    plan_data.run(StepState.DONE, StepState.FAILED, plan_made=plan_data.plan(id="partly"), verified=False),
    plan_data.run(StepState.DONE, StepState.DONE, plan_made=plan_data.plan(id="back"), verified=True),
    plan_data.run(StepState.REFUSED, plan_made=plan_data.plan(id="refused")),
    plan_data.cut_off(
        plan_data.run(StepState.DONE, StepState.SENDING, plan_made=plan_data.plan(id="cut"), verified=True)
    ),
)
