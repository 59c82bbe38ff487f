from collections.abc import Iterable
from datetime import datetime

from pydantic import ValidationError

from services.changes.runs import plan_in
from services.i18n import _
from services.models.approvals import Consent, ConsentWay, Means
from services.models.changes import Plan
from services.models.journal import RESTRAINS_CHANGES, Entry, EntryKind, NewEntry
from services.models.text import clean

APPROVAL_KINDS = frozenset(
    {EntryKind.APPROVAL_ASKED, EntryKind.APPROVED, EntryKind.DECLINED, EntryKind.EMERGENCY, EntryKind.PLAN}
)
"""The kinds from which requests and consents are rebuilt; a PLAN entry uses an approval up."""


def asked(plan: Plan, note: str) -> NewEntry:
    text = _("Approval asked: {title} ({target}), from {role}")
    return _entry(
        EntryKind.APPROVAL_ASKED,
        plan,
        text.format(title=plan.title, target=plan.target.title, role=plan.approval),
        {"plan": plan.model_dump(mode="json"), "note": clean(note)},
        claim=f"approval-asked:{plan.id}",
    )


def approved(plan: Plan) -> NewEntry:
    """A second person approves the plan's hash."""
    text = _("Approved: {title} ({target}), as {role}")
    return _entry(
        EntryKind.APPROVED,
        plan,
        text.format(title=plan.title, target=plan.target.title, role=plan.approval),
        {"way": ConsentWay.SECOND_PERSON.value},
        claim=f"approval:{plan.id}",
    )


def obtained(plan: Plan, *, who: str, means: Means, at: datetime, reference: str) -> NewEntry:
    text = _("Approval obtained elsewhere: {title} ({target}), {who}")
    return _entry(
        EntryKind.APPROVED,
        plan,
        text.format(title=plan.title, target=plan.target.title, who=who),
        {
            "way": ConsentWay.ELSEWHERE.value,
            "who": clean(who),
            "means": means.value,
            "consented_at": at.isoformat(),
            "reference": clean(reference),
        },
        claim=f"approval:{plan.id}",
    )


def declined(plan: Plan, reason: str) -> NewEntry:
    """A second person declines the plan."""
    text = _("Declined: {title} ({target}). {reason}")
    return _entry(
        EntryKind.DECLINED,
        plan,
        text.format(title=plan.title, target=plan.target.title, reason=reason),
        {"reason": clean(reason)},
        claim=f"approval:{plan.id}",
    )


def emergency(plan: Plan, reason: str) -> NewEntry:
    """The operator declares an emergency for the plan: one claim for an undecided approver, one for a freeze."""
    text = _("Emergency: {title} ({target}). {reason}")
    return _entry(
        EntryKind.EMERGENCY,
        plan,
        text.format(title=plan.title, target=plan.target.title, reason=reason),
        {
            "way": ConsentWay.EMERGENCY.value,
            "reason": clean(reason),
            "freeze": plan.freeze,
            "freeze_id": plan.freeze_id,
        },
        claim=f"emergency:{plan.id}{f':freeze:{plan.freeze_id}' if plan.freeze else ''}",
    )


def _entry(kind: EntryKind, plan: Plan, text: str, data: dict[str, object], *, claim: str) -> NewEntry:
    about = {
        "digest": plan.digest,
        "scope": plan.approval_scope,
        "role": plan.approval,
        "change": plan.title,
        "on": plan.target.title,
    }
    return NewEntry(
        kind=kind,
        subject=plan.id,
        target=plan.target.id,
        text=text,
        # An approval only permits: a version that does not know it asks for one of its own or for none.
        data={**about, **data, RESTRAINS_CHANGES: False},
        claim=claim,
    )


def consent_of(entry: Entry) -> Consent | None:
    if entry.kind not in (EntryKind.APPROVED, EntryKind.EMERGENCY):
        return None
    data = entry.data
    texts = {
        name: str(data.get(name, ""))
        for name in ("role", "who", "reference", "reason", "freeze", "freeze_id")
    }
    try:
        return Consent(
            way=ConsentWay(str(data.get("way"))),
            digest=str(data.get("digest", "")),
            by=entry.person.name,
            means=Means(str(data["means"])) if "means" in data else None,
            consented_at=datetime.fromisoformat(str(data["consented_at"]))
            if "consented_at" in data
            else None,
            at=entry.at,
            seq=entry.seq,
            **texts,
        )
    except (ValidationError, ValueError):
        return None


def plan_of(entries: Iterable[Entry]) -> Plan | None:
    asking = next((entry for entry in entries if entry.kind is EntryKind.APPROVAL_ASKED), None)
    return plan_in(asking) if asking is not None else None
