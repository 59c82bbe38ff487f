"""The note that the console proposes for a change; for an emergency at once, because somebody has to know of it."""

from collections.abc import Callable
from datetime import datetime

from services.i18n import _
from services.models.approvals import Consent, ConsentWay
from services.models.change_runs import Run
from services.models.incidents import StepMark
from services.models.posts import Proposal
from services.models.step_records import change_mark, outcome_text
from services.slack.note_wording import FILL
from services.slack.notes import NoteContext, note_text


def emergency_of(run: Run) -> Consent | None:
    """The emergency that allowed a change that was confirmed; None if none did."""
    return next((each for each in run.consents if each.way is ConsentWay.EMERGENCY), None)


def about_change(run: Run, desk: NoteContext) -> Proposal:
    """A note about a change that was confirmed: what, why, what it went past, how it stands, the way back."""
    plan, emergency = run.plan, emergency_of(run)
    revert = f"{desk.moment(plan.revert.at)} {plan.revert.title}" if plan.revert is not None else ""
    rows = [
        (_("As of"), desk.zoned(desk.now)),
        (_("Confirmed"), desk.moment(run.at)),
        (_("Reason"), emergency.reason if emergency else _(FILL)),
        (_("Bypassed"), _bypassed(run, emergency)),
        (_("Result"), _result(run)),
        (_("Impact on users"), plan.blast or plan.downtime or _(FILL)),
        (_("Revert plan"), revert or plan.reversible),
        (_("By"), run.by),
        (_("Journal"), str(run.seq) if run.seq else ""),
    ]
    title = _("{title} ({target})").format(title=plan.title, target=plan.target.title)
    severity = _("EMERGENCY CHANGE") if emergency else _("CHANGE")
    return Proposal(title=plan.title, text=note_text(severity, title, rows, desk), target=plan.target.id)


def _bypassed(run: Run, emergency: Consent | None) -> str:
    """The freeze and the approval that an emergency went past."""
    if emergency is None:
        return ""
    freezes = dict.fromkeys(each.freeze for each in run.consents)
    missing = _("the approval of {role}").format(role=run.plan.approval) if run.lacks_approval else ""
    return _("; ").join(filter(None, (*freezes, missing)))


def change_line(run: Run, when: Callable[[datetime], str]) -> str:
    """When a change was confirmed, what it is, how it stands; "" if nothing of it was sent."""
    if (mark := change_mark(run)) is None:
        return ""
    state = _("in progress") if mark is StepMark.RUNNING else outcome_text(run)
    names = {"title": run.plan.title, "target": run.plan.target.title}
    return _("{time} {title} ({target}): {state}").format(time=when(run.at), state=state, **names)


def _result(run: Run) -> str:
    state, progress = outcome_text(run), run.progress
    text = progress.text if progress is not None else run.refusal
    # Why it was only partly done.
    text = text or (run.steps[run.partly_done].text if run.partly_done else "")
    return _("{title} ({more})").format(title=state, more=text) if text else state
