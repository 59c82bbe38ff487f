"""An incident as its journal entries tell it. Pure; what cannot be read is left out, never guessed."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from services.incidents.entries import follow_up_of
from services.incidents.joining import with_parts
from services.models.base import RawId
from services.models.incidents import (
    Contacted,
    Decision,
    HandOver,
    Incident,
    IncidentState,
    StepMark,
    StepRecord,
    TriggerKind,
    Turn,
    TurnKind,
)
from services.models.journal import Entry, EntryKind
from services.models.runbook_types import SLUG
from services.models.text import clean, clean_block

Update = dict[str, Any]
_SLUG = re.compile(SLUG)
_YEARS = range(2000, 2200)
"""Years of times that are believed: a journal may have been edited, and other times cannot be added to."""
_AWS_TIMED = frozenset({TurnKind.ALARM, TurnKind.OK, TurnKind.INSUFFICIENT})
"""Turns dated by AWS; the others bear the time of the console that wrote them, whose clock may be wrong."""


def incident_of(entries: Iterable[Entry]) -> Incident | None:
    incident: Incident | None = None
    for entry in entries:
        if entry.kind is EntryKind.INCIDENT_OPENED:
            incident = incident or _begun(entry)
        elif incident is not None and entry.kind in _APPLIERS:
            incident = incident.model_copy(update=_APPLIERS[entry.kind](incident, entry))
    return incident


def incidents_in(entries: Iterable[Entry]) -> tuple[Incident, ...]:
    """Every incident that these entries (oldest first) open, by the start of its clocks."""
    by_subject: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.kind in KINDS:
            by_subject.setdefault(entry.subject, []).append(entry)
    by_id = {
        subject: incident
        for subject, group in by_subject.items()
        if (incident := incident_of(group)) is not None
    }
    return tuple(sorted(with_parts(by_id).values(), key=lambda incident: (incident.since, incident.seq)))


def _begun(entry: Entry) -> Incident | None:
    data = entry.data
    since = moment(data.get("since"))
    trigger = next((kind for kind in TriggerKind if kind.value == data.get("trigger")), None)
    if since is None or trigger is None:
        return None
    playbook = data.get("playbook")
    is_slug = isinstance(playbook, str) and _SLUG.fullmatch(playbook) is not None
    return Incident(
        id=entry.subject,
        trigger=trigger,
        target=RawId(entry.target),
        title=str(data.get("title") or entry.target),
        playbook=playbook if is_slug else None,
        reason=_text(data.get("reason")),
        facts=_texts(data.get("facts")),
        own_steps=_texts(data.get("steps")),
        since=since,
        opened_at=entry.at,
        seq=entry.seq,
    )


def moment(value: object) -> datetime | None:
    """An aware time (UTC) from an entry's data; None if it is none that a clock can be counted from."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        if at is None or at.tzinfo is None or at.year not in _YEARS:
            return None
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _evidence(incident: Incident, entry: Entry) -> Update:
    return {
        "evidence": (*incident.evidence, entry.seq),
        "capturing_at": None,
        "captured_by": f"{entry.person.name}@{entry.person.host}",
    }


def _taken(incident: Incident, entry: Entry) -> Update:
    # One that names whom it follows has no effect if another was faster.
    if not incident.is_open or entry.data.get("after", incident.holder_seq) != incident.holder_seq:
        return {}
    first = {} if incident.taken_at else {"taken_at": entry.at, "taken_by": entry.person.name}
    return {**_held(entry), **first}


def _held(entry: Entry) -> Update:
    return {
        "state": IncidentState.TAKEN,
        "holder": entry.person.name,
        "holder_seq": entry.seq,
        "hand_over": None,
    }


def _step(incident: Incident, entry: Entry) -> Update:
    data = entry.data
    index, mark = data.get("index"), next((each for each in StepMark if each.value == data.get("mark")), None)
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < 1000 or mark is None:
        return {}
    record = StepRecord(
        index=index, mark=mark, at=entry.at, by=entry.person.name, note=_text(data.get("note"))
    )
    steps = {step.index: step for step in incident.steps} | {index: record}
    return {"steps": tuple(steps[index] for index in sorted(steps))}


def _decided(incident: Incident, entry: Entry) -> Update:
    data = entry.data
    cause = _text(data.get("cause"))
    if not cause or not incident.is_open:
        return {}
    decision = Decision(
        cause=cause,
        title=_text(data.get("title")) or cause,
        at=entry.at,
        by=entry.person.name,
        note=_text(data.get("note")),
        leader=_text(data.get("leader")),
        word=_text(data.get("word")),
    )
    return {"decision": decision, "decision_seq": entry.seq}


def _contacted(incident: Incident, entry: Entry) -> Update:
    data = entry.data
    contact = Contacted(
        role=_text(data.get("role")),
        by=entry.person.name,
        at=entry.at,
        about=incident.trouble_since,
        channel=_text(data.get("channel")),
        note=_text(data.get("note")),
    )
    return {"contacted": (*incident.contacted, contact)} if contact.role else {}


def offer_of(entry: Entry) -> HandOver:
    data = entry.data
    return HandOver(
        by=entry.person.name,
        to=_text(data.get("to")),
        at=entry.at,
        note=_text(data.get("note")),
        seq=entry.seq,
        open=_texts(data.get("open")),
    )


def _accepted(incident: Incident, entry: Entry) -> Update:
    if incident.hand_over is None or entry.data.get("offer") != incident.hand_over.seq:
        return {}
    return _held(entry)


def _joined(incident: Incident, entry: Entry) -> Update:
    if other := _text(entry.data.get("apart")):
        return {"apart_from": (*incident.apart_from, other)}
    return {"joined_to": _text(entry.data.get("into"))}


def _turned(incident: Incident, entry: Entry) -> Update:
    data = entry.data
    kind = next((each for each in TurnKind if each.value == data.get("state")), None)
    at = moment(data.get("at"))
    if kind is None or at is None:
        return {}
    turn = Turn(at=at, kind=kind, text=_text(data.get("detail")))
    recovered = incident.recovered_at
    if kind is TurnKind.RECOVERED:
        recovered = at
    elif kind is TurnKind.ALARM and at > incident.firing_since:
        recovered = None
    return {"turns": _placed(incident.turns, turn), "recovered_at": recovered}


def _placed(turns: tuple[Turn, ...], turn: Turn) -> tuple[Turn, ...]:
    index = len(turns)
    while index and {turn.kind, turns[index - 1].kind} <= _AWS_TIMED and turns[index - 1].at > turn.at:
        index -= 1
    return (*turns[:index], turn, *turns[index:])


def _follow_up(incident: Incident, entry: Entry) -> Update:
    follow_up = follow_up_of(entry)
    return {"follow_ups": (*incident.follow_ups, follow_up)} if follow_up is not None else {}


def _closed(incident: Incident, entry: Entry) -> Update:
    data = entry.data
    return {
        "state": IncidentState.CLOSED,
        "closed_at": entry.at,
        "closed_by": entry.person.name,
        # A copy of a model is not validated: its texts are cleaned here.
        "cause": clean(_text(data.get("cause_title")) or _text(data.get("cause"))),
        "summary": clean_block(_text(data.get("summary"))),
        "hand_over": None,
    }


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


_APPLIERS: dict[EntryKind, Callable[[Incident, Entry], Update]] = {
    EntryKind.INCIDENT_CAPTURING: lambda _incident, entry: {"capturing_at": entry.at},
    EntryKind.EVIDENCE: _evidence,
    EntryKind.INCIDENT_TAKEN: _taken,
    EntryKind.INCIDENT_STEP: _step,
    EntryKind.INCIDENT_DECIDED: _decided,
    EntryKind.CONTACTED: _contacted,
    EntryKind.HAND_OVER: lambda incident, entry: {"hand_over": offer_of(entry)} if incident.is_open else {},
    EntryKind.HAND_OVER_ACCEPTED: _accepted,
    EntryKind.INCIDENT_JOINED: _joined,
    EntryKind.INCIDENT_TURNED: _turned,
    EntryKind.FOLLOW_UP: _follow_up,
    EntryKind.INCIDENT_CLOSED: _closed,
}
KINDS = frozenset({EntryKind.INCIDENT_OPENED, *_APPLIERS})  # The kinds of entries that make an incident
