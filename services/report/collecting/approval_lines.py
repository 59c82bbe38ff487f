"""Collects what allowed changes: approvals of both kinds, refusals of approval, emergencies."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.changes.approval.entries import consent_of
from services.models.approvals import Consent, ConsentWay
from services.models.change_runs import Run
from services.models.journal import Entry, EntryKind
from services.models.report_approvals import ApprovalLine, Decided, EndLine

_DECIDED = {
    EntryKind.APPROVED: Decided.APPROVED,
    EntryKind.DECLINED: Decided.DECLINED,
    EntryKind.EMERGENCY: Decided.EMERGENCY,
}


def approval_lines(entries: Iterable[Entry], runs: Sequence[Run]) -> tuple[ApprovalLine, ...]:
    """One line for each approval, refusal and emergency in `entries`, oldest first."""
    confirmed = {run.id: run for run in runs if not run.refusal}
    return tuple(
        _line(entry, _DECIDED[entry.kind], confirmed.get(entry.subject))
        for entry in entries
        if entry.kind in _DECIDED
    )


def allowed_by(run: Run) -> tuple[ApprovalLine, ...]:
    """What allowed a change, as its confirmation records it."""
    plan = run.plan
    return tuple(
        ApprovalLine(
            seq=consent.seq,
            at=consent.at,
            by=consent.by,
            decided=Decided.EMERGENCY if consent.way is ConsentWay.EMERGENCY else Decided.APPROVED,
            plan=plan.id,
            title=plan.title,
            target=plan.target.title,
            is_used=True,
            bypasses_approval=consent.way is ConsentWay.EMERGENCY and run.lacks_approval,
            **_of(consent),
        )
        for consent in run.consents
    )


def end_line(run: Run) -> EndLine | None:
    """The end to which a change was followed; None if none is recorded."""
    if run.progress is None or not run.watched_seq:
        return None
    return EndLine(state=run.progress.state, text=run.progress.text, at=run.progress.at)


def _line(entry: Entry, decided: Decided, run: Run | None) -> ApprovalLine:
    """`run`: what the plan became if it was confirmed."""
    data = entry.data
    consent = consent_of(entry)
    facts = {"role": str(data.get("role", "")), "reason": str(data.get("reason", ""))}
    return ApprovalLine(
        seq=entry.seq,
        at=entry.at,
        by=entry.person.name,
        decided=decided,
        plan=entry.subject,
        title=str(data.get("change", "")),
        target=str(data.get("on", "")) or entry.target,
        is_used=run is not None and decided is not Decided.DECLINED,
        bypasses_approval=decided is Decided.EMERGENCY and _bypasses_approval(data, run),
        **(_of(consent) if consent is not None else facts),
    )


def _bypasses_approval(data: Mapping[str, Any], run: Run | None) -> bool:
    """Whether the emergency was for an approver whom the runbook does not name; one for a freeze may be for both."""
    return run.lacks_approval if run is not None else bool(data.get("role")) and not data.get("freeze")


def _of(consent: Consent) -> dict[str, object]:
    """The fields that a line shares with the consent."""
    names = ("way", "role", "who", "means", "consented_at", "reference", "reason", "freeze")
    return {name: getattr(consent, name) for name in names}
