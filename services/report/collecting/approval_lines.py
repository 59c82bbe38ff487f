"""Collects what allowed changes: approvals of both kinds, refusals of approval, emergencies."""

from collections.abc import Iterable, Sequence

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
    confirmed = {run.id for run in runs if not run.refusal}
    return tuple(
        _line(entry, _DECIDED[entry.kind], is_used=entry.subject in confirmed)
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
            **_of(consent),
        )
        for consent in run.consents
    )


def end_line(run: Run) -> EndLine | None:
    """The end to which a change was followed; None if none is recorded."""
    if run.progress is None or not run.watched_seq:
        return None
    return EndLine(state=run.progress.state, text=run.progress.text, at=run.progress.at)


def _line(entry: Entry, decided: Decided, *, is_used: bool) -> ApprovalLine:
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
        is_used=is_used and decided is not Decided.DECLINED,
        **(_of(consent) if consent is not None else facts),
    )


def _of(consent: Consent) -> dict[str, object]:
    """The fields that a line shares with the consent."""
    names = ("way", "role", "who", "means", "consented_at", "reference", "reason", "freeze")
    return {name: getattr(consent, name) for name in names}
