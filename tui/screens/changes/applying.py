"""Passes a confirmed plan to the engine and announces the outcome on whatever screen is open then."""

from collections.abc import Callable

from services.i18n import _
from services.journal.errors import JournalError
from services.models.change_runs import Run, StepState
from services.models.changes import Plan
from services.models.problem import Problem
from tui.console import Console
from tui.screens.changes.reveal import show_after
from tui.screens.slack.post import propose_emergency
from widgets.changes.run.view import partly, unknown_words

Stopped = Callable[[Problem], None]
"""Called when the confirmation could not be recorded: nothing was sent."""


def apply(app: Console, plan: Plan, typed: str, stopped: Stopped) -> None:
    """Start applying `plan`; it continues even if the dialog that confirmed it is closed.

    If another system is shown when it ends, its system is named, and nothing opens above the other one.
    """
    services = app.ready
    task = services.engine.apply(plan, typed)

    def tell(text: str, *, bad: bool) -> None:
        app.inform_of(services, text, severity="error" if bad else "information")

    async def follow() -> None:
        try:
            run = await task
        except JournalError as error:
            stopped(error.problem)
            tell(error.problem.message, bad=True)
        else:
            tell(run_summary(run), bad=run.state is not StepState.DONE)
            if app.services is services:
                show_after(app, run)
                propose_emergency(app, run)

    app.run_worker(follow(), group=f"apply-{plan.id}", exit_on_error=True)


def run_summary(run: Run) -> str:
    """The outcome of a run on one line."""
    what = f"{run.plan.target.title}: {run.plan.title}"
    if partly(run):
        return _("{what}. {more}").format(what=what, more=partly(run))
    words = {
        StepState.DONE: _("Done: {what}"),
        StepState.FAILED: _("Failed: {what}"),
        StepState.REFUSED: _("Stopped before anything was sent: {what}"),
    }
    if run.watching:
        return _("Accepted by AWS, and followed to its end: {what}").format(what=what)
    if run.state not in words:
        return f"{what}: {unknown_words()}"
    sentence = words[run.state].format(what=what)
    why = run.refusal or next((step.text for step in run.steps if step.state is run.state), "")
    if not why or run.state is StepState.DONE:
        return sentence
    return _("{what}. {more}").format(what=sentence, more=why)


def notify_outcome(app: Console, text: str, *, bad: bool = False) -> None:
    """Show the outcome in the message line; bad news stays longer."""
    app.inform(text, severity="error" if bad else "information")
