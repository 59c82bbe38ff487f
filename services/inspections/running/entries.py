"""Builds the journal entries on inspections, with texts in the active language."""

from collections.abc import Iterable, Mapping
from typing import Any

from services.host.processes import process_data
from services.i18n import _
from services.models.duties import ScheduledOccurrence
from services.models.evidence import EvidencePlace, Row
from services.models.findings import Finding, Recorded, UnknownIdentity
from services.models.journal import Entry, EntryKind, NewEntry
from services.models.state_words import VERDICTS
from services.models.verdict import Verdict


def claim_entry(slot: ScheduledOccurrence, turn: int) -> NewEntry:
    return NewEntry(
        kind=EntryKind.LOOKING,
        subject=slot.key,
        target=slot.duty,
        text=_("Inspection started: {title}", title=slot.title),
        data={**process_data(), "turn": turn},
        claim=f"look:{slot.key}#{turn}",
    )


def verdict_words(finding: Finding) -> str:
    partly = _("partly not judged") if not finding.complete and finding.verdict is not Verdict.UNKNOWN else ""
    return _(", ").join(filter(None, (_(VERDICTS[finding.verdict][1]), partly)))


def finding_text(finding: Finding) -> str:
    return _("{title}: {verdict} — {summary}").format(
        title=finding.title, verdict=verdict_words(finding), summary=finding.summary
    )


def finding_entry(subject: str, finding: Finding) -> NewEntry:
    return NewEntry(
        kind=EntryKind.FINDING,
        subject=subject,
        target=finding.inspection,
        text=finding_text(finding),
        data={"finding": finding.model_dump(mode="json"), **_beside(finding)},
    )


def _beside(finding: Finding) -> dict[str, Any]:
    """What the finding's own JSON leaves out: the items measured, which of them were judged in part, places of rows."""
    items, partial = [each.item for each in finding.measures], [each.partial for each in finding.measures]
    places = [
        [row.place.model_dump(mode="json") if row.place else None for row in evidence.rows]
        for evidence in finding.evidence
    ]
    has_places = any(place for rows in places for place in rows)
    beside = {
        "items": (items, any(items)),
        "partial": (partial, any(partial)),
        "places": (places, has_places),
    }
    return {key: value for key, (value, is_needed) in beside.items() if is_needed}


def complete(finding: Finding, data: Mapping[str, Any]) -> Finding:
    measures = finding.measures
    for key, field, of_type in (("items", "item", str), ("partial", "partial", bool)):
        try:
            measures = tuple(
                measure.model_copy(update={field: of_type(value)})
                for measure, value in zip(measures, data.get(key, ()), strict=True)
            )
        except (TypeError, ValueError):
            continue
    try:
        evidence = tuple(
            each.model_copy(
                update={"rows": tuple(_placed(*pair) for pair in zip(each.rows, places, strict=True))}
            )
            for each, places in zip(finding.evidence, data.get("places", ()), strict=True)
        )
    except (TypeError, ValueError):
        evidence = finding.evidence
    return finding.model_copy(update={"measures": measures, "evidence": evidence})


def _placed(row: Row, place: object) -> Row:
    """Raises ValidationError, which is a ValueError."""
    return row if place is None else row.model_copy(update={"place": EvidencePlace.model_validate(place)})


def override_entry(subject: str, recorded: Recorded, reason: str) -> NewEntry:
    finding = recorded.finding
    return NewEntry(
        kind=EntryKind.OVERRULED,
        subject=subject,
        target=finding.inspection,
        text=_("{title}: {verdict} was overridden — {reason}").format(
            title=finding.title, verdict=verdict_words(finding), reason=" ".join(reason.split())
        ),
        data={"seq": recorded.seq, "verdict": finding.verdict.value, "reason": reason},
        claim=f"overrule:{recorded.seq}",
    )


def allow_entry(identity: UnknownIdentity) -> NewEntry:
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
    """The end of the signed-off time; "" unless all was judged, or it was abnormal or overridden: the next inspection
    covers it."""
    finding = recorded.finding
    is_covered = finding.complete or finding.verdict is Verdict.ABNORMAL or recorded.overruled is not None
    if not is_covered:
        return ""
    return (finding.window.end if finding.window else finding.read_at).isoformat()
