"""Builds the journal entries on inspections, with texts in the active language."""

import os
from collections.abc import Iterable
from typing import Any

from services.i18n import N_, _
from services.models.duties import ScheduledOccurrence
from services.models.findings import Finding, Recorded, UnknownIdentity
from services.models.journal import Entry, EntryKind, NewEntry
from services.models.verdict import Verdict

WORDS = {
    Verdict.NORMAL: N_("normal"),
    Verdict.ATTENTION: N_("attention"),
    Verdict.ABNORMAL: N_("abnormal"),
    Verdict.UNKNOWN: N_("not judged"),
}


def claim_entry(slot: ScheduledOccurrence, turn: int) -> NewEntry:
    """The claim of a console on a slot's inspections; `turn` numbers the claims on the slot."""
    return NewEntry(
        kind=EntryKind.LOOKING,
        subject=slot.key,
        target=slot.duty,
        text=_("Inspection started: {title}").format(title=slot.title),
        data={"pid": os.getpid(), "turn": turn},
        claim=f"look:{slot.key}#{turn}",
    )


def finding_text(finding: Finding) -> str:
    """The finding's title, verdict and summary in one line."""
    return _("{title}: {verdict} — {summary}").format(
        title=finding.title, verdict=_(WORDS[finding.verdict]), summary=finding.summary
    )


def finding_entry(subject: str, finding: Finding) -> NewEntry:
    """The entry of a finding, with all its data."""
    return NewEntry(
        kind=EntryKind.FINDING,
        subject=subject,
        target=finding.inspection,
        text=finding_text(finding),
        data={"finding": finding.model_dump(mode="json")},
    )


def override_entry(subject: str, recorded: Recorded, reason: str) -> NewEntry:
    """The entry of a person's override, at most one per finding."""
    finding = recorded.finding
    return NewEntry(
        kind=EntryKind.OVERRULED,
        subject=subject,
        target=finding.inspection,
        text=_("{title}: {verdict} was overridden — {reason}").format(
            title=finding.title, verdict=_(WORDS[finding.verdict]), reason=" ".join(reason.split())
        ),
        data={"seq": recorded.seq, "verdict": finding.verdict.value, "reason": reason},
        claim=f"overrule:{recorded.seq}",
    )


def allow_entry(identity: UnknownIdentity) -> NewEntry:
    """The entry that adds a person or a network to the allow list."""
    value = identity.network or str(identity.value)
    words = _("Marked as known: user {value}") if identity.kind == "person" else _("Marked as known: {value}")
    return NewEntry(
        kind=EntryKind.KNOWN,
        subject=f"known:{identity.kind}",
        target=value,
        text=words.format(value=value),
        data={"kind": identity.kind, "value": value},
    )


def forget_entry(entry: Entry) -> NewEntry:
    """The entry that removes from the allow list what `entry` had added."""
    value = entry.target
    person = entry.data.get("kind") == "person"
    words = _("No longer known: user {value}") if person else _("No longer known: {value}")
    return NewEntry(
        kind=EntryKind.KNOWN,
        subject=entry.subject,
        target=value,
        text=words.format(value=value),
        data={"kind": entry.data.get("kind"), "value": value, "forgotten": True},
    )


def signed(findings: Iterable[Recorded]) -> list[dict[str, Any]]:
    """What a sign-off records about its findings."""
    return [
        {
            "seq": each.seq,
            "inspection": each.finding.inspection,
            "verdict": each.finding.verdict.value,
            "decision": "overruled" if each.overruled else "accepted",
            "reason": each.overruled.reason if each.overruled else "",
            "until": _until(each),
        }
        for each in findings
        # A finding that waits for consent covers no time, so there is nothing to sign off.
        if not each.finding.waits_for_consent
    ]


def _until(recorded: Recorded) -> str:
    """The end of the signed-off time; "" without a verdict or an override, so that the next inspection covers it."""
    finding = recorded.finding
    if finding.verdict is Verdict.UNKNOWN and recorded.overruled is None:
        return ""
    return (finding.window.end if finding.window else finding.read_at).isoformat()
