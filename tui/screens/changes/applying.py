"""Hands a confirmed plan to the engine and tells the operator how it ended, whatever screen is shown then."""

from collections.abc import Callable

from services.i18n import _
from services.journal.errors import JournalError
from services.models.changes import Plan, Run, StepState
from services.models.problem import Problem
from tui.console import Console
from widgets.changes.run.view import partly, unknown_words

Stopped = Callable[[Problem], None]
"""Told when the confirmation could not be recorded: nothing was sent."""


def carry_out(app: Console, plan: Plan, typed: str, stopped: Stopped) -> None:
    """Begin; the change goes on whatever becomes of the dialog that confirmed it."""
    task = app.ready.engine.apply(plan, typed)

    async def follow() -> None:
        try:
            run = await task
        except JournalError as error:
            stopped(error.problem)
            tell(app, error.problem.said, bad=True)
        else:
            tell(app, said_of(run), bad=run.state is not StepState.DONE)

    app.run_worker(follow(), group=f"apply-{plan.id}", exit_on_error=True)


def said_of(run: Run) -> str:
    """How a run ended, on one line."""
    what = f"{run.plan.target.title}: {run.plan.title}"
    if partly(run):
        return f"{what}. {partly(run)}"
    words = {
        StepState.DONE: _("Done: {what}"),
        StepState.FAILED: _("Failed: {what}"),
        StepState.REFUSED: _("Stopped before anything was sent: {what}"),
    }
    if run.state not in words:
        return f"{what}: {unknown_words()}"
    said = words[run.state].format(what=what)
    told = run.refusal or next((step.text for step in run.steps if step.state is run.state), "")
    return f"{said}. {told}".strip() if told and run.state is not StepState.DONE else said


def tell(app: Console, text: str, *, bad: bool = False) -> None:
    """A word to the operator that stays longer when it is not good."""
    app.notify(text, severity="error" if bad else "information", timeout=20 if bad else 8, markup=False)
