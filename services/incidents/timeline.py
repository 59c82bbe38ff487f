"""The timeline of an incident, and what happened just before it: from the journal and from the evidence. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from services.i18n import _
from services.incidents.ownership import belongs
from services.models.aws_codes import NOT_SCALED, deployment_state, word_of
from services.models.causes import Onset, OnsetBasis
from services.models.first_wave import IncidentEvidence
from services.models.incidents import Incident, TimelineKind, TimelineRow, TriggerKind
from services.models.journal import Entry, EntryKind
from services.models.service_events import scaling_text

BEFORE = timedelta(minutes=60)  # How long before T0 something counts as just before
AFTER = timedelta(minutes=5)
"""How long after T0 it may have happened: what is seen late may have been earlier."""
_KINDS = {
    EntryKind.INCIDENT_OPENED: TimelineKind.ALARM,
    EntryKind.INCIDENT_TURNED: TimelineKind.ALARM,
    EntryKind.EVIDENCE: TimelineKind.EVIDENCE,
    EntryKind.NOTE: TimelineKind.NOTE,
    EntryKind.LOG_MARK: TimelineKind.NOTE,
    EntryKind.OPINION: TimelineKind.NOTE,
    EntryKind.INTENT: TimelineKind.CHANGE,
    EntryKind.OUTCOME: TimelineKind.CHANGE,
    EntryKind.WATCHED: TimelineKind.CHANGE,
}
_SILENT = frozenset({EntryKind.INCIDENT_CAPTURING, EntryKind.POSTED})
_SIGN_INS = frozenset({"signin.amazonaws.com", "sts.amazonaws.com"})
CHANGE_KINDS = frozenset({EntryKind.OUTCOME, EntryKind.WATCHED})
"""The journal's own changes that belong to what happened just before, and to the timeline."""
BESIDE = CHANGE_KINDS | {EntryKind.SEEN}
"""What a timeline shows beside the entries about the incident itself: changes, and AWS's events that an earlier version
recorded."""


def timeline(
    incident: Incident,
    entries: Iterable[Entry],
    evidence: IncidentEvidence | None = None,
    onset: Onset | None = None,
    changes: Sequence[Entry] = (),
) -> tuple[TimelineRow, ...]:
    """Everything about an incident, oldest first; `changes` are the entries of BESIDE, of any console."""
    rows = [row for entry in entries if (row := _recorded(incident, entry)) is not None]
    rows += [
        TimelineRow(at=incident.since, kind=TimelineKind.EVIDENCE, text=fact, seq=incident.seq)
        for fact in incident.facts
    ]
    if evidence is not None and onset is not None:
        rows += just_before(evidence, onset, changes)
        if onset.basis is OnsetBasis.BASELINE:
            text = _("T0: the first bad minute")
            rows.append(TimelineRow(at=onset.at, kind=TimelineKind.ALARM, text=text))
    first = onset.at - BEFORE if onset is not None else incident.since - BEFORE
    recorded_seqs = {row.seq for row in rows if row.seq}
    rows += [
        _change(entry, TimelineKind.CHANGE)
        for entry in changes
        if entry.kind in CHANGE_KINDS and entry.at >= first and entry.seq not in recorded_seqs
    ]
    rows += [
        _change(entry, TimelineKind.JUST_BEFORE)
        for entry in changes
        if entry.kind is EntryKind.SEEN and entry.at >= first
    ]
    return tuple(sorted(_unique(rows), key=lambda row: (row.at, row.seq)))


def _unique(rows: Iterable[TimelineRow]) -> Iterator[TimelineRow]:
    rows_so_far: set[tuple[datetime, str]] = set()
    for row in rows:
        if (row.at, row.text) not in rows_so_far:
            rows_so_far.add((row.at, row.text))
            yield row


def _recorded(incident: Incident, entry: Entry) -> TimelineRow | None:
    if entry.kind in _SILENT:
        return None
    kind = _KINDS.get(entry.kind, TimelineKind.PERSON)
    at, by = entry.at, entry.person.name
    if entry.kind is EntryKind.INCIDENT_OPENED:
        # What counts is when the alarm fired, not when a console saw it; a finding is begun by a person.
        at = incident.since
        if incident.trigger is TriggerKind.FINDING or incident.is_without_alarm:
            kind = TimelineKind.EVIDENCE
        if incident.trigger is not TriggerKind.FINDING:
            by = ""
    elif entry.kind is EntryKind.INCIDENT_TURNED:
        key, by = (entry.data.get("state"), entry.data.get("at")), ""
        at = next((each.at for each in incident.turns if (each.kind, each.at.isoformat()) == key), entry.at)
        kind = TimelineKind.RECOVERY if entry.data.get("state") in ("ok", "recovered") else kind
    elif entry.kind is EntryKind.EVIDENCE:
        by = ""
    return TimelineRow(at=at, kind=kind, text=entry.text, by=by, seq=entry.seq)


def just_before(
    evidence: IncidentEvidence, onset: Onset, changes: Iterable[Entry] = ()
) -> tuple[TimelineRow, ...]:
    rows = [*_deployments(evidence), *_scaling(evidence), *_database(evidence), *_writes(evidence)]
    rows += [
        _change(entry, TimelineKind.JUST_BEFORE)
        for entry in changes
        # The journal is exact: what comes after T0 is the response.
        if entry.kind in CHANGE_KINDS and entry.at <= onset.at
    ]
    first, last = onset.at - BEFORE, onset.at + AFTER
    return tuple(sorted((row for row in rows if first <= row.at <= last), key=lambda row: row.at))


def _change(entry: Entry, kind: TimelineKind) -> TimelineRow:
    return TimelineRow(at=entry.at, kind=kind, text=entry.text, by=entry.person.name, seq=entry.seq)


def _row(at: datetime, text: str, *, late: bool = False, by: str = "") -> TimelineRow:
    return TimelineRow(at=at, kind=TimelineKind.JUST_BEFORE, text=text, late=late, by=by)


def _deployments(evidence: IncidentEvidence) -> Iterator[TimelineRow]:
    definitions = {revision.id: revision.task_definition for revision in evidence.revisions}
    is_listed = False
    for deployment in evidence.deployments:
        if deployment.created is not None:
            is_listed = True
            name = definitions.get(deployment.target, "")
            state = deployment_state(deployment.status)
            yield _row(deployment.created, _("Deployment began: {name}", name=name or state))
            if deployment.finished is not None:
                yield _row(deployment.finished, _("Deployment ended: {name}", name=state))
    for primary in evidence.service.deployments if evidence.service is not None and not is_listed else ():
        if primary.created is not None:
            yield _row(primary.created, _("Deployment began: {name}", name=primary.task_definition))


def _scaling(evidence: IncidentEvidence) -> Iterator[TimelineRow]:
    for activity in evidence.activities:
        reasons = _(", ").join(word_of(NOT_SCALED, code) for code in activity.not_scaled)
        text = (
            _("Auto Scaling did not scale: {why}", why=reasons)
            if reasons
            else _("Auto Scaling: {what}", what=scaling_text(activity.description))
        )
        yield _row(activity.at, text)


def _database(evidence: IncidentEvidence) -> Iterator[TimelineRow]:
    for event in evidence.database_events:
        yield _row(event.at, f"RDS: {event.message}")


def _writes(evidence: IncidentEvidence) -> Iterator[TimelineRow]:
    for write in evidence.writes:
        # A sign-in changes nothing by itself.
        if not write.read_only and write.source not in _SIGN_INS:
            failed = f" ({write.error})" if write.error else ""
            names = ", ".join(write.resources[:2])
            text = f"{write.name} {names}".strip() + failed
            if belongs(write, evidence.belongings) is False:
                text += " " + _("(elsewhere in the account)")
            yield _row(write.at, text, late=True, by=write.actor.shown)
