from collections.abc import Iterable, Mapping
from types import MappingProxyType

from services.changes.change_wording import answered_text, outcome_text
from services.i18n import _
from services.models.approvals import Consent
from services.models.change_runs import StepState
from services.models.changes import Plan, PlannedStep
from services.models.journal import RESTRAINS_CHANGES, EntryKind, NewEntry
from services.models.text import clean
from services.models.watches import Progress, WatchState

CHANGE_KINDS = frozenset(
    {
        EntryKind.PLAN,
        EntryKind.INTENT,
        EntryKind.OUTCOME,
        EntryKind.RESOLVED,
        EntryKind.REFUSED,
        EntryKind.WATCHED,
    }
)
"""The kinds from which runs are rebuilt."""


def confirmed(plan: Plan, consents: Iterable[Consent] = ()) -> NewEntry:
    allowed_by = [consent.model_dump(mode="json") for consent in consents]
    return NewEntry(
        kind=EntryKind.PLAN,
        subject=plan.id,
        target=plan.target.id,
        text=_("Confirmed: {title} ({target})", title=plan.title, target=plan.target.title),
        data={"plan": plan.model_dump(mode="json")} | ({"consents": allowed_by} if allowed_by else {}),
        claim=f"plan:{plan.id}",
    )


def refused(plan: Plan, why: str, step: PlannedStep | None = None) -> NewEntry:
    about = _("Not carried out: {title} ({target}): {why}")
    return NewEntry(
        kind=EntryKind.REFUSED,
        subject=plan.id,
        target=step.target if step else plan.target.id,
        text=about.format(title=step.title if step else plan.title, target=plan.target.title, why=why),
        data={"why": why} | ({"step": step.id} if step else {"plan": plan.model_dump(mode="json")}),
    )


def intent(plan: Plan, step: PlannedStep, ahead: float = 0.0, mark: str = "") -> NewEntry:
    """The step's request is about to be sent; the entry takes the hold on its target. `ahead`: the seconds by
    which this machine's clock is ahead of AWS's. `mark`: what the request says in its user agent."""
    return NewEntry(
        kind=EntryKind.INTENT,
        subject=plan.id,
        target=step.target,
        text=_("About to send: {title} ({target})", title=step.title, target=plan.target.title),
        data={"step": step.id, "call": step.call.digest}
        | ({"ahead": ahead} if ahead else {})
        | ({"mark": mark} if mark else {}),
        claim=f"intent:{plan.id}:{step.id}",
        holds=step.target,
    )


def outcome(
    plan: Plan,
    step: PlannedStep,
    state: StepState,
    text: str,
    verified: bool | None = None,
    answer: Mapping[str, str] = MappingProxyType({}),
    request: str = "",
) -> NewEntry:
    """The outcome of the step's request; `answer` is what the change keeps of the response, `request` the
    response's id. A final outcome shares its claim with RESOLVED: one console releases the hold."""
    final = state is not StepState.UNKNOWN
    return NewEntry(
        kind=EntryKind.OUTCOME,
        subject=plan.id,
        target=step.target,
        text=answered_text(verified, step.title, plan.target.title, text)
        if state is StepState.DONE
        else outcome_text(state, step.title, plan.target.title, text),
        data={"step": step.id, "state": state.value, "text": clean(text), "verified": verified}
        | _kept(answer)
        | ({"request": clean(request)} if request else {}),
        claim=_final(plan, step) if final else "",
        releases=step.target if final else "",
    )


READ = "read"
"""How an outcome is known: AWS was read, which may show what another change did. AWS's response outweighs it."""


def observed(draft: NewEntry) -> NewEntry:
    """The same outcome, known by reading AWS alone: where another console was first, that one's counts."""
    return draft.model_copy(update={"data": {**draft.data, "how": READ}})


def later(draft: NewEntry) -> NewEntry:
    return draft.model_copy(update={"claim": "", "releases": ""})


def resolved(
    plan: Plan,
    step: PlannedStep,
    *,
    done: bool,
    text: str,
    how: str,
    trace: str = "",
    answer: Mapping[str, str] = MappingProxyType({}),
) -> NewEntry:
    """The resolved outcome of an unknown step; `how` is `read` (from AWS) or `said` (by a person). `trace` is
    the id of CloudTrail's event that decides; "" if the state does."""
    state = StepState.DONE if done else StepState.FAILED
    return NewEntry(
        kind=EntryKind.RESOLVED,
        subject=plan.id,
        target=step.target,
        text=outcome_text(state, step.title, plan.target.title, text),
        data={"step": step.id, "state": state.value, "text": clean(text), "how": how}
        | _kept(answer)
        | ({"trace": trace} if trace else {}),
        claim=_final(plan, step),
        releases=step.target,
    )


def watched(plan: Plan, progress: Progress) -> NewEntry:
    words = {
        WatchState.DONE: _("Completed: {title} ({target}). {text}"),
        WatchState.WITHDRAWN: _("Withdrawn: {title} ({target}). {text}"),
        WatchState.FAILED: _("Ended otherwise: {title} ({target}). {text}"),
    }
    about = words.get(progress.state, _("Not followed further: {title} ({target}). {text}"))
    return NewEntry(
        kind=EntryKind.WATCHED,
        subject=plan.id,
        target=plan.target.id,
        text=about.format(title=plan.title, target=plan.target.title, text=progress.text),
        data={"state": progress.state.value, "text": clean(progress.text), RESTRAINS_CHANGES: False}
        | ({"measured": dict(progress.measured)} if progress.measured else {}),
        claim=f"watched:{plan.id}",
    )


def _kept(answer: Mapping[str, str]) -> dict[str, object]:
    return {"answer": {name: clean(value) for name, value in answer.items()}} if answer else {}


def _final(plan: Plan, step: PlannedStep) -> str:
    return f"resolved:{plan.id}:{step.id}"
